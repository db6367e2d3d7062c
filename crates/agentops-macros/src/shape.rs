//! [`Shape`]: what a function gives back, as far as its signature tells, and its type without what only a signature may
//! say.

use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound, parse_quote};

/// What a function gives back.
pub(crate) enum Shape {
    Never,
    Value,
    Future(Wrapped),
    Stream(Wrapped),
}

/// What is around a future or a stream.
pub(crate) struct Wrapped {
    /// What the future or each item is, `_` where that is known anyway.
    pub(crate) inner: Type,
    /// `Pin<Box<dyn ...>>`.
    pub(crate) boxed: bool,
    /// `Result<..., E>`.
    pub(crate) fallible: bool,
}

impl Shape {
    pub(crate) fn of(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Value,
            ReturnType::Type(_, returned) => Self::of_type(returned),
        }
    }

    fn of_type(returned: &Type) -> Self {
        match returned {
            Type::Never(_) => Self::Never,
            Type::Paren(inner) => Self::of_type(&inner.elem),
            Type::Group(inner) => Self::of_type(&inner.elem),
            Type::ImplTrait(opaque) => Self::of_bounds(opaque.bounds.iter(), false),
            Type::Path(path) => path.path.segments.last().map_or(Self::Value, Self::of_segment),
            _ => Self::Value,
        }
    }

    fn of_segment(segment: &syn::PathSegment) -> Self {
        match segment.ident.to_string().as_str() {
            "BoxFuture" | "LocalBoxFuture" => Self::Future(Wrapped::boxed()),
            "BoxStream" | "LocalBoxStream" => Self::Stream(Wrapped::boxed()),
            "Pin" => match first_argument(segment) {
                Some(Type::Path(pointer)) => match pointer.path.segments.last() {
                    Some(pointer) if pointer.ident == "Box" => match first_argument(pointer) {
                        Some(Type::TraitObject(object)) => Self::of_bounds(object.bounds.iter(), true),
                        _ => Self::Value,
                    },
                    _ => Self::Value,
                },
                _ => Self::Value,
            },
            "Result" => match first_argument(segment).map(Self::of_type) {
                Some(Self::Future(inner)) => Self::Future(inner.or_error()),
                Some(Self::Stream(inner)) => Self::Stream(inner.or_error()),
                _ => Self::Value,
            },
            _ => Self::Value,
        }
    }

    fn of_bounds<'a>(mut bounds: impl Iterator<Item = &'a TypeParamBound>, boxed: bool) -> Self {
        let found = bounds.find_map(|bound| {
            let TypeParamBound::Trait(bound) = bound else {
                return None;
            };
            let last = bound.path.segments.last()?;
            let (make, inner): (fn(Wrapped) -> Self, _) = match last.ident.to_string().as_str() {
                "Future" => (Self::Future, "Output"),
                "Stream" => (Self::Stream, "Item"),
                _ => return None,
            };
            Some(make(Wrapped {
                inner: associated(last, inner),
                boxed,
                fallible: false,
            }))
        });
        found.unwrap_or(Self::Value)
    }
}

impl Wrapped {
    fn boxed() -> Self {
        Self {
            inner: parse_quote!(_),
            boxed: true,
            fallible: false,
        }
    }

    fn or_error(self) -> Self {
        Self { fallible: true, ..self }
    }
}

/// The type of `Trait<Name = Type>`.
fn associated(segment: &syn::PathSegment, name: &str) -> Type {
    let found = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(associated) if associated.ident == name => Some(associated.ty.clone()),
            _ => None,
        }),
        _ => None,
    };
    let mut found = found.unwrap_or_else(|| parse_quote!(_));
    erase(&mut found);
    found
}

fn first_argument(segment: &syn::PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}

/// The returned type as it may stand on a closure or a variable: `_` for `impl Trait`.
pub(crate) fn nameable(output: &ReturnType) -> Type {
    match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, returned) => {
            let mut returned = Type::clone(returned);
            erase(&mut returned);
            returned
        }
    }
}

fn erase(named: &mut Type) {
    match named {
        Type::ImplTrait(_) => *named = parse_quote!(_),
        Type::Paren(inner) => erase(&mut inner.elem),
        Type::Group(inner) => erase(&mut inner.elem),
        Type::Reference(inner) => erase(&mut inner.elem),
        Type::Ptr(inner) => erase(&mut inner.elem),
        Type::Slice(inner) => erase(&mut inner.elem),
        Type::Array(inner) => erase(&mut inner.elem),
        Type::Tuple(inner) => inner.elems.iter_mut().for_each(erase),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            erase(inner);
                        }
                    }
                }
            }
        }
        _ => {}
    }
}

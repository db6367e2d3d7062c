//! [`Function`]: what an attribute stands on. The body stays tokens: it is the program's, and parsing it takes time.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{
    Attribute, Error, FnArg, Pat, Result, Signature, Token, Visibility, braced,
    parse::{Parse, ParseStream},
};

use crate::kind::Kind;

/// What an attribute stands on.
pub(crate) enum Item {
    Function(Box<Function>),
    Impl(Box<syn::ItemImpl>),
}

/// A function or a method with a body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

impl Item {
    pub(crate) fn parse(kind: Kind, tokens: TokenStream) -> Result<Self> {
        let parse = |input: ParseStream<'_>| {
            let ahead = input.fork();
            let _attributes = ahead.call(Attribute::parse_outer)?;
            let _visibility: Visibility = ahead.parse()?;
            let is_impl = ahead.peek(Token![impl]) || ahead.peek(Token![unsafe]) && ahead.peek2(Token![impl]);
            if is_impl {
                return Ok(Self::Impl(Box::new(input.parse()?)));
            }
            let is_function = [
                ahead.peek(Token![fn]),
                ahead.peek(Token![const]) && !ahead.peek2(Token![_]),
            ]
            .into_iter()
            .chain([
                ahead.peek(Token![async]),
                ahead.peek(Token![unsafe]),
                ahead.peek(Token![extern]),
            ])
            .any(|is| is);
            if is_function && ahead.parse::<Signature>().is_ok() {
                return Ok(Self::Function(Box::new(input.parse()?)));
            }
            Err(ahead_error(input, kind))
        };
        syn::parse::Parser::parse2(parse, tokens)
    }
}

fn ahead_error(input: ParseStream<'_>, kind: Kind) -> Error {
    // Where the item begins, behind what others wrote above it.
    let attributes = input.call(Attribute::parse_outer).unwrap_or_default();
    let at = if input.is_empty() {
        attributes
            .first()
            .map_or_else(Span::call_site, syn::spanned::Spanned::span)
    } else {
        input.cursor().span()
    };
    let said = match kind {
        Kind::Agent => {
            "`#[agent]` stands on a function, a method or an `impl` block; a value that is an agent holds an `AgentScope`"
                .to_owned()
        }
        _ => format!("`#[{}]` stands on a function or a method: move it there", kind.as_str()),
    };
    Error::new(at, said)
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature: Signature = input.parse()?;
        if let Some(constant) = &signature.constness {
            return Err(Error::new(
                constant.span,
                "a `const fn` cannot be observed: leave `const` out, or mark the function that calls it",
            ));
        }
        if input.peek(Token![;]) {
            return Err(Error::new(
                signature.ident.span(),
                "there is no body to observe: mark the method where it is implemented",
            ));
        }
        let content;
        braced!(content in input);
        attributes.extend(content.call(Attribute::parse_inner)?.into_iter().map(|mut inner| {
            inner.style = syn::AttrStyle::Outer;
            inner
        }));
        Ok(Self {
            attributes,
            visibility,
            signature,
            body: content.parse()?,
        })
    }
}

impl Function {
    /// The names of all parameters but `self`, those inside patterns too.
    pub(crate) fn parameters(&self) -> Vec<Ident> {
        let mut names = Vec::new();
        for input in &self.signature.inputs {
            if let FnArg::Typed(typed) = input {
                bound(&typed.pat, &mut names);
            }
        }
        names.retain(|name| name != "self");
        names
    }
}

/// The names that a pattern binds.
fn bound(pattern: &Pat, names: &mut Vec<Ident>) {
    match pattern {
        Pat::Ident(pattern) => {
            names.push(pattern.ident.clone());
            if let Some((_, below)) = &pattern.subpat {
                bound(below, names);
            }
        }
        Pat::Reference(pattern) => bound(&pattern.pat, names),
        Pat::Paren(pattern) => bound(&pattern.pat, names),
        Pat::Struct(pattern) => pattern.fields.iter().for_each(|field| bound(&field.pat, names)),
        Pat::Tuple(pattern) => pattern.elems.iter().for_each(|below| bound(below, names)),
        Pat::TupleStruct(pattern) => pattern.elems.iter().for_each(|below| bound(below, names)),
        Pat::Slice(pattern) => pattern.elems.iter().for_each(|below| bound(below, names)),
        _ => {}
    }
}

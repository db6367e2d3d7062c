//! A function or method becomes one that opens a span, tells it the arguments, runs the body inside it, and tells it the
//! result.
//!
//! What is written here has the hygiene of a macro's definition: the program's names and these do not meet. Everything
//! else is named through `__private` of the crate, so that neither a prelude nor `tracing` is needed.

mod capture;
mod lazy;
mod span;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Error, Result, ReturnType, spanned::Spanned as _};

use crate::{
    args::Args,
    item::Function,
    shape::{Shape, nameable},
};

pub(crate) fn expand(args: &Args, function: &Function) -> Result<TokenStream> {
    let Function {
        attributes,
        visibility,
        signature,
        ..
    } = function;
    let expansion = Expansion {
        site: Span::mixed_site(),
        hidden: {
            let root = &args.root;
            quote_spanned!(Span::mixed_site()=> #root::__private)
        },
        args,
        function,
    };
    expansion.check_skipped()?;
    let body = expansion.body();
    Ok(quote_spanned! {expansion.site=>
        #(#attributes)*
        #visibility #signature {
            #body
        }
    })
}

/// One function on its way.
struct Expansion<'a> {
    site: Span,
    /// The path of the module whose names are used.
    hidden: TokenStream,
    args: &'a Args,
    function: &'a Function,
}

impl Expansion<'_> {
    fn check_skipped(&self) -> Result<()> {
        let names = self.function.parameters();
        for skipped in &self.args.skip {
            if !names.contains(skipped) {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let said = match names.as_slice() {
                    [] => format!("there is no parameter `{skipped}`: the function has none to skip"),
                    names => format!("there is no parameter `{skipped}`: there are {}", names.join(", ")),
                };
                return Err(Error::new(skipped.span(), said));
            }
        }
        Ok(())
    }

    fn body(&self) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let opened = self.opened();
        let input = self.input(&quote_spanned!(*site=> #hidden::Notebook::of(&span)));
        let rest = match (
            self.function.signature.asyncness.is_some(),
            Shape::of(&self.function.signature.output),
        ) {
            (false, Shape::Never) => self.endless(),
            (false, Shape::Value) => return self.value(),
            (false, Shape::Future(wrapped)) => self.future(&wrapped),
            (false, Shape::Stream(wrapped)) => self.stream(&wrapped),
            (true, Shape::Stream(wrapped)) => self.stream_in_future(&wrapped),
            (true, _) => return self.awaited(),
        };
        quote_spanned!(*site=> #opened #input #rest)
    }

    /// The body as a closure, so that a `return` and a `?` in it stay in it.
    fn closure(&self) -> TokenStream {
        let Self { site, function, .. } = self;
        let output = nameable(&function.signature.output);
        let body = &function.body;
        quote_spanned!(*site=> move || -> #output { #body })
    }

    fn called(&self) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let body = self.closure();
        quote_spanned!(*site=> #hidden::once(#body)())
    }

    /// The body as a future, which is told its type by a `return` that never happens, at the place of the type.
    fn spawned(&self) -> TokenStream {
        let Self { site, function, .. } = self;
        let output = nameable(&function.signature.output);
        let typed = match &function.signature.output {
            ReturnType::Default => *site,
            ReturnType::Type(_, written) => site.located_at(written.span()),
        };
        let returned = quote_spanned! {typed=>
            let never: #output = loop {};
            return never;
        };
        let body = &function.body;
        quote_spanned! {*site=>
            async move {
                #[allow(
                    unknown_lints, unreachable_code, clippy::diverging_sub_expression, clippy::empty_loop,
                    clippy::let_unit_value, clippy::let_with_type_underscore, clippy::needless_return,
                    clippy::unreachable
                )]
                if false { #returned }
                #body
            }
        }
    }

    /// Where nobody hears the span, which its level tells, there is the body and nothing else.
    fn value(&self) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let (body, outcome) = (self.closure(), self.outcome());
        let (level, opened) = (self.level(), self.opened());
        let input = self.input(&quote_spanned!(*site=> notebook));
        quote_spanned! {*site=>
            let inside = if #hidden::is_heard(#level) {
                #opened
                let notebook = #hidden::Notebook::of(&span);
                #input
                #hidden::Some(#hidden::Inside::enter(span, notebook))
            } else {
                #hidden::None
            };
            let body = #hidden::once(#body);
            let #hidden::Some(inside) = inside else {
                return body();
            };
            let result = body();
            if let #hidden::Some(mut notes) = inside.notes() {
                {
                    let (notes, result) = (&mut notes, &result);
                    #outcome
                }
                notes.tell();
            }
            result
        }
    }

    fn endless(&self) -> TokenStream {
        let body = &self.function.body;
        quote_spanned! {self.site=>
            let _inside = span.enter();
            #body
        }
    }

    /// As [`Self::value`], of a body that waits.
    fn awaited(&self) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let (spawned, outcome) = (self.spawned(), self.outcome());
        let (level, opened) = (self.level(), self.opened());
        let input = self.input(&quote_spanned!(*site=> #hidden::Notebook::of(&span)));
        let output = nameable(&self.function.signature.output);
        quote_spanned! {*site=>
            let span = if #hidden::is_heard(#level) {
                #opened
                #input
                #hidden::Some(span)
            } else {
                #hidden::None
            };
            let body = #spawned;
            match span {
                #hidden::Some(span) => {
                    #hidden::observe::<_, #output>(span, body).tell(|notes, result| { #outcome }).await
                }
                #hidden::None => body.await,
            }
        }
    }
}

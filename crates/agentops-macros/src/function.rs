//! A function or method becomes one that opens a span, tells it the arguments, runs the body inside it, and tells it the
//! result.
//!
//! What is written here has the hygiene of a macro's definition: the program's names and these do not meet. Everything
//! else is named through `__private` of the crate, so that neither a prelude nor `tracing` is needed.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Error, LitStr, Result, ReturnType, ext::IdentExt as _, spanned::Spanned as _};

use crate::{
    args::{Args, Level, literal},
    item::Function,
    kind::Kind,
    shape::{Shape, Wrapped, nameable},
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

    /// The span, with its causes.
    fn opened(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        let span = self.span();
        let causes = args.follows_from.as_ref().map(|causes| {
            quote_spanned! {*site=>
                for cause in #hidden::IntoIterator::into_iter(#causes) {
                    span.follows_from(cause);
                }
            }
        });
        quote_spanned! {*site=>
            let span = #span;
            #causes
        }
    }

    fn span(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        let tracing = quote_spanned!(*site=> #hidden::tracing);
        let parent = args
            .parent
            .as_ref()
            .map(|parent| quote_spanned!(*site=> parent: #parent,));
        let level = self.level();
        let kind = args.kind.as_str();
        let mut fields = vec![quote_spanned!(*site=> agentops.kind = #kind)];
        let callsite = self.name(&mut fields);
        let version = args.version.as_ref();
        fields.extend(version.map(|version| quote_spanned!(*site=> agentops.version = #version)));
        let cost = args.cost.as_ref();
        fields.extend(cost.map(|cost| quote_spanned!(*site=> agentops.cost = #hidden::usd(#cost))));
        let spec = args.spec.as_ref();
        fields.extend(spec.map(|spec| quote_spanned!(*site=> agentops.spec = #spec)));
        if !args.list_tags.is_empty() {
            let tags = json_array(args.list_tags.iter().map(LitStr::value));
            fields.push(quote_spanned!(*site=> agentops.tags = #tags));
        }
        for (key, value) in &args.dict_tags {
            let key = LitStr::new(&format!("agentops.tag.{}", key.value()), key.span());
            fields.push(quote_spanned!(*site=> #key = #value));
        }
        fields.extend(args.fields.iter().map(|field| field.expand(&tracing)));
        quote_spanned!(*site=> #tracing::span!(#parent #level, #callsite, #(#fields),*))
    }

    fn level(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        match &args.level {
            Level::Named(name) => quote_spanned!(*site=> #hidden::tracing::Level::#name),
            Level::Path(path) => quote_spanned!(*site=> #path),
        }
    }

    /// The callsite's name. A name that is a literal is that; any other is a field.
    fn name(&self, fields: &mut Vec<TokenStream>) -> LitStr {
        let Self { site, args, .. } = self;
        // An agent's method that is an agent itself is that one.
        let own = args.name.as_ref();
        let name = own.or(args.agent.as_ref().filter(|_| args.kind == Kind::Agent));
        if args.kind != Kind::Agent {
            fields.extend(args.agent.as_ref().map(|agent| {
                // A literal is a text as it is; anything else has to be one.
                let shown = literal(agent).is_none().then(|| quote_spanned!(*site=> %));
                quote_spanned!(*site=> agent.name = #shown #agent)
            }));
        }
        match name.map(|name| (name, literal(name))) {
            Some((_, Some(name))) => name.clone(),
            Some((name, None)) => {
                fields.push(quote_spanned!(*site=> agentops.name = %#name));
                self.ident()
            }
            None => self.ident(),
        }
    }

    fn ident(&self) -> LitStr {
        let ident = &self.function.signature.ident;
        LitStr::new(&ident.unraw().to_string(), ident.span())
    }

    /// Tells the arguments to what `notebook` is.
    fn input(&self, notebook: &TokenStream) -> Option<TokenStream> {
        let Self { site, hidden, args, .. } = self;
        if !args.capture_input {
            return None;
        }
        let mut names = self.function.parameters();
        // A leading underscore says that nobody looks at it.
        names.retain(|name| {
            !args.skip.contains(name)
                && !name.to_string().starts_with('_')
                && !args.fields.iter().any(|field| field.is_named(name))
        });
        if names.is_empty() {
            return None;
        }
        let keys = names
            .iter()
            .map(|name| LitStr::new(&name.unraw().to_string(), name.span()));
        Some(quote_spanned! {*site=>
            if let #hidden::Some(mut notes) = #notebook.content(&span) {
                use #hidden::{ByDebug as _, ByJson as _, ByTypeName as _};
                #((&&&#hidden::Seen(&#names)).agentops_note(&mut notes, #keys);)*
                notes.tell();
            }
        })
    }

    /// The ways to capture an error, of which the compiler takes the best.
    fn error_traits(&self) -> TokenStream {
        let Self { site, hidden, .. } = self;
        quote_spanned!(*site=> use #hidden::{
            AnyError as _, DebugError as _, DisplayError as _, PointerToError as _, TypedError as _,
        };)
    }

    /// Looks at `result`, a reference, with `notes`, a reference too.
    fn outcome(&self) -> TokenStream {
        let Self { site, hidden, args, .. } = self;
        let error_traits = self.error_traits();
        let (value, note, traits) = if args.capture_output {
            (
                quote_spanned!(*site=> value),
                quote_spanned!(*site=> (&&&#hidden::Seen(value)).agentops_note(notes, #hidden::RESULT)),
                quote_spanned!(*site=> use #hidden::{ByDebug as _, ByJson as _, ByTypeName as _};),
            )
        } else {
            (
                quote_spanned!(*site=> _),
                quote_spanned!(*site=> {}),
                TokenStream::new(),
            )
        };
        quote_spanned! {*site=>
            #error_traits
            use #hidden::{ResultOutcome as _, ValueOutcome as _};
            #traits
            match (&&#hidden::Seen(result)).agentops_outcome(notes) {
                #hidden::Ok(#value) => #note,
                #hidden::Err(error) => (&&&&&#hidden::Seen(error)).agentops_fail(notes),
            }
        }
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

    /// The future that the body gives, around which the span stays open.
    fn future(&self, wrapped: &Wrapped) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let (outcome, output) = (self.outcome(), &wrapped.inner);
        let observed = quote_spanned! {*site=>
            #hidden::observe::<_, #output>(span, made).tell(|notes, result| { #outcome })
        };
        let called = self.called();
        let made = quote_spanned! {*site=>
            {
                let _inside = span.enter();
                #called
            }
        };
        self.around(wrapped, &made, &observed)
    }

    fn stream(&self, wrapped: &Wrapped) -> TokenStream {
        let called = self.called();
        let made = quote_spanned! {self.site=>
            {
                let _inside = span.enter();
                #called
            }
        };
        self.around(wrapped, &made, &self.observed_stream(wrapped))
    }

    fn stream_in_future(&self, wrapped: &Wrapped) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let spawned = self.spawned();
        let made = quote_spanned! {*site=>
            #hidden::tracing::Instrument::instrument(#spawned, #hidden::Clone::clone(&span)).await
        };
        self.around(wrapped, &made, &self.observed_stream(wrapped))
    }

    fn observed_stream(&self, wrapped: &Wrapped) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let (item, error_traits) = (&wrapped.inner, self.error_traits());
        quote_spanned! {*site=>
            #hidden::observe_stream::<_, #item>(span, made).tell(|span, item| {
                #error_traits
                use #hidden::{ResultOutcome as _, ValueOutcome as _};
                if let #hidden::Err(error) = (&&#hidden::Seen(item)).agentops_peek() {
                    if let #hidden::Some(mut notes) = #hidden::Notebook::of(span).notes(span) {
                        notes.returned(false);
                        (&&&&&#hidden::Seen(error)).agentops_fail(&mut notes);
                        notes.tell();
                    }
                }
            })
        }
    }

    /// Puts `observed` around `made`, in the box and the result that it comes in.
    fn around(&self, wrapped: &Wrapped, made: &TokenStream, observed: &TokenStream) -> TokenStream {
        let Self { site, hidden, .. } = self;
        let error_traits = self.error_traits();
        let observed = if wrapped.boxed {
            // Where nobody looks, the box that is there is enough.
            quote_spanned!(*site=> if span.is_disabled() { made } else { #hidden::Box::pin(#observed) })
        } else {
            observed.clone()
        };
        if !wrapped.fallible {
            return quote_spanned! {*site=>
                let made = #made;
                #observed
            };
        }
        quote_spanned! {*site=>
            match #made {
                #hidden::Ok(made) => #hidden::Ok(#observed),
                #hidden::Err(error) => {
                    if let #hidden::Some(mut notes) = #hidden::Notebook::of(&span).notes(&span) {
                        #error_traits
                        notes.returned(false);
                        (&&&&&#hidden::Seen(&error)).agentops_fail(&mut notes);
                        notes.tell();
                    }
                    #hidden::Err(error)
                }
            }
        }
    }
}

/// A JSON array of texts.
fn json_array(texts: impl Iterator<Item = String>) -> String {
    let quoted: Vec<_> = texts.map(|text| quoted(&text)).collect();
    format!("[{}]", quoted.join(","))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            char if char.is_control() => quoted.extend(format!("\\u{:04x}", u32::from(char)).chars()),
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

//! What is told of arguments and results, and how the compiler chooses the way.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{LitStr, ext::IdentExt as _};

use super::Expansion;

impl Expansion<'_> {
    /// Tells the arguments to what `notebook` is.
    pub(super) fn input(&self, notebook: &TokenStream) -> Option<TokenStream> {
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
    pub(super) fn error_traits(&self) -> TokenStream {
        let Self { site, hidden, .. } = self;
        quote_spanned!(*site=> use #hidden::{
            AnyError as _, DebugError as _, DisplayError as _, PointerToError as _, TypedError as _,
        };)
    }

    /// Looks at `result`, a reference, with `notes`, a reference too.
    pub(super) fn outcome(&self) -> TokenStream {
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
}

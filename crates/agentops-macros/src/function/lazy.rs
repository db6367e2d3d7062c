//! Functions that give a future or a stream: the span ends when that does.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Expansion;
use crate::shape::Wrapped;

impl Expansion<'_> {
    /// The future that the body gives, around which the span stays open.
    pub(super) fn future(&self, wrapped: &Wrapped) -> TokenStream {
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

    pub(super) fn stream(&self, wrapped: &Wrapped) -> TokenStream {
        let called = self.called();
        let made = quote_spanned! {self.site=>
            {
                let _inside = span.enter();
                #called
            }
        };
        self.around(wrapped, &made, &self.observed_stream(wrapped))
    }

    pub(super) fn stream_in_future(&self, wrapped: &Wrapped) -> TokenStream {
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

//! Context across processes: the trace of a span, and whom its session serves, on the way to another process and back in.
//!
//! [`inject`](crate::AgentOpsSpanExt::inject) writes W3C `traceparent` and `baggage` into a carrier;
//! [`with_remote_parent`](crate::SessionBuilder::with_remote_parent) and
//! [`set_remote_parent`](crate::AgentOpsSpanExt::set_remote_parent) read them from one. In the baggage stand `user.id` and
//! `session.id`, where the session has them: give a carrier to processes that may know, and believe one only of callers
//! that may say.
//!
//! | from process to process by | out | in |
//! | --- | --- | --- |
//! | HTTP headers | a `HashMap`, or your client's headers as an [`Injector`] | a `HashMap`, or your server's headers as an [`Extractor`] |
//! | MCP `_meta` | [`McpMeta`] | [`McpMeta`] |
//! | the environment of a child | [`CommandEnv`] | nothing to do, or [`environment`] |
//!
//! A program that is started with `TRACEPARENT` in its environment continues that trace: its auto-session, and every session
//! that is given no other parent, are below the span that started it.

mod carriers;
mod context;
mod thread;

pub(crate) use carriers::carrier;
pub use carriers::{CommandEnv, McpMeta, environment};
pub(crate) use context::{extract, inject, link_of, span_context};
#[doc(no_inline)]
pub use opentelemetry::propagation::{Extractor, Injector};
pub(crate) use thread::in_context;

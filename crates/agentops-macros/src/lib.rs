//! The attribute macros of the crate [agentops](https://docs.rs/agentops), which re-exports them. Use them from there.
//!
//! | attribute | the function is |
//! | --- | --- |
//! | [`macro@session`] | one run from start to end, the root of its own trace |
//! | [`macro@agent`] | something that decides; on an `impl` block, the agent whose methods these are |
//! | [`macro@workflow`] | several steps towards one result |
//! | [`macro@task`], [`macro@operation`] | a unit of work, a function worth seeing |
//! | [`macro@tool`] | a tool that an agent calls |
//! | [`macro@guardrail`] | a check of an input or an output |
//! | [`macro@chain`] | a chain of calls |
//!
//! # What is captured
//!
//! The arguments, but for `self` and those whose names begin with an underscore, and the result: as JSON where their type
//! implements `serde::Serialize`, else as their `Debug` writes them, else as the name of their type. No bound is put on
//! any type. Of a `Result` the value is the result, and the error, with its type and its causes, makes the span one that
//! failed. A panic does, too. Nothing is serialised where the span is not recorded, content is not captured, or the
//! argument is skipped.
//!
//! A span ends when its function returns: for an `async fn`, and for a function that returns a `Future` (as `impl Future`
//! or boxed and pinned), when the future is done; where a `Stream` is returned, when that ends or is dropped, and the items
//! are counted (`agentops.stream.items`). A future that is dropped before it was done has `agentops.cancelled = true`; a
//! session then ends as `Indeterminate`, any other span with the status Error, `cancelled`.
//!
//! A session ends as its function's result says: `Ok` is Success, `Err` and a panic are Fail.
//!
//! # Arguments
//!
//! All of them are optional; `#[tool]` and `#[tool(name = "search", cost = 0.01)]` are both right.
//!
//! | argument | meaning |
//! | --- | --- |
//! | `name = "..."` | the name; else the function's. An expression may use the function's arguments |
//! | `version = "..."` | the version of the operation: a text, a number or an expression |
//! | `tags("a", "b")`, `tags(team = "blue")` | list tags, tags with a value |
//! | `cost = 0.05` | USD; on `#[tool]` |
//! | `spec = "input"` | what is checked, `"input"` or `"output"`; on `#[guardrail]` |
//! | `skip(a, b)`, `skip_all` | arguments that are not captured |
//! | `capture_input = false`, `capture_output = false` | no arguments, or no result, is captured; errors are |
//! | `fields(key = value, %shown, ...)` | more fields, as in `#[tracing::instrument]` |
//! | `level = "debug"`, `parent = ...`, `follows_from = ...` | as in `#[tracing::instrument]` |
//! | `crate = my::agentops` | where the crate is, if it is not called `agentops` |

mod args;
mod fields;
mod function;
mod impl_block;
mod item;
mod kind;
mod shape;

use proc_macro::TokenStream;

use crate::{args::Args, item::Item, kind::Kind};

fn expand(kind: Kind, args: TokenStream, item: TokenStream) -> TokenStream {
    let untouched = item.clone();
    let expanded = Args::parse(kind, args.into()).and_then(|args| match Item::parse(kind, item.into())? {
        Item::Function(function) => function::expand(&args, &function),
        Item::Impl(block) => impl_block::expand(&args, *block),
    });
    match expanded {
        Ok(tokens) => tokens.into(),
        Err(error) => {
            // The item stays, so that this is the only error.
            let mut tokens: TokenStream = error.into_compile_error().into();
            tokens.extend(untouched);
            tokens
        }
    }
}

/// The function is one run from start to end: always the root of its own trace. See [the arguments](index.html#arguments).
///
/// `Ok` ends it as Success, `Err` and a panic as Fail; a future that is dropped before it is done as Indeterminate.
///
/// ```
/// #[agentops::session(name = "nightly-report", tags("nightly"))]
/// async fn report() -> Result<(), std::io::Error> {
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn session(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Session, args, item)
}

/// The function is an agent's run; on an `impl` block, every marked method is work of that agent. See
/// [the arguments](index.html#arguments).
///
/// On a block it takes `name` (else the type's name is the agent's) and `crate`. A method that is itself marked `#[agent]`
/// and has no name has the block's. The block makes no span of its own: an agent's span for as long as a value lives is
/// `agentops::AgentScope`.
///
/// ```
/// use agentops::{agent, operation, tool};
///
/// struct CustomerService;
///
/// #[agent(name = "customer_service")]
/// impl CustomerService {
///     #[operation]
///     fn answer(&self, question: &str) -> String {
///         self.look_up(question)
///     }
///
///     #[tool(name = "faq", cost = 0.001)]
///     fn look_up(&self, question: &str) -> String {
///         format!("{question} 42")
///     }
/// }
/// # CustomerService.answer("What is the answer?");
/// ```
#[proc_macro_attribute]
pub fn agent(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Agent, args, item)
}

/// The function is several steps towards one result. See [the arguments](index.html#arguments).
///
/// ```
/// #[agentops::workflow(version = 2)]
/// fn report(city: &str) -> String {
///     format!("a report on {city}")
/// }
/// # report("Paris");
/// ```
#[proc_macro_attribute]
pub fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Workflow, args, item)
}

/// The function is a unit of work. See [the arguments](index.html#arguments).
///
/// ```
/// #[agentops::task(tags(team = "blue"))]
/// fn collect(sources: Vec<String>) -> usize {
///     sources.len()
/// }
/// # collect(Vec::new());
/// ```
#[proc_macro_attribute]
pub fn task(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Task, args, item)
}

/// The function is worth seeing. See [the arguments](index.html#arguments).
///
/// ```
/// #[agentops::operation(skip(password))]
/// fn sign_in(user: &str, password: &str) -> bool {
///     user.len() < password.len()
/// }
/// # sign_in("me", "secret");
/// ```
#[proc_macro_attribute]
pub fn operation(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Operation, args, item)
}

/// The function is a tool that an agent calls. See [the arguments](index.html#arguments).
///
/// ```
/// #[agentops::tool(name = "web_search", cost = 0.05)]
/// async fn search(query: &str, limit: u32) -> Result<Vec<String>, std::io::Error> {
///     Ok(vec![format!("{limit} pages on {query}")])
/// }
/// ```
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Tool, args, item)
}

/// The function checks an input or an output. See [the arguments](index.html#arguments).
///
/// ```
/// #[agentops::guardrail(spec = "input")]
/// fn is_polite(text: &str) -> bool {
///     !text.contains('!')
/// }
/// # is_polite("please");
/// ```
#[proc_macro_attribute]
pub fn guardrail(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Guardrail, args, item)
}

/// The function is a chain of calls. See [the arguments](index.html#arguments).
///
/// ```
/// #[agentops::chain]
/// fn summarise(pages: &[String]) -> String {
///     pages.join(" ")
/// }
/// # summarise(&[]);
/// ```
#[proc_macro_attribute]
pub fn chain(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(Kind::Chain, args, item)
}

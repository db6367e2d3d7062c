//! Expansions lean on nothing: not on a prelude, not on a name, not on an edition, not on `tracing`.
#![no_implicit_prelude]
#![deny(warnings)]
#![warn(clippy::pedantic, missing_docs, unreachable_pub, unused_qualifications)]

mod shadowed;

use ::observed::{agent, chain, guardrail, operation, session, task, tool, workflow};
use ::std::{
    boxed::Box,
    convert::From,
    future::{Future, ready},
    pin::{Pin, pin},
    println,
    result::Result::{self, Err, Ok},
    string::{String, ToString},
    task::{Context, Poll, Waker},
};

/// Neither `Debug` nor `Serialize`.
pub struct Opaque(u8);

#[session(name = "run", tags("a", team = "blue"), crate = ::observed)]
fn run(fail: bool) -> Result<u8, String> {
    if fail {
        return Err("it failed".to_string());
    }
    Ok(everything(&Opaque(1), [1, 2]))
}

#[workflow(level = "debug", fields(answer = 42, opaque = %opaque.0, late), crate = "::observed")]
fn everything<const N: usize>(opaque: &Opaque, items: [u8; N]) -> u8 {
    let span = Span;
    let notes = check("text");
    let made = u8::from(notes) + opaque.0 + items[0];
    links(made, &span);
    made
}

/// A local name that expansions use, too, must not meet theirs.
struct Span;

#[guardrail(spec = "input", crate = ::observed)]
fn check(text: &str) -> bool {
    let (result, value, error, inside) = (text, 1, 2, 3);
    !result.is_empty() && value < error && error < inside
}

#[chain(crate = ::observed)]
fn links(span: u8, _skipped: &Span) {
    drop_it(span);
}

#[task(crate = ::observed, name = ::std::format!("drop {result}"))]
fn drop_it<T: ::std::fmt::Display>(result: T) {
    let _ = result;
}

struct Service {
    name: &'static str,
}

#[agent(name = self.name, crate = ::observed)]
impl Service {
    #[tool(cost = 0.01)]
    async fn answer(&self, question: &str) -> Result<usize, String> {
        let length = self.count(question).await;
        if length == 0 {
            Err("nothing was asked".to_string())?;
        }
        Ok(length + self.name.len())
    }

    #[operation]
    fn count<'a>(&self, text: &'a str) -> Pin<Box<dyn Future<Output = usize> + ::std::marker::Send + 'a>> {
        Box::pin(async move { text.len() })
    }

    #[operation]
    fn later(&self, made: usize) -> impl Future<Output = usize> {
        ready(made)
    }
}

/// Gives what it is, once.
struct Once(::std::option::Option<u8>);

impl ::futures_core::Stream for Once {
    type Item = u8;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<::std::option::Option<u8>> {
        Poll::Ready(self.0.take())
    }
}

#[operation(crate = ::observed)]
fn stream(item: u8) -> impl ::futures_core::Stream<Item = u8> + Unpin {
    Once(::std::option::Option::Some(item))
}

use ::std::marker::Unpin;

fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => ::std::process::exit(1),
    }
}

fn main() {
    let service = Service { name: "x" };
    ::std::assert_eq!(run(false), Ok(3));
    ::std::assert!(run(true).is_err());
    ::std::assert_eq!(at_once(service.answer("four")), Ok(5));
    ::std::assert!(at_once(service.answer("")).is_err());
    ::std::assert_eq!(at_once(service.later(7)), 7);
    let mut items = stream(9);
    let next = ::futures_core::Stream::poll_next(Pin::new(&mut items), &mut Context::from_waker(Waker::noop()));
    ::std::assert_eq!(next, Poll::Ready(::std::option::Option::Some(9)));
    ::std::assert_eq!(shadowed::run(), 2);
    println!("everything ran");
}

//! Bodies run as they would without an attribute.

use agentops::{operation, tool};

use crate::harness::{arrived, named, text};

#[operation]
fn early(n: i32) -> Option<i32> {
    if n < 0 {
        return None;
    }
    let half = (n % 2 == 0).then_some(n / 2)?;
    Some(half)
}

#[operation]
fn coerced(loud: bool) -> Box<dyn Fn(&str) -> String> {
    if loud {
        Box::new(str::to_uppercase)
    } else {
        Box::new(str::to_owned)
    }
}

#[operation]
async fn coerced_later(loud: bool) -> Box<dyn Fn(&str) -> String + Send> {
    if loud {
        Box::new(str::to_uppercase)
    } else {
        Box::new(str::to_owned)
    }
}

#[operation]
fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

#[operation]
fn first(words: &mut Vec<String>) -> &mut String {
    if words.is_empty() {
        words.push(String::new());
    }
    &mut words[0]
}

#[tool]
#[must_use]
#[doc(hidden)]
pub(crate) extern "C" fn exotic(n: u8) -> u8 {
    #![allow(clippy::identity_op, reason = "an attribute inside the body")]
    n + 0
}

trait Speak {
    fn speak(&self, to: &str) -> String;

    #[operation]
    fn greet(&self, to: &str) -> String
    where
        Self: Sized,
    {
        self.speak(to)
    }
}

struct Dog;

impl Speak for Dog {
    #[tool]
    fn speak(&self, to: &str) -> String {
        format!("woof {to}")
    }
}

#[operation]
fn recursive(n: u8) -> u8 {
    if n == 0 { 0 } else { recursive(n - 1) + 1 }
}

#[test]
fn a_body_runs_as_it_would_without_an_attribute() {
    let spans = arrived(|_| {
        assert_eq!((early(4), early(3), early(-1)), (Some(2), None, None));
        assert_eq!(coerced(true)("a"), "A");
        assert_eq!(pollster(coerced_later(true))("a"), "A");
        assert_eq!(longest("ab", "c"), "ab");
        first(&mut Vec::new()).push('x');
        assert_eq!(exotic(1), 1);
        assert_eq!(Dog.greet("you"), "woof you");
        assert_eq!(recursive(2), 2);
    });
    let outputs: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "early.operation")
        .map(|span| text(span, "agentops.operation.output"))
        .collect();
    assert_eq!(outputs, ["2", "null", "null"]);
    assert_eq!(
        text(named(&spans, "longest.operation"), "agentops.operation.output"),
        "ab"
    );
    let greet = named(&spans, "greet.operation");
    assert_eq!(
        named(&spans, "speak.tool").parent_span_id.as_deref(),
        Some(&*greet.span_id)
    );
    assert_eq!(
        spans.iter().filter(|span| span.name == "recursive.operation").count(),
        3
    );
}

#[operation]
fn never() -> ! {
    panic!("it does not return")
}

#[test]
fn a_function_that_never_returns_is_a_span_all_the_same() {
    let spans = arrived(|_| {
        let caught = std::panic::catch_unwind(|| {
            never();
        });
        assert!(caught.is_err());
    });
    assert!(named(&spans, "never.operation").is_error());
}

/// Polls a future that is never pending.
fn pollster<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match Box::pin(future).as_mut().poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

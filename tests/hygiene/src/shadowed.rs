//! Every name that an expansion could mean by mistake stands for something else here.
#![allow(dead_code, clippy::wrong_self_convention, reason = "they are only in the way")]

use ::observed::{operation, tool};
use ::std::{
    marker::Sized,
    string::{String, ToString},
};

pub(crate) mod core {}
pub(crate) mod std {}
pub(crate) mod alloc {}
pub(crate) mod tracing {}
pub(crate) mod agentops {}
pub(crate) mod serde {}

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Box;
struct Notes;
struct Seen;
struct Future;
struct Level;

fn call() {}
fn observe() {}

macro_rules! span {
    () => {};
}

macro_rules! vec {
    () => {};
}

/// A trait for everything, with the names of methods that one could use.
pub(crate) trait InTheWay {
    fn enter(&self) {}
    fn note(&self) {}
    fn tell(&self) {}
    fn outcome(&self) {}
    fn fail(&self) {}
    fn is_disabled(&self) {}
    fn into_iter(&self) {}
    fn clone(&self) {}
}

impl<T: ?Sized> InTheWay for T {}

#[operation(crate = ::observed)]
fn twice(option: &str) -> String {
    span!();
    vec![];
    let once = option.to_string();
    once + option
}

#[tool(crate = ::observed, cost = 1)]
fn length(notes: &str) -> ::std::result::Result<usize, String> {
    let length = notes.len();
    if length == 0 {
        return ::std::result::Result::Err("nothing".to_string());
    }
    ::std::result::Result::Ok(length)
}

pub(crate) fn run() -> usize {
    length(&twice("x")).unwrap_or_default()
}

//! Futures and streams in all their wrappings, and what they promise.
#![deny(warnings)]

use std::{future::Future, pin::Pin};

use agentops::{operation, tool, workflow};
use futures::{Stream, future::BoxFuture, stream::BoxStream};

#[tool]
async fn borrowed(text: &str) -> Result<&str, String> {
    let first = text.split(' ').next().ok_or("none")?;
    Ok(first)
}

#[tool]
fn opaque(n: u8) -> impl Future<Output = Result<u8, String>> + Send + 'static {
    async move { Ok(n.checked_add(1).ok_or("too much")?) }
}

#[tool]
fn unpinned(n: u8) -> impl Future<Output = u8> + Unpin + Send + Sync {
    std::future::ready(n)
}

#[tool]
fn pinned<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    Box::pin(async move { text.len() })
}

#[tool]
fn boxed(text: &str) -> BoxFuture<'_, usize> {
    Box::pin(async move { text.len() })
}

#[workflow]
fn numbers(up_to: u8) -> impl Stream<Item = u8> + Send {
    futures::stream::iter(0..up_to)
}

#[workflow]
fn boxed_numbers<'a>(numbers: &'a [u8]) -> BoxStream<'a, &'a u8> {
    Box::pin(futures::stream::iter(numbers))
}

#[workflow]
async fn later(up_to: u8) -> Result<impl Stream<Item = Result<u8, String>>, std::io::Error> {
    Ok(futures::stream::iter((0..up_to).map(Ok)))
}

/// Neither `Debug` nor `Serialize`.
struct Opaque;

#[operation]
async fn of_anything<T>(_item: T, opaque: Opaque) -> Opaque {
    opaque
}

trait Answers {
    fn answer(&self) -> impl Future<Output = u8> + Send;
}

impl Answers for Opaque {
    #[operation]
    async fn answer(&self) -> u8 {
        42
    }
}

fn is_send<T: Send>(_: T) {}

fn main() {
    is_send(borrowed("a b"));
    is_send(opaque(1));
    is_send(unpinned(1));
    is_send(pinned("a"));
    is_send(boxed("a"));
    is_send(numbers(2));
    is_send(boxed_numbers(&[1]));
    is_send(later(1));
    is_send(of_anything(1, Opaque));
    is_send(Opaque.answer());
}

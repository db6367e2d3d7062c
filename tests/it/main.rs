//! What a program sees of the crate: one binary, a module a subject.

mod capture;
mod harness;
mod hierarchy;
mod sessions;

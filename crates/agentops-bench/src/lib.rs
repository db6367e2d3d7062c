//! What is measured: pieces of a program, and who listens to them.
//!
//! Each is measured in a process of its own, for interest in a callsite is one for all subscribers of a process: a
//! second listener would make the first one pay.

mod call;
mod destination;
mod listener;
mod program;

pub use call::Call;
pub use listener::{Listener, Listening, sending_handle};
pub use program::Program;

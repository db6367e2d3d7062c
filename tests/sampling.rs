//! Sampling: decided once for a trace, at its root, all or nothing; and errors that are kept all the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/guest.rs"]
mod guest;
mod sampling {
    mod errors;
    mod ratio;

    use std::collections::HashMap;

    /// A remote parent whose trace id has these low 64 bits.
    fn remote(low: u64) -> HashMap<String, String> {
        let parent = format!("00-0af7651916cd43dd{low:016x}-b7ad6b7169203331-01");
        HashMap::from([("traceparent".to_owned(), parent)])
    }

    /// At one half: the first is in that half, the second is not.
    const KEPT: u64 = 1;
    const LEFT_OUT: u64 = u64::MAX;
}

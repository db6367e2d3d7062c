//! What providers send, and what comes of it.

//! passing

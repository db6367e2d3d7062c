//! The environment's variables, read through an injected lookup.

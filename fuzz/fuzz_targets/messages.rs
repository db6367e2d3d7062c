//! Whatever a library writes for messages harms nobody.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| agentops::fuzzing::messages(text));

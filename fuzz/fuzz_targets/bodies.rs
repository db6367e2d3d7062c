//! Whatever a provider sends, and whatever it was asked, harms nobody: a request and an answer, with a zero byte between.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut bodies = data.splitn(2, |byte| *byte == 0);
    let request = bodies.next().unwrap_or_default();
    agentops::fuzzing::bodies(request, bodies.next().unwrap_or_default());
});

//! Programs that compile, and programs that must not, with the messages that they get. All of them have the light core
//! alone.
//!
//! `TRYBUILD=overwrite cargo test -p agentops-macros --test ui` writes the messages anew, to be reviewed.

#[test]
fn what_should_compile_does_and_every_mistake_says_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/pass/*.rs");
    cases.compile_fail("tests/fail/*.rs");
}

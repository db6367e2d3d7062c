//! Bad input: what a program, its environment or its peers may do wrong, a row each.
//!
//! Each row says what is bad, does it, and names the exact outcome: the error's text, the counter and its value, or
//! the span as it was sent. After each row a healthy span of the same program arrives. No row panics in the host, holds
//! it up, or loses a span that is not counted; `table` demands that of all of them.
//!
//! What needs a subscriber without a scope is in `bad_input_reentrant.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::semicolon_if_nothing_returned,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "bad_input/carriers.rs"]
mod carriers;
#[path = "bad_input/debug.rs"]
mod debug;
#[path = "bad_input/fields.rs"]
mod fields;
#[path = "bad_input/host.rs"]
mod host;
#[path = "bad_input/life.rs"]
mod life;
#[path = "support/patience.rs"]
mod patience;
#[path = "bad_input/pressure.rs"]
mod pressure;
#[path = "bad_input/settings.rs"]
mod settings;
#[path = "bad_input/size.rs"]
mod size;
#[path = "bad_input/stopwatch.rs"]
mod stopwatch;
#[path = "bad_input/table.rs"]
mod table;

#[test]
fn a_wrong_setting_is_an_error_that_names_it_and_what_is_accepted() {
    settings::check();
}

#[test]
fn a_wrong_value_of_a_field_is_sent_as_far_as_it_can_be_understood() {
    table::check(&fields::ROWS);
}

#[test]
fn too_much_is_cut_and_counted() {
    table::check(&size::ROWS);
}

#[test]
fn a_debug_or_serialize_of_the_program_harms_nobody() {
    table::check(&debug::ROWS);
}

#[test]
fn spans_may_be_closed_recorded_and_related_in_any_order() {
    table::check(&life::ROWS);
}

#[test]
fn a_carrier_that_is_not_valid_changes_nothing() {
    table::check(&carriers::ROWS);
}

#[test]
fn under_pressure_memory_is_bounded_and_everything_that_is_not_sent_is_counted() {
    table::check(&pressure::ROWS);
}

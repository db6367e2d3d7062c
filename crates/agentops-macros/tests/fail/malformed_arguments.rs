use agentops::operation;

#[operation(name)]
fn name_alone() {}

#[operation(name("x"))]
fn name_in_parentheses() {}

#[operation(name = )]
fn name_of_nothing() {}

#[operation(version = , name = "x")]
fn version_of_nothing() {}

#[operation(name = "a", name = "b")]
fn twice() {}

#[operation(name = "a" version = 1)]
fn no_comma() {}

#[operation(tags = ["a"])]
fn tags_as_a_list() {}

#[operation(tags(a))]
fn tag_without_quotes() {}

#[operation(tags(1))]
fn tag_of_a_number() {}

#[operation(skip = "a")]
fn skip_as_a_text(a: u8) { _ = a; }

#[operation(skip_all = true)]
fn skip_all_of_a_flag(a: u8) { _ = a; }

#[operation(capture_input)]
fn flag_alone(a: u8) { _ = a; }

#[operation(capture_output = "no")]
fn flag_of_a_text() {}

#[operation(level = "loud")]
fn level_of_nothing() {}

#[operation(level = 6)]
fn level_of_a_number() {}

#[operation(crate = 1)]
fn crate_of_a_number() {}

#[operation(fields = 1)]
fn fields_of_a_number() {}

#[operation(fields(%a = 1))]
fn sign_before_the_name() {}

#[operation(fields(1))]
fn field_of_a_number() {}

fn main() {}

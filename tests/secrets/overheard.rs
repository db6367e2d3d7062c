//! [`Overheard`]: a layer that prints whatever is said through `tracing`, at any level and by any crate, except by the
//! program itself.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

/// How its lines begin.
pub(crate) const MARK: &str = "overheard";

/// Prints to standard output.
pub(crate) struct Overheard;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Overheard {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        print(attributes.metadata(), |line| attributes.record(line));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        if let Some(span) = cx.span(id) {
            print(span.metadata(), |line| values.record(line));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        print(event.metadata(), |line| event.record(line));
    }
}

fn print(metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
    // What the program says of its own secrets is its own affair.
    if metadata.target().starts_with(env!("CARGO_CRATE_NAME")) {
        return;
    }
    let mut line = Line(format!("{MARK} {} {}", metadata.level(), metadata.target()));
    record(&mut line);
    println!("{}", line.0);
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

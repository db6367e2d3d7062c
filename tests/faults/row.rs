//! [`Row`]: what became of a case, and the table of them.

use std::{fmt::Write as _, time::Duration};

use super::server::Twice;

/// What became of a case.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) twice: Vec<Twice>,
    pub(crate) counted: u64,
    pub(crate) reasons: String,
    pub(crate) allowed: String,
    pub(crate) took: Duration,
    pub(crate) wrong: Vec<String>,
}

/// Prints the table, and fails where a row is wrong.
pub(crate) fn show_and_demand(rows: Vec<Row>) {
    let mut table = format!(
        "{:<58} {:>7} {:>8} {:>5} {:>7} {:>8}  {:>7}  reasons\n",
        "case", "sent", "received", "twice", "counted", "allowed", "took"
    );
    for row in &rows {
        let _always = writeln!(
            table,
            "{:<58} {:>7} {:>8} {:>5} {:>7} {:>8}  {:>6.1}s  {}",
            row.name,
            row.sent,
            row.received,
            row.twice.len(),
            row.counted,
            row.allowed,
            row.took.as_secs_f64(),
            row.reasons
        );
        let listed: Vec<_> = row
            .twice
            .iter()
            .map(|twice| format!("{} {:016x}", twice.serial, twice.span_id))
            .collect();
        if !listed.is_empty() {
            let _always = writeln!(table, "    came twice, with their span ids: {}", listed.join(", "));
        }
    }
    eprintln!("\n{table}");
    let wrong: Vec<_> = rows
        .into_iter()
        .flat_map(|row| row.wrong.into_iter().map(move |what| format!("{}: {what}", row.name)))
        .collect();
    assert!(wrong.is_empty(), "\n  {}\n", wrong.join("\n  "));
}

//! Moments as texts: RFC 3339, as Langfuse and those who speak its dialect write when the first token came.

/// Nanoseconds since 1970 of a moment such as `2026-03-01T12:00:00.250+01:00`.
pub(super) fn unix_nanos(text: &str) -> Option<u64> {
    let moment: jiff::Timestamp = text.trim().parse().ok()?;
    u64::try_from(moment.as_nanosecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_their_offsets_and_fractions() {
        // `date -u -d ... +%s`
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2000-02-29T12:00:00Z", 951_825_600, 0),
            ("2026-03-01T12:00:00.25+01:00", 1_772_362_800, 250_000_000),
            ("2026-02-28T23:59:59.123456789-00:30", 1_772_324_999, 123_456_789),
            ("2026-03-01 12:00Z", 1_772_366_400, 0),
            // A leap second is the one before.
            ("2024-12-31 23:59:60z", 1_735_689_599, 0),
        ] {
            assert_eq!(unix_nanos(text), Some(seconds * 1_000_000_000 + nanos), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "now",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "2026-13-01T12:00:00Z",
            "2026-03-01T25:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-03-01T12:00:00.x1Z",
            "2026-03-01T12:00:00.1234567890Z",
            "2026-03-01T12:00:00+1",
            "2026-03-01T12:00:00+é0:00",
        ] {
            assert_eq!(unix_nanos(text), None, "{text}");
        }
    }
}

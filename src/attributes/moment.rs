//! Moments as texts: RFC 3339, as Langfuse and those who speak its dialect write when the first token came.

/// Nanoseconds since 1970 of a moment such as `2026-03-01T12:00:00.250+01:00`. Nothing else in the crate reads dates.
pub(super) fn unix_nanos(text: &str) -> Option<u64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let is_date = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let (time, offset) = split_offset(time)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hour, minute, second] = numbers(time, ':')?;
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    let nanos = u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?;
    nanos.checked_add(fraction_nanos(fraction)?)
}

/// The time without its offset, and the offset in seconds.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (time, offset) = time.split_at_checked(at)?;
    let (sign, offset) = match offset.split_at_checked(1)? {
        ("-", offset) => (-1, offset),
        (_, offset) => (1, offset),
    };
    let [hours, minutes] = numbers(offset, ':')?;
    (hours <= 23 && minutes <= 59).then_some((time, sign * (hours * 3_600 + minutes * 60)))
}

fn numbers<const N: usize>(text: &str, between: char) -> Option<[i64; N]> {
    let numbers: Vec<i64> = text.split(between).map(digits).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

fn digits(text: &str) -> Option<i64> {
    let is_number = (2..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn fraction_nanos(digits: &str) -> Option<u64> {
    if digits.is_empty() {
        return Some(0);
    }
    let kept = digits.get(..digits.len().min(9))?;
    let number: u64 = kept
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| kept.parse().ok())??;
    Some(number * 10_u64.pow(9 - u32::try_from(kept.len()).ok()?))
}

/// Days of the Gregorian calendar, whose years are counted from March so that a leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    /// From the first of March of year 0 to 1970.
    const EPOCH: i64 = 719_468;
    let year = if month <= 2 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (153 * months_since_march + 2) / 5 + day - 1 - EPOCH
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
            ("2024-12-31 23:59:60z", 1_735_689_600, 0),
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
            "2026-03-01T12:00Z",
            "1969-12-31T23:59:59Z",
            "2026-03-01T12:00:00.x1Z",
            "2026-03-01T12:00:00+1",
            "2026-03-01T12:00:00+é0:00",
        ] {
            assert_eq!(unix_nanos(text), None, "{text}");
        }
    }
}

//! When to try again, and when no longer.

use std::time::{Duration, SystemTime};

/// A request is tried again for so long after its first attempt. A destination that is away for longer is away for a
/// while; what it would get then is of little use and would keep newer spans out of memory.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5 * 60);

/// The wait after a first failure. A destination that asks for less is not asked again any sooner.
pub(crate) const FIRST: Duration = Duration::from_millis(500);

const LONGEST: Duration = Duration::from_secs(30);

/// A `Retry-After` beyond this says no more than that; it also keeps sums of times in range.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait after so many failures in a row: 0.5 s doubling to 30 s, give or take a fifth, so that many
/// processes do not come back at the same moment.
pub(crate) fn backoff(failures: u32) -> Duration {
    spread(failures, fastrand::f64())
}

fn spread(failures: u32, random: f64) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let middle = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    middle.mul_f64(0.8 + 0.4 * random.clamp(0.0, 1.0))
}

/// The value of a `Retry-After` header: seconds, or an HTTP date, which may have passed.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value)
            .ok()?
            .duration_since(now)
            .unwrap_or_default(),
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waiting_doubles_up_to_half_a_minute() {
        let middles: Vec<_> = (1..=8).map(|failures| spread(failures, 0.5).as_millis()).collect();
        assert_eq!(middles, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    }

    #[test]
    fn a_server_may_say_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after(" 7 ", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now),
            Some(Duration::ZERO),
            "the date has passed"
        );
        assert_eq!(retry_after("18446744073709551615", now), Some(LONGEST_RETRY_AFTER));
        for nonsense in ["", "soon", "-1", "1.5"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense:?}");
        }
    }

    proptest! {
        #[test]
        fn every_wait_is_within_a_fifth_of_its_middle(failures in any::<u32>(), random in 0.0_f64..1.0) {
            let (wait, middle) = (spread(failures, random).as_secs_f64(), spread(failures, 0.5).as_secs_f64());
            prop_assert!((middle * 0.799..=middle * 1.201).contains(&wait));
            prop_assert!(wait <= 36.0);
        }

        #[test]
        fn no_retry_after_panics_or_overflows(value in ".*") {
            if let Some(wait) = retry_after(&value, SystemTime::UNIX_EPOCH) {
                prop_assert!(wait <= LONGEST_RETRY_AFTER);
            }
        }
    }
}

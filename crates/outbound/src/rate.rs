//! What an answer says about how much more may be asked.

use std::time::Duration;

use checkmate_domain::Timestamp;
use reqwest::header::HeaderMap;

/// The longest wait that is believed.
const LONGEST: Duration = Duration::from_hours(1);

/// The limits of a vendor, as one answer tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateSeen {
    /// Calls in a period.
    pub limit: Option<u64>,
    /// Calls that are left of them.
    pub remaining: Option<u64>,
    /// When there are all of them again.
    pub reset_at: Option<Timestamp>,
    /// How long to wait, when the vendor says so.
    pub retry_after: Option<Duration>,
}

impl RateSeen {
    /// Reads `Retry-After` (seconds or a date) and `x-ratelimit-*`. What cannot be read counts as not said; a wait of more
    /// than an hour as one of an hour.
    /// Times are the vendor's, `theirs` is its clock: they become times of ours, `now`.
    pub(crate) fn of(headers: &HeaderMap, theirs: Timestamp, now: Timestamp) -> Self {
        let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
        let number = |name: &str| text(name)?.parse::<u64>().ok();
        let reset = |seconds: u64| {
            let at = Timestamp::from_millis(i64::try_from(seconds).ok()?.checked_mul(1_000)?);
            Some(now.plus(at.since(theirs)))
        };
        Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            reset_at: number("x-ratelimit-reset").and_then(reset),
            retry_after: text("retry-after").and_then(|text| retry_after(text, theirs)),
        }
    }

    /// How long nothing should be asked from `now` on.
    #[must_use]
    pub fn pause(&self, now: Timestamp) -> Option<Duration> {
        let used_up = self.reset_at.filter(|_| self.remaining == Some(0)).map(|at| at.since(now));
        let pause = self.retry_after.into_iter().chain(used_up).max()?;
        Some(pause.min(LONGEST)).filter(|pause| !pause.is_zero())
    }
}

fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let at = date(text)?;
    Some(at.since(now).min(LONGEST))
}

/// An HTTP date.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(text).ok()?;
    let millis = at.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
    Some(Timestamp::from_millis(i64::try_from(millis).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(headers: &[(&'static str, &str)]) -> RateSeen {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        RateSeen::of(&map, now(), now())
    }

    #[test]
    fn a_clock_that_is_off_makes_no_wait_longer() {
        let mut map = HeaderMap::new();
        map.insert("x-ratelimit-remaining", "0".parse().unwrap());
        map.insert("x-ratelimit-reset", "1795694402".parse().unwrap());
        map.insert("retry-after", "Thu, 26 Nov 2026 12:00:01 GMT".parse().unwrap());
        for ours in [-300_000, 0, 300_000] {
            let ours = Timestamp::from_millis(now().as_millis() + ours);
            let seen = RateSeen::of(&map, now(), ours);
            assert_eq!(seen.pause(ours), Some(Duration::from_secs(2)));
            assert_eq!(seen.retry_after, Some(Duration::from_secs(1)));
        }
    }

    /// 2026-11-26T12:00:00Z.
    fn now() -> Timestamp {
        Timestamp::from_millis(1_795_694_400_000)
    }

    #[test]
    fn both_forms_of_retry_after() {
        let secs = |seconds| Some(Duration::from_secs(seconds));
        for (text, wait) in [
            ("0", secs(0)),
            ("7", secs(7)),
            (" 7 ", secs(7)),
            ("Thu, 26 Nov 2026 12:00:30 GMT", secs(30)),
            ("Thu, 26 Nov 2026 11:00:00 GMT", secs(0)),
            ("99999999999999999", secs(3_600)),
            ("-1", None),
            ("soon", None),
            ("1e9", None),
        ] {
            assert_eq!(seen(&[("retry-after", text)]).retry_after, wait, "{text}");
        }
    }

    #[test]
    fn a_used_up_limit_pauses_until_its_reset() {
        let at = |seconds: i64| (1_795_694_400 + seconds).to_string();
        let pause = |headers: &[(&'static str, &str)]| seen(headers).pause(now());
        let reset = at(20);
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
        assert_eq!(pause(&used_up), Some(Duration::from_secs(20)));
        assert_eq!(pause(&[("x-ratelimit-remaining", "3"), used_up[1]]), None);
        assert_eq!(pause(&[used_up[0], used_up[1], ("retry-after", "40")]), Some(Duration::from_secs(40)));
        assert_eq!(
            pause(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "18446744073709551615")]),
            None
        );
        assert_eq!(pause(&[]), None);
    }
}

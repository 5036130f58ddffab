//! Whether a response describes the app now: a cache, or a page that was rendered at build time, can
//! answer in its place.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::header::{AGE, DATE, HeaderMap, WARNING};
use serde_json::Value;

use crate::facts::{SourceError, SourceErrorKind};
use crate::text;

/// The response headers in which caches report whether they answered themselves.
const CACHE_HEADERS: [&str; 8] = [
    "x-vercel-cache",
    "cf-cache-status",
    "x-nextjs-cache",
    "cache-status", // RFC 9211
    "x-cache",
    "x-cache-status",
    "x-proxy-cache",
    "x-litespeed-cache",
];
/// The words of these headers for a response that the cache itself calls old.
const STALE: [&str; 2] = ["stale", "updating"];
/// The words for a stored response. A page that was rendered at build time is stored as well.
const STORED: [&str; 2] = ["hit", "prerender"];
/// The fields in which reports carry the time of the app.
const CLOCK_FIELDS: [&str; 2] = ["ts", "timestamp"];
/// The greatest offset from UTC: how wrong a time without an offset can be.
const MAX_OFFSET: f64 = 14.0 * 3_600.0;

/// How old a response may be, and the time to compare it with.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// The maximum age of a response.
    pub max_age: Duration,
    /// The time by the clock of this machine.
    pub now: Timestamp,
}

impl Freshness {
    /// Refuses a response that a cache answered, by its headers.
    pub(crate) fn check_headers(&self, headers: &HeaderMap) -> Result<(), SourceError> {
        let age = age(headers);
        if let Some(seconds) = age.filter(|seconds| *seconds > self.max_age.as_secs_f64()) {
            return Err(self.stale(format!("{} old (header Age)", text::age(seconds))));
        }
        let values = CACHE_HEADERS.iter().flat_map(|name| {
            headers.get_all(*name).iter().filter_map(move |v| Some((*name, v.to_str().ok()?)))
        });
        for (name, value) in values {
            if has_word(value, &STALE) {
                return Err(self.stale(format!("marked as old ({name}: {})", shown(value))));
            }
            if has_word(value, &STORED) && age.is_none() {
                return Err(self.stale(format!("of unknown age ({name}: {})", shown(value))));
            }
        }
        match headers.get(WARNING).and_then(|value| value.to_str().ok()) {
            // "Response is Stale" and "Revalidation Failed" of RFC 7234.
            Some(warning) if warning.starts_with("110") || warning.starts_with("111") => {
                Err(self.stale(format!("marked as old (warning: {})", shown(warning))))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a report whose own time is old by the clock of the server that sent it and by ours.
    ///
    /// One clock alone can be wrong. A response without a `Date` is not refused.
    pub(crate) fn check_report(
        &self,
        report: &Value,
        headers: &HeaderMap,
    ) -> Result<(), SourceError> {
        let Some(server_time) = date(headers) else { return Ok(()) };
        for field in CLOCK_FIELDS {
            let Some(time) = report.get(field).and_then(reported_time) else { continue };
            let age_by = |now: Timestamp| now.duration_since(time.at).as_secs_f64() - time.slack;
            let age = age_by(self.now).min(age_by(server_time));
            if age > self.max_age.as_secs_f64() {
                return Err(self.stale(format!("{} old (field {field})", text::age(age))));
            }
        }
        Ok(())
    }

    fn stale(&self, how: String) -> SourceError {
        let message = format!("the answer is not current: {how}");
        SourceError::new(SourceErrorKind::Stale, message).hint(format!(
            "a cache answered instead of the app: exclude this path from caching, or accept older answers with max_answer_age (now {})",
            text::format_duration(self.max_age)
        ))
    }
}

/// Returns the age that caches report, in seconds; the greatest if there are several.
fn age(headers: &HeaderMap) -> Option<f64> {
    let values = headers.get_all(AGE).iter().filter_map(|value| value.to_str().ok());
    let ages = values.flat_map(|value| value.split(',')).filter_map(|value| {
        let digits = value.trim();
        // A number of any length: RFC 9111 asks to treat an overflow as the greatest age.
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse::<u32>().map_or(f64::from(u32::MAX), f64::from))
    });
    ages.reduce(f64::max)
}

/// Returns the time at which the server, or the cache's origin, sent the response.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// A time in a report.
struct ReportedTime {
    at: Timestamp,
    /// By how many seconds it can be later than `at`.
    slack: f64,
}

/// Returns the time of a field: RFC 3339, a time without an offset, an HTTP date, or a number since
/// 1970 in seconds, milliseconds or microseconds. `None` if it is none of these.
fn reported_time(value: &Value) -> Option<ReportedTime> {
    let exact = |at| Some(ReportedTime { at, slack: 0.0 });
    let text = match value {
        Value::Number(number) => return exact(since_epoch(number.as_f64()?)?),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    if let Some(at) = text.parse().ok().or_else(|| http_date(text)) {
        return exact(at);
    }
    if let Ok(number) = text.parse::<f64>() {
        return exact(since_epoch(number)?);
    }
    let at = TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok()?;
    Some(ReportedTime { at, slack: MAX_OFFSET })
}

/// Returns the time of a number since 1970. Before 2001, or after 5138 in its unit, it is not a time.
fn since_epoch(number: f64) -> Option<Timestamp> {
    let seconds = [1.0, 1e3, 1e6].map(|unit| number / unit);
    let seconds = seconds.into_iter().find(|seconds| (1e9..1e11).contains(seconds))?;
    Timestamp::from_millisecond((seconds * 1e3) as i64).ok()
}

/// Whether one of the words is in a header value: `HIT`, `Hit from cloudfront`, `MISS, HIT`,
/// `"Netlify Edge"; hit`.
fn has_word(value: &str, words: &[&str]) -> bool {
    let mut parts = value.split([' ', ',', ';']);
    parts.any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
}

/// Returns a header value, cut to a length that fits a message.
fn shown(value: &str) -> String {
    value.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn freshness() -> Freshness {
        let now = "2026-11-29T12:00:00Z".parse().unwrap();
        Freshness { max_age: Duration::from_secs(60), now }
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        lines.iter().map(header).collect()
    }

    #[test]
    fn cached_responses_are_refused_and_passed_on_ones_accepted() {
        for (lines, refused) in [
            (&[("age", "86400")][..], Some("1d 00h old (header Age)")),
            (&[("age", "61")], Some("header Age")),
            (&[("age", "99999999999999999999999")], Some("header Age")),
            (&[("age", "0, 7200")], Some("header Age")),
            (&[("x-vercel-cache", "STALE"), ("age", "1")], Some("x-vercel-cache: STALE")),
            (&[("x-vercel-cache", "PRERENDER")], Some("of unknown age")),
            (&[("cf-cache-status", "HIT")], Some("of unknown age")),
            (&[("cf-cache-status", "UPDATING"), ("age", "1")], Some("marked as old")),
            (&[("x-nextjs-cache", "hit")], Some("of unknown age")),
            (&[("x-cache", "Hit from cloudfront")], Some("of unknown age")),
            (&[("x-cache", "MISS, HIT")], Some("of unknown age")),
            (&[("cache-status", "\"Netlify Edge\"; hit")], Some("of unknown age")),
            (&[("warning", "110 - \"Response is Stale\"")], Some("marked as old")),
            (&[], None),
            (&[("age", "60")], None),
            (&[("age", "soon")], None),
            (&[("age", "")], None),
            (&[("x-vercel-cache", "HIT"), ("age", "3")], None),
            (&[("x-vercel-cache", "REVALIDATED")], None),
            (&[("cf-cache-status", "DYNAMIC")], None),
            (&[("cf-cache-status", "EXPIRED")], None),
            (&[("x-cache", "RefreshHit from cloudfront")], None),
            (&[("x-cache", "Miss from cloudfront"), ("cache-control", "no-store")], None),
            (&[("cache-status", "Edge; fwd=stale")], None),
        ] {
            let result = freshness().check_headers(&headers(lines)).map_err(|e| e.message);
            match refused {
                Some(part) => assert!(result.clone().unwrap_err().contains(part), "{result:?}"),
                None => assert_eq!(result, Ok(()), "{lines:?}"),
            }
        }
    }

    #[test]
    fn report_is_refused_only_if_old_by_both_clocks() {
        let date = |text: &str| headers(&[("date", text)]);
        let current = date("Sun, 29 Nov 2026 12:00:00 GMT");
        let in_the_past = date("Sun, 29 Nov 2026 09:00:00 GMT");
        for (body, headers, is_refused) in [
            (r#"{"ts":"2020-01-01T00:00:00.000Z"}"#, &current, true),
            (r#"{"timestamp":"2026-11-29T11:58:59Z"}"#, &current, true),
            (r#"{"ts":"2026-11-29T12:58:00+01:00"}"#, &current, true),
            (r#"{"ts":1577836800}"#, &current, true),
            (r#"{"ts":1577836800000}"#, &current, true),
            (r#"{"ts":"1577836800"}"#, &current, true),
            (r#"{"ts":"Wed, 01 Jan 2020 00:00:00 GMT"}"#, &current, true),
            (r#"{"ts":"2020-01-01 00:00:00"}"#, &current, true),
            (r#"{"ts":"2026-11-29T12:00:00Z","timestamp":"2020-01-01T00:00:00Z"}"#, &current, true),
            // The clock of the server differs from ours.
            (r#"{"ts":"2026-11-29T09:00:00Z"}"#, &in_the_past, false),
            (r#"{"ts":"2026-11-29T09:00:00Z"}"#, &HeaderMap::new(), false),
            (r#"{"ts":"2026-11-29T12:00:20Z"}"#, &current, false),
            (r#"{"ts":"2026-11-29T11:59:00Z"}"#, &current, false),
            // A local time without an offset.
            (r#"{"ts":"2026-11-29T04:00:00"}"#, &current, false),
            (r#"{"ts":17}"#, &current, false),
            (r#"{"ts":"soon"}"#, &current, false),
            (r#"{"ts":null}"#, &current, false),
            (r#"{"uptime":"2020-01-01T00:00:00Z"}"#, &current, false),
        ] {
            let report = serde_json::from_str(body).unwrap();
            let result = freshness().check_report(&report, headers);
            assert_eq!(result.is_err(), is_refused, "{body}: {result:?}");
        }
    }
}

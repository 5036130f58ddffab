//! Text helpers: numbers, times, durations and wrapping in one format everywhere.

use jiff::{SignedDuration, Timestamp};

use crate::facts::snapshot::MetricDoc;
use crate::facts::thresholds::ThresholdWithUnit;

pub(crate) mod sparkline;
pub(crate) mod wrap;

/// Formats a count with thousands separators: `1,234,567`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// Joins at most `limit` names and counts the rest: `a, b and 3 more`.
pub(crate) fn some_of<S: AsRef<str>>(names: &[S], limit: usize) -> String {
    let shown = names.iter().take(limit).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Formats an age or duration in seconds with at most two units: `45s`, `3m 20s`, `2h 05m`, `4d
/// 03h`.
///
/// A negative age (clock skew, a time in the future) keeps its sign.
pub(crate) fn age(seconds: f64) -> String {
    if seconds.is_nan() {
        return "?".to_owned();
    }
    if seconds.is_infinite() {
        return if seconds > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    let sign = if seconds <= -1.0 { "-" } else { "" };
    let s = seconds.abs() as u64;
    let (d, h, m) = (s / 86_400, s % 86_400 / 3_600, s % 3_600 / 60);
    match s {
        0..60 => format!("{sign}{s}s"),
        60..3_600 => format!("{sign}{m}m {:02}s", s % 60),
        3_600..86_400 => format!("{sign}{h}h {m:02}m"),
        _ => format!("{sign}{d}d {h:02}h"),
    }
}

/// Formats a configured duration in seconds, without a second unit that is zero: `1m`, `90s` as `1m 30s`, `0.5s`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds.fract() != 0.0 {
        return format!("{seconds}s");
    }
    // Each unit with the length of the second one.
    const UNITS: [(f64, f64, &str); 3] =
        [(86_400.0, 3_600.0, "d"), (3_600.0, 60.0, "h"), (60.0, 1.0, "m")];
    match UNITS.iter().find(|(length, ..)| seconds.abs() >= *length) {
        Some((length, second, unit)) if (seconds % length).abs() < *second => {
            format!("{}{unit}", (seconds / length).trunc())
        }
        _ => age(seconds),
    }
}

/// Formats a threshold: `warning ≥ 1m, critical ≥ 5m`.
pub(crate) fn threshold(threshold: &ThresholdWithUnit) -> String {
    let value = |value: f64| match threshold.unit {
        "s" => duration(value),
        "%" => format!("{value}%"),
        "jobs" => count(value.max(0.0) as u64),
        unit => format!("{value} {unit}"),
    };
    let sides =
        [("warning", threshold.threshold.warning), ("critical", threshold.threshold.critical)];
    let sides = sides.into_iter().filter_map(|(name, side)| Some((name, value(side?))));
    let sides: Vec<_> = sides.map(|(name, side)| format!("{name} ≥ {side}")).collect();
    if sides.is_empty() { "no threshold".to_owned() } else { sides.join(", ") }
}

/// Formats a latency in milliseconds: `0.4 ms`, `12 ms`, `1.2 s`.
pub(crate) fn millis(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{:.1} s", ms / 1_000.0)
    }
}

/// Returns the seconds between two times, negative if `then` is in the future.
pub(crate) fn seconds_since(then: Timestamp, now: Timestamp) -> f64 {
    now.duration_since(then).as_secs_f64()
}

/// Formats a duration in the syntax of the command line: `10m`, `1h 30m`.
pub(crate) fn format_duration(duration: std::time::Duration) -> String {
    SignedDuration::try_from(duration).map_or_else(|_| "∞".to_owned(), |d| format!("{d:#}"))
}

/// Formats a count with its noun: `1 job`, `2 jobs`.
pub(crate) fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// Returns the first line that is not blank, without surrounding white space.
pub(crate) fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
}

/// Returns why a text is not the expected JSON. It does not quote the text: a wrong file may
/// contain secrets.
pub(crate) fn describe_json_error(error: &serde_json::Error) -> String {
    if error.is_data() {
        return format!("line {}: unexpected JSON", error.line().max(1));
    }
    error.to_string()
}

/// Formats a value with its unit: `1,234`, `41m 34s`, `2.5/min`.
pub(crate) fn format_metric(doc: &MetricDoc, value: f64) -> String {
    match doc.unit {
        "seconds" => age(value),
        "jobs/min" => format!("{value:.1}/min"),
        _ => count(value.max(0.0).round() as u64),
    }
}

/// The quote in which a line of SQL ends, if it started in `quote`: of a name (`"`) or a text (`'`).
pub(crate) fn open_quote(line: &str, quote: Option<char>) -> Option<char> {
    let (mut quote, mut before) = (quote, ' ');
    for c in line.chars() {
        match (c, quote) {
            ('-', None) if before == '-' => return None,
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
        before = c;
    }
    quote
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::{METRICS, Metric};

    #[test]
    fn counts_have_thousands_separators() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(12_345_678), "12,345,678");
    }

    #[test]
    fn ages_have_two_units_and_keep_their_sign() {
        assert_eq!(age(0.4), "0s");
        assert_eq!(age(200.0), "3m 20s");
        assert_eq!(age(7_500.0), "2h 05m");
        assert_eq!(age(356_400.0), "4d 03h");
        assert_eq!(age(-90.0), "-1m 30s");
        assert_eq!(age(f64::NAN), "?");
        assert_eq!(age(f64::INFINITY), "∞");
    }

    #[test]
    fn configured_duration_has_no_second_unit_of_zero() {
        for (seconds, expected) in [
            (0.5, "0.5s"),
            (0.0, "0s"),
            (60.0, "1m"),
            (90.0, "1m 30s"),
            (3_601.0, "1h"),
            (5_400.0, "1h 30m"),
            (-3_600.0, "-1h"),
            (86_400.0, "1d"),
            (90_000.0, "1d 01h"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn first_line_skips_blank_lines() {
        assert_eq!(first_line("\n  \n  boom\nat x"), "boom");
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn metric_value_is_formatted_with_its_unit() {
        let text = |metric: Metric, value| format_metric(&METRICS[metric as usize], value);
        assert_eq!(text(Metric::Due, 1_234.4), "1,234");
        assert_eq!(text(Metric::OldestDue, 2_494.0), "41m 34s");
        assert_eq!(text(Metric::Throughput, 2.49), "2.5/min");
        assert_eq!(text(Metric::Workers, -1.0), "0", "no count is below nothing");
    }
}

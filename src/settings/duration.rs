//! Durations in configuration files and flags.

use std::time::Duration;

/// Parses a positive duration with a unit: `10m`, `1h 30m`, `250ms`, `45 seconds`.
///
/// # Errors
/// A text that says what is expected.
pub fn parse(text: &str) -> Result<Duration, String> {
    let expected = "expected a duration with a unit, such as 30s, 10m or 1h30m";
    let signed: jiff::SignedDuration = text.trim().parse().map_err(|_| expected.to_owned())?;
    match Duration::try_from(signed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a duration longer than zero".to_owned()),
    }
}

/// Parses a duration as [`parse`] does, and also days: `30d`.
///
/// # Errors
/// A text that says what is expected.
pub fn parse_long(text: &str) -> Result<Duration, String> {
    let days = text.trim().strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    match days {
        Some(days) if days > 0 => Ok(Duration::from_secs(u64::from(days) * 86_400)),
        _ => parse(text).map_err(|_| {
            "expected a duration with a unit, such as 12h, 30d or 90m, longer than zero".to_owned()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_with_units_are_parsed() {
        assert_eq!(parse("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse(" 250ms "), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn long_durations_accept_days() {
        assert_eq!(parse_long("30d"), Ok(Duration::from_hours(720)));
        assert_eq!(parse_long("90m"), Ok(Duration::from_mins(90)));
        for text in ["0d", "d", "-1d", "a month"] {
            assert!(parse_long(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_without_unit_or_length_are_rejected() {
        for text in ["10", "", "0s", "-5s", "ten", "10 m x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

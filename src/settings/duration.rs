//! Durations as people write them.

use std::time::Duration;

/// Reads `10m`, `1h 30m`, `250ms`, `45 seconds`; a positive time with its unit. Also for flags.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wanted = "expected a time with its unit, such as 30s, 10m or 1h30m";
    let signed: jiff::SignedDuration = text.trim().parse().map_err(|_| wanted.to_owned())?;
    match Duration::try_from(signed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a time longer than zero".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(parse("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse(" 250ms "), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn refuses_what_has_no_unit_or_no_length() {
        for text in ["10", "", "0s", "-5s", "ten", "10 m x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

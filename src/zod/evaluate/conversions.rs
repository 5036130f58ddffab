//! Conversions of JavaScript, as far as schemas of strings need them.

/// JavaScript's `trim`.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn is_space(c: char) -> bool {
    // U+0085 is white space in Unicode but not in JavaScript, U+FEFF in JavaScript but not in Unicode.
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

/// `Number(text)`
pub(crate) fn parse_number(text: &str) -> f64 {
    let text = trim(text);
    if text.is_empty() {
        return 0.0;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        let head = text.get(..2).map(str::to_ascii_lowercase);
        if head.as_deref() == Some(prefix) {
            return integer(&text[2..], radix);
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned == "Infinity" {
        return if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    if is_decimal(unsigned) { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

fn integer(digits: &str, radix: u32) -> f64 {
    let digit = |c: char| c.to_digit(radix).map(f64::from);
    if digits.is_empty() {
        return f64::NAN;
    }
    digits
        .chars()
        .try_fold(0.0, |sum, c| Some(sum * f64::from(radix) + digit(c)?))
        .unwrap_or(f64::NAN)
}

/// `12`, `1.5`, `.5`, `5.`, `1e3`: the syntax that Rust parses too, without `inf` and `nan`.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa && exponent
}

/// The result of `new Date(text)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateParse {
    /// A date in every engine.
    Valid,
    /// Invalid in every engine.
    Invalid,
    /// The result depends on the engine.
    Engine,
}

/// Parses the date format of ECMAScript; any other format depends on the engine.
pub(crate) fn parse_date(text: &str) -> DateParse {
    if trim(text).is_empty() {
        return DateParse::Invalid;
    }
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let parts: Vec<Option<u32>> = day
        .split('-')
        .enumerate()
        .map(|(index, part)| {
            let width = if index == 0 { 4 } else { 2 };
            let digits = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits { part.parse().ok() } else { None }
        })
        .collect();
    let day_valid = match parts[..] {
        [Some(_)] => true,
        [Some(_), Some(month)] => (1..=12).contains(&month),
        // For days 29 to 31 the result may depend on the engine.
        [Some(_), Some(month), Some(day)] => (1..=12).contains(&month) && (1..=28).contains(&day),
        _ => false,
    };
    let time_valid = time.is_none_or(|time| parts.len() == 3 && is_time(time));
    if day_valid && time_valid { DateParse::Valid } else { DateParse::Engine }
}

/// `12:30`, `12:30:05` or `12:30:05.123`, optionally followed by `Z`.
fn is_time(text: &str) -> bool {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let within = |part: &str, below: u32| {
        part.len() == 2 && part.parse().is_ok_and(|value: u32| value < below)
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let clock = match parts[..] {
        [hour, minute] => within(hour, 24) && within(minute, 60) && fraction.is_none(),
        [hour, minute, second] => within(hour, 24) && within(minute, 60) && within(second, 60),
        _ => false,
    };
    clock
        && fraction.is_none_or(|digits| {
            digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parsed_as_in_javascript() {
        for (text, value) in [
            ("", 0.0),
            (" \n", 0.0),
            (" 12 ", 12.0),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-0x10", f64::NAN),
            ("0x10", 16.0),
            ("0b101", 5.0),
            ("0O17", 15.0),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            let read = parse_number(text);
            assert!(read == value || (read.is_nan() && value.is_nan()), "{text:?} gave {read}");
        }
        for text in ["inf", "nan", "infinity", "1_000", "1,5", "12px", "0x", ".", "e5", "1e", "--1"]
        {
            assert!(parse_number(text).is_nan(), "{text:?}");
        }
    }

    #[test]
    fn non_iso_dates_are_deferred_to_the_javascript_engine() {
        for text in ["2024", "2024-05", "2024-05-06", "2024-05-06T07:08:09.123Z"] {
            assert_eq!(parse_date(text), DateParse::Valid, "{text}");
        }
        for text in ["May 5", "2024-02-30", "1", "2024-05-06 07:08", "tomorrow"] {
            assert_eq!(parse_date(text), DateParse::Engine, "{text}");
        }
        assert_eq!(parse_date("  "), DateParse::Invalid);
    }
}

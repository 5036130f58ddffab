//! Checks of strings: length, pattern, format and URL.

use url::Url;

use super::Zod;
use super::conversions::trim;
use super::formats::matches_format;
use super::regex::matches;
use super::value_result::ValueResult;
use crate::zod::model::{Pattern, StringCheck, UrlOptions};

/// The protocol pattern of zod 4's `httpUrl`, which also requires the slashes that `new URL` adds.
const HTTP: &str = "^https?$";

/// Applies a check to the text, or changes it.
pub(super) fn string_check(
    check: &StringCheck,
    text: &mut String,
    zod: Zod,
    outcome: &mut ValueResult,
) {
    match check {
        StringCheck::Min(least) => {
            check_length(
                text,
                zod,
                outcome,
                |n| n >= *least,
                &format!("at least {}", characters(*least)),
            );
        }
        StringCheck::Max(most) => {
            check_length(
                text,
                zod,
                outcome,
                |n| n <= *most,
                &format!("at most {}", characters(*most)),
            );
        }
        StringCheck::Length(exact) => {
            check_length(
                text,
                zod,
                outcome,
                |n| n == *exact,
                &format!("exactly {}", characters(*exact)),
            );
        }
        StringCheck::Url(options) => url(options, text, zod, outcome),
        StringCheck::Format(format) => {
            outcome.require(
                matches_format(format, text, zod),
                &format!("must be of the format {format}"),
            );
        }
        StringCheck::Regex(pattern) => {
            outcome.require(matches(pattern, text), &format!("must match {pattern}"));
        }
        StringCheck::StartsWith(prefix) => {
            let message = format!("must start with {prefix:?}");
            outcome.require(Some(text.starts_with(prefix.as_str())), &message);
        }
        StringCheck::EndsWith(suffix) => {
            let message = format!("must end with {suffix:?}");
            outcome.require(Some(text.ends_with(suffix.as_str())), &message);
        }
        StringCheck::Includes(part) => {
            let message = format!("must contain {part:?}");
            outcome.require(Some(text.contains(part.as_str())), &message);
        }
        StringCheck::Lowercase => {
            let none = !text.bytes().any(|byte| byte.is_ascii_uppercase());
            outcome.require(Some(none), "must have no upper-case letter");
        }
        StringCheck::Uppercase => {
            let none = !text.bytes().any(|byte| byte.is_ascii_lowercase());
            outcome.require(Some(none), "must have no lower-case letter");
        }
        StringCheck::Trim => *text = trim(text).to_owned(),
        StringCheck::ToLowerCase => *text = text.to_lowercase(),
        StringCheck::ToUpperCase => *text = text.to_uppercase(),
        StringCheck::Unresolved(what) => outcome.unknown.push(what.to_string()),
    }
}

/// `1 character`, `20 characters`
fn characters(count: f64) -> String {
    if count == 1.0 { "1 character".to_owned() } else { format!("{count} characters") }
}

/// Checks the length: zod 3 and older releases of zod 4 count UTF-16 units, newer ones code points.
fn check_length(
    text: &str,
    zod: Zod,
    outcome: &mut ValueResult,
    fits: impl Fn(f64) -> bool,
    expected: &str,
) {
    let units = text.encode_utf16().count();
    let points = text.chars().count();
    // The length of a value is below 2⁵³, so the conversion is exact.
    let by_units = fits(units as f64);
    let agreed = zod == Zod::Three || by_units == fits(points as f64);
    let message = format!("must have {expected}, has {units}");
    outcome.require(agreed.then_some(by_units), &message);
}

fn url(options: &UrlOptions, text: &mut String, zod: Zod, outcome: &mut ValueResult) {
    let candidate = if zod == Zod::Four { trim(text).to_owned() } else { text.clone() };
    let Ok(parsed) = Url::parse(&candidate) else {
        // The result for non-ASCII host names depends on the Unicode version of the engine.
        let ascii = candidate.is_ascii() && !candidate.to_ascii_lowercase().contains("xn--");
        return outcome.require(ascii.then_some(false), "must be a URL");
    };
    if zod == Zod::Three {
        return;
    }
    let http = options.protocol.as_ref().is_some_and(|pattern| pattern.source == HTTP);
    let head = candidate.get(..8).unwrap_or(&candidate).to_ascii_lowercase();
    let slashes = head.starts_with("http://") || head.starts_with("https://");
    if http && !options.normalize && !slashes && matches!(parsed.scheme(), "http" | "https") {
        // In older releases of zod 4, `new URL` adds the slashes.
        return outcome.require(None, "must be a URL that begins with http:// or https://");
    }
    let parts: [(&Option<Pattern>, &str, &str); 2] = [
        (&options.hostname, parsed.host_str().unwrap_or(""), "host"),
        (&options.protocol, parsed.scheme(), "scheme"),
    ];
    for (pattern, part, name) in parts {
        if let Some(pattern) = pattern {
            let message = format!("must be a URL whose {name} matches {pattern}");
            outcome.require(matches(pattern, part), &message);
        }
    }
    *text = if options.normalize { parsed.to_string() } else { candidate };
}

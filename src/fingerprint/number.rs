//! Which numbers are the cause itself: HTTP statuses, SQLSTATEs, exit codes, signals, errno.

use super::code::{self, CodeRank};
use super::json::is_sqlstate;
use super::lexicon::{CODES, REASONS, REPLIES};

/// Where a number stands.
pub(crate) struct Place<'a> {
    /// The word before.
    pub(crate) prev: &'a str,
    /// All text before, and after.
    pub(crate) before: &'a str,
    pub(crate) after: &'a str,
}

/// The code that `number` is in this place; None for counts, ids and sizes.
pub(crate) fn code(number: &str, place: &Place) -> Option<(CodeRank, String)> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    if place.prev.eq_ignore_ascii_case("sqlstate") && digits.len() == 5 {
        return Some((CodeRank::SqlState, format!("SQLSTATE {digits}")));
    }
    let named = CODES.iter().any(|word| place.prev.eq_ignore_ascii_case(word));
    if named && is_sqlstate(number) && !recently(place, "exit") {
        return Some((CodeRank::SqlState, format!("SQLSTATE {number}")));
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    process_code(number, digits, place, named)
        .or_else(|| {
            is_http(digits, place, named).then(|| (CodeRank::Http, format!("HTTP {digits}")))
        })
        .or_else(|| grpc(digits, place))
        .or_else(|| {
            (named && digits.len() <= 5).then(|| (CodeRank::Exit, format!("code {number}")))
        })
}

/// Exit codes, signals and operating-system errors.
fn process_code(
    number: &str,
    digits: &str,
    place: &Place,
    named: bool,
) -> Option<(CodeRank, String)> {
    if place.prev.eq_ignore_ascii_case("errno")
        || (place.prev == "error" && recently(place, "os error"))
    {
        return (digits.len() <= 3).then(|| (CodeRank::Symbol, format!("errno {number}")));
    }
    if place.prev.eq_ignore_ascii_case("signal") {
        return (digits.len() <= 2).then(|| (CodeRank::Exit, format!("signal {number}")));
    }
    let with_exit =
        (named || ["with", "exited", "status"].contains(&place.prev)) && recently(place, "exit");
    let error_number = place.prev == "number" && recently(place, "error number");
    ((with_exit && (digits.len() <= 3 || number.len() >= 9)) || error_number)
        .then(|| (CodeRank::Exit, format!("exit {number}")))
}

fn is_http(digits: &str, place: &Place, named: bool) -> bool {
    if digits.len() != 3 || !("100".."600").contains(&digits) {
        return false;
    }
    let http =
        place.prev.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"http"));
    let error = digits >= "300";
    let reason = place.after.trim_start_matches([' ', ':', ')', '-', ']', '"', '\'']);
    let reason = reason.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let has_reason = REASONS.contains(&reason);
    let ends = !place
        .after
        .trim_start()
        .starts_with(|c: char| c.is_alphanumeric() || c == '%' || c == '/');
    // Some clients begin with the status, some error pages put it behind a bar.
    let opens = place.before.trim().is_empty() || place.before.ends_with("| ");
    let sentence = opens
        && place
            .after
            .strip_prefix(' ')
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_uppercase()));
    let reply = REPLIES.iter().any(|word| place.prev.eq_ignore_ascii_case(word));
    http || (named && !recently(place, "exit"))
        || (error
            && (has_reason || sentence || (ends && (reply || opens || recently(place, "http")))))
}

/// `14 UNAVAILABLE: …`
fn grpc(digits: &str, place: &Place) -> Option<(CodeRank, String)> {
    let after = place.after.strip_prefix(' ')?;
    let len = after.find(|c: char| !c.is_ascii_uppercase() && c != '_')?;
    let word = after.get(..len).filter(|_| after.as_bytes().get(len) == Some(&b':'))?;
    (digits.len() <= 2 && code::is_grpc(word)).then(|| (CodeRank::Symbol, word.to_owned()))
}

/// Whether `what` (lower case) stands among the last bytes before the number.
fn recently(place: &Place, what: &str) -> bool {
    let before = place.before.as_bytes();
    let window = before.get(before.len().saturating_sub(24)..).unwrap_or_default();
    window.windows(what.len()).any(|bytes| bytes.eq_ignore_ascii_case(what.as_bytes()))
}

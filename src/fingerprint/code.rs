//! Error codes: which words and numbers are codes, and which of several codes takes precedence.
//!
//! A code identifies the cause, so it stays in the template: HTTP statuses, SQLSTATEs, exit codes, signals, errno
//! values, symbols such as `ECONNREFUSED`, and exception classes.

use super::lexicon::{self, HTTP_REASONS, HTTP_STATUS_LABELS, is_sqlstate};
use super::number_context::NumberContext;
use super::shapes::is_camel_case;
use super::vendor;

/// The kind of a code. If an error contains several codes, the lowest rank takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CodeRank {
    /// The code field of a structured error.
    Structured,
    /// A symbol that is only used as a code: `ECONNREFUSED`, `PGRST116`, `UNAVAILABLE`.
    Symbol,
    SqlState,
    Http,
    /// An exit code or a signal.
    Exit,
    /// An exception class: `TypeError`.
    Class,
}

/// The kind of code that a word without digits is. `next` is the byte after it; `labeled` means that the word before
/// it introduces a code.
pub(crate) fn of_word(word: &str, next: Option<u8>, labeled: bool) -> Option<CodeRank> {
    if word.len() < 3 || !word.bytes().any(|b| b.is_ascii_uppercase()) {
        let symbol =
            labeled && word.contains('_') && word.starts_with(|c: char| c.is_ascii_alphabetic());
        return symbol.then_some(CodeRank::Symbol);
    }
    if word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return of_capitals(word, next, labeled);
    }
    let ends_a_name = matches!(next, None | Some(b':' | b'(' | b' ' | b'[' | b'.' | b'\n'));
    if ends_a_name && lexicon::is_class(word) {
        return Some(CodeRank::Class);
    }
    let is_label = next == Some(b':') && lexicon::ends_with(word, "code");
    (labeled && is_camel_case(word) && !is_label).then_some(CodeRank::Symbol)
}

fn of_capitals(word: &str, next: Option<u8>, labeled: bool) -> Option<CodeRank> {
    if word.starts_with("SIG") && (6..=8).contains(&word.len()) {
        return Some(CodeRank::Exit);
    }
    let grpc = next == Some(b':') && lexicon::is_grpc_status(word);
    // Environment variables have the same form; only a code has a label before it or its meaning after a colon.
    let explained =
        labeled || next == Some(b':') || word.starts_with("ERR_") || word.starts_with("UND_ERR_");
    let symbol = explained && word.len() >= 8 && word.trim_matches('_').contains('_');
    (grpc || symbol || lexicon::is_errno(word)).then_some(CodeRank::Symbol)
}

/// Whether a token with digits is a symbol that a label introduces: `code E404`, `code: 'P2002'`.
pub(crate) fn is_labeled_symbol(token: &str, context: &NumberContext) -> bool {
    let letters = token.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = token.len() - letters.len();
    let name = letters.strip_suffix(['-', '_']).unwrap_or(letters);
    context.is_labeled()
        && (2..=6).contains(&digits)
        && (1..=8).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether a token with digits is a code by its position: `error E1001`, and `C0001: …`, `[E1001] …` and `VIDEO_4001`
/// at the start of the text. Names of objects are rather followed by a sentence, or have other numbers of digits.
pub(crate) fn is_placed_symbol(token: &str, context: &NumberContext) -> bool {
    let letters = token.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = token.get(letters.len()..).unwrap_or_default();
    let name = letters.strip_suffix(['-', '_']).unwrap_or(letters);
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    if !is_name {
        return false;
    }
    let after_error = context.before.ends_with("error ") || context.before.ends_with("Error ");
    if after_error && (1..=3).contains(&letters.len()) && (3..=5).contains(&digits.len()) {
        return true;
    }
    let in_brackets = context.before == "[" && context.after.starts_with(']');
    let opens = context.before.is_empty()
        && (context.after.trim().is_empty() || context.after.starts_with(':'));
    if !in_brackets && !opens {
        return false;
    }
    match letters.as_bytes() {
        // Jobs, workers, videos, users and nodes have such names.
        [letter] => digits.len() == 4 && !b"JWVUN".contains(letter),
        [.., b'_'] => name.len() >= 2 && digits.len() == 4,
        [.., b'-'] => {
            name.len() >= 2 && !lexicon::is_entity(name) && lexicon::is_failed_status(digits)
        }
        _ => false,
    }
}

/// The status that is joined to its label: `HTTP401`.
pub(crate) fn joined_status(token: &str) -> Option<&str> {
    let digits = token.get(4..).filter(|digits| lexicon::is_failed_status(digits))?;
    lexicon::starts_with(token, "http").then_some(digits)
}

/// The code that `number` is in its context; None for counts, ids and sizes.
pub(crate) fn of_number(number: &str, context: &NumberContext) -> Option<(CodeRank, String)> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if vendor::is_hresult(number) {
        return Some((CodeRank::Symbol, number.to_owned()));
    }
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    if context.follows("sqlstate") && digits.len() == 5 {
        return Some((CodeRank::SqlState, format!("SQLSTATE {digits}")));
    }
    let labeled = context.is_labeled();
    let of_system = ["exit", "exited", "errno"].iter().any(|word| context.is_near(word));
    if labeled && is_sqlstate(number) && !of_system {
        return Some((CodeRank::SqlState, format!("SQLSTATE {number}")));
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(code) = of_process(number, digits, context, labeled) {
        return Some(code);
    }
    if vendor::is_broker_reply(digits, context.after) {
        return Some((CodeRank::Symbol, format!("code {number}")));
    }
    if is_http_status(digits, context, labeled) {
        return Some((CodeRank::Http, format!("HTTP {digits}")));
    }
    if let Some(status) = grpc_status_after(digits, context) {
        return Some((CodeRank::Symbol, status.to_owned()));
    }
    if vendor::is_vendor_code(digits, context) {
        return Some((CodeRank::Exit, format!("error {number}")));
    }
    (labeled && digits.len() <= 6).then(|| (CodeRank::Exit, format!("code {number}")))
}

/// An exit code, a signal or an error number of the operating system.
fn of_process(
    number: &str,
    digits: &str,
    context: &NumberContext,
    labeled: bool,
) -> Option<(CodeRank, String)> {
    let previous = context.previous_word;
    let os_error = previous == "error" && context.before.ends_with("os error ");
    if context.follows("errno") || context.follows("winerror") || os_error {
        return (digits.len() <= 5).then(|| (CodeRank::Symbol, format!("errno {number}")));
    }
    // The first part of a pair, in which clients of MySQL print errors: (2013, 'Lost connection').
    let opens_pair =
        context.before == "(" || [": (", ") ("].iter().any(|end| context.before.ends_with(end));
    let explained = [", '", ", \""].iter().any(|start| context.after.starts_with(start));
    if opens_pair && explained && digits.len() <= 5 {
        return Some((CodeRank::Exit, format!("error {number}")));
    }
    // Python's exceptions of the operating system: ConnectionResetError(104, 'Connection reset by peer').
    let is_argument = context.before.ends_with("Error(") && context.after.starts_with(", ");
    if is_argument && (2..=3).contains(&digits.len()) {
        return Some((CodeRank::Symbol, format!("errno {number}")));
    }
    if context.follows("signal") {
        return (digits.len() <= 2).then(|| (CodeRank::Exit, format!("signal {number}")));
    }
    let exit = context.is_near("exit") || context.is_near("exited") || context.is_near("exitcode");
    let after_exit = exit && (labeled || ["with", "exited", "status"].contains(&previous));
    // Long exit codes are 32-bit status values, as on Windows; four to eight digits are an id or a count.
    let exit_code = after_exit && (digits.len() <= 3 || number.len() >= 9);
    let error_number = previous == "number" && context.is_near("error");
    (exit_code || error_number).then(|| (CodeRank::Exit, format!("exit {number}")))
}

fn is_http_status(digits: &str, context: &NumberContext, labeled: bool) -> bool {
    if digits.len() != 3 || !("100".."600").contains(&digits) {
        return false;
    }
    let exit = context.is_near("exit") || context.is_near("exited");
    // A code below 300 that is not called a status is not one: services have numbers of their own.
    let is_status = digits >= "300" || !context.follows("code") || context.is_near("status");
    if labeled && !exit && is_status {
        return true;
    }
    // `HTTP 429`, `HTTP/1.1 503` and `http2: 404`, but not `http worker took 512`.
    if lexicon::starts_with(context.previous_word, "http") && !context.previous_word.contains('-') {
        return true;
    }
    // Without a label, a number below 300 is more often a count or a size.
    if digits < "300" {
        return false;
    }
    if lexicon::is_failed_status(digits) && !exit && ends_a_request(context) {
        return true;
    }
    let after = context.after;
    let reason = after.trim_start_matches([' ', ':', '(', ')', '-', ']', '"', '\'']);
    let reason = reason.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    // Some clients put the status first, some error pages after a bar.
    let first =
        context.before.trim_matches([' ', '[', '(']).is_empty() || context.before.ends_with("| ");
    // The class of an error before its status: `NotFoundError: 404 No such model`.
    let class = context.before.strip_suffix(": ").unwrap_or_default();
    let after_class = class.starts_with(char::is_alphabetic) && !class.contains(' ');
    let starts_a_sentence = (first
        || (after_class && (("400".."512").contains(&digits) || ("520".."530").contains(&digits))))
        && after
            .strip_prefix(' ')
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_uppercase()));
    if HTTP_REASONS.contains(&reason) || starts_a_sentence {
        return true;
    }
    if digits < "400" {
        return false;
    }
    let counted = [" error response", " response"].iter().any(|noun| after.starts_with(noun));
    let ends_a_phrase = !after
        .trim_start()
        .starts_with(|c: char| c.is_alphanumeric() || c == '%' || c == '/')
        || [" after ", " for ", " from ", " when ", " on "].iter().any(|s| after.starts_with(s));
    let label = context.label();
    let after_label = || HTTP_STATUS_LABELS.iter().any(|word| label.eq_ignore_ascii_case(word));
    let stated = context.is_parenthesized() || context.ends_the_text();
    counted
        || (ends_a_phrase && (first || after_label()))
        || (stated && context.states_failure() && !exit)
}

/// Whether a failed status ends a text that is about a request: `PUT https://a/b 401`, `[GET] "url": 404`, `-> 401`,
/// `expected status 200 but was 401`, `TikTok 401`.
fn ends_a_request(context: &NumberContext) -> bool {
    let after = context.after.trim_matches([' ', '-', '.', '"', '\n', '>', ')']);
    if after == "error" && context.before.is_empty() {
        return true;
    }
    // The class of an error, its status and the answer: `StatusCodeError: 401 - {…}`.
    if context.before.ends_with("StatusCodeError: ") {
        return true;
    }
    let is_brand = context.before.trim_end() == context.previous_word
        && is_camel_case(context.previous_word)
        && !lexicon::is_entity(context.previous_word);
    if !after.is_empty() {
        return is_brand && after.starts_with(':');
    }
    let before = context.near();
    let subject = before.trim_end_matches([' ', ':', '=', '-', '>', '<', '"', '\'', ')', ']']);
    let is_apart = subject.len() < before.len();
    let last = subject.rsplit([' ', '"', '\'', '(', '<', '[']).next().unwrap_or_default();
    let has_method = || {
        before.split(|c: char| !c.is_ascii_alphabetic()).any(|word| METHODS.contains(&word))
            && last.contains('/')
    };
    let is_error_number = context.before.ends_with("Error <");
    let is_mismatch = || {
        let verbs = ["was ", "got ", "is ", "received ", "returned ", ": "];
        let expects = ["status", "Status", "non-2", "expected 2"];
        verbs.iter().any(|verb| before.ends_with(verb))
            && expects.iter().any(|word| before.contains(word))
    };
    is_apart
        && (is_brand
            || before.ends_with("-> ")
            || before.ends_with("=> ")
            || is_error_number
            || last.contains("://")
            || has_method()
            || is_mismatch())
}

/// The methods of HTTP that requests of jobs use.
const METHODS: [&str; 6] = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"];

/// The status that follows its number, as in `14 UNAVAILABLE: …`.
fn grpc_status_after<'a>(digits: &str, context: &NumberContext<'a>) -> Option<&'a str> {
    let after = context.after.strip_prefix(' ')?;
    let len = after.find(|c: char| !c.is_ascii_uppercase() && c != '_')?;
    let word = after.get(..len).filter(|_| after.as_bytes().get(len) == Some(&b':'))?;
    (digits.len() <= 2 && lexicon::is_grpc_status(word)).then_some(word)
}

//! Error codes: which words and numbers are codes, and which of several codes takes precedence.
//!
//! A code identifies the cause, so it stays in the template: HTTP statuses, SQLSTATEs, exit codes, signals, errno
//! values, symbols such as `ECONNREFUSED`, and exception classes.

use super::lexicon::{
    self, CODE_LABELS, HTTP_REASONS, HTTP_STATUS_LABELS, is_camel_case, is_sqlstate,
};

/// How many bytes before a number can show what the number means.
const NEARBY_BYTES: usize = 24;

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
    (labeled && is_camel_case(word)).then_some(CodeRank::Symbol)
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

/// The text around a number.
pub(crate) struct NumberContext<'a> {
    pub(crate) previous_word: &'a str,
    /// All text before the number.
    pub(crate) before: &'a str,
    /// All text after the number.
    pub(crate) after: &'a str,
}

impl NumberContext<'_> {
    fn follows(&self, word: &str) -> bool {
        self.previous_word.eq_ignore_ascii_case(word)
    }

    /// Whether `text` occurs shortly before the number, ignoring case.
    fn nearby(&self, text: &str) -> bool {
        let before = self.before.as_bytes();
        let window = before.get(before.len().saturating_sub(NEARBY_BYTES)..).unwrap_or_default();
        window.windows(text.len()).any(|bytes| bytes.eq_ignore_ascii_case(text.as_bytes()))
    }
}

/// The code that `number` is in its context; None for counts, ids and sizes.
pub(crate) fn of_number(number: &str, context: &NumberContext) -> Option<(CodeRank, String)> {
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    if context.follows("sqlstate") && digits.len() == 5 {
        return Some((CodeRank::SqlState, format!("SQLSTATE {digits}")));
    }
    let labeled = CODE_LABELS.iter().any(|label| context.follows(label));
    if labeled && is_sqlstate(number) && !context.nearby("exit") {
        return Some((CodeRank::SqlState, format!("SQLSTATE {number}")));
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(code) = of_process(number, digits, context, labeled) {
        return Some(code);
    }
    if is_http_status(digits, context, labeled) {
        return Some((CodeRank::Http, format!("HTTP {digits}")));
    }
    if let Some(status) = grpc_status_after(digits, context) {
        return Some((CodeRank::Symbol, status.to_owned()));
    }
    (labeled && digits.len() <= 5).then(|| (CodeRank::Exit, format!("code {number}")))
}

/// An exit code, a signal or an error number of the operating system.
fn of_process(
    number: &str,
    digits: &str,
    context: &NumberContext,
    labeled: bool,
) -> Option<(CodeRank, String)> {
    let previous = context.previous_word;
    if context.follows("errno") || (previous == "error" && context.nearby("os error")) {
        return (digits.len() <= 3).then(|| (CodeRank::Symbol, format!("errno {number}")));
    }
    if context.follows("signal") {
        return (digits.len() <= 2).then(|| (CodeRank::Exit, format!("signal {number}")));
    }
    let after_exit =
        (labeled || ["with", "exited", "status"].contains(&previous)) && context.nearby("exit");
    // Long exit codes are 32-bit status values, as on Windows; four to eight digits are an id or a count.
    let exit_code = after_exit && (digits.len() <= 3 || number.len() >= 9);
    let error_number = previous == "number" && context.nearby("error number");
    (exit_code || error_number).then(|| (CodeRank::Exit, format!("exit {number}")))
}

fn is_http_status(digits: &str, context: &NumberContext, labeled: bool) -> bool {
    if digits.len() != 3 || !("100".."600").contains(&digits) {
        return false;
    }
    if lexicon::starts_with(context.previous_word, "http") || (labeled && !context.nearby("exit")) {
        return true;
    }
    // Without a label, a number below 300 is more often a count or a size.
    if digits < "300" {
        return false;
    }
    let after = context.after;
    let reason = after.trim_start_matches([' ', ':', ')', '-', ']', '"', '\'']);
    let reason = reason.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    // Some clients put the status first, some error pages after a bar.
    let first = context.before.trim().is_empty() || context.before.ends_with("| ");
    let starts_a_sentence = first
        && after
            .strip_prefix(' ')
            .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_uppercase()));
    if HTTP_REASONS.contains(&reason) || starts_a_sentence {
        return true;
    }
    let ends_a_phrase =
        !after.trim_start().starts_with(|c: char| c.is_alphanumeric() || c == '%' || c == '/');
    let after_label = || HTTP_STATUS_LABELS.iter().any(|label| context.follows(label));
    ends_a_phrase && (first || after_label() || context.nearby("http"))
}

/// The status that follows its number, as in `14 UNAVAILABLE: …`.
fn grpc_status_after<'a>(digits: &str, context: &NumberContext<'a>) -> Option<&'a str> {
    let after = context.after.strip_prefix(' ')?;
    let len = after.find(|c: char| !c.is_ascii_uppercase() && c != '_')?;
    let word = after.get(..len).filter(|_| after.as_bytes().get(len) == Some(&b':'))?;
    (digits.len() <= 2 && lexicon::is_grpc_status(word)).then_some(word)
}

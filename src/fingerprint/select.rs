//! Selection: which text of an error describes its cause.
//!
//! 1. [`select`] picks the line by the structure of the text: the exception below the frames of a Python traceback,
//!    the error line in the output of a command-line tool, else the first line that is not a log preamble. `below`
//!    finds what that line leaves to the lines under it: the deepest cause of a chain, or the reason of a headline.
//! 2. [`embedded`] finds JSON, HTML or XML in that line, also in the middle of a sentence; `structured` reads it.
//!
//! Only the first and last kilobytes of an error are read, so that the work does not grow with its size.

use super::below;
use super::excerpt::{head, strip_label, tail};
use super::lexicon::starts_with;
use super::tool_output;

/// Maximum number of lines that Node prints before the line of carets.
const CARET_LINES: usize = 8;

/// The texts that describe the cause, borrowed from the error.
pub(crate) struct CauseText<'a> {
    pub(crate) line: &'a str,
    /// The text from the start of `line` to the end of the error, because embedded JSON can span several lines.
    pub(crate) body: &'a str,
    /// The error that `line` wraps, or the reason below it.
    pub(crate) wrapped: Option<&'a str>,
    /// A line that is not part of the template but can contain a code ("ffmpeg exited with code 1").
    pub(crate) code_line: Option<&'a str>,
}

/// Picks the texts that describe the cause.
pub(crate) fn select(text: &str) -> CauseText<'_> {
    let head = head(text).trim();
    let Some((first, below)) = head.split_once('\n') else {
        return of_body(head);
    };
    if let Some(body) = below::exception_of_traceback(text) {
        let cause = of_body(body);
        let root = || below::root_of_traceback(text).filter(|root| !repeats(cause.line, root));
        let wrapped = cause.wrapped.or_else(root);
        return CauseText { wrapped, ..cause };
    }
    let first = first.trim();
    if tool_output::is_tool_output(first, below) || tool_output::starts_with_progress(first, below)
    {
        let code_line = (!tool_output::is_banner(first)).then_some(first);
        if let Some(line) = tool_output::error_line(head, tail(text)) {
            return CauseText { code_line, ..of_body(line) };
        }
    }
    of_body(after_carets(head).or_else(|| after_warnings(first, head)).unwrap_or(head))
}

/// The first line of `body`, and what the lines below it add.
fn of_body(body: &str) -> CauseText<'_> {
    let body = strip_label(body);
    let line = body.lines().next().unwrap_or(body).trim_end();
    let line = line.strip_suffix("] {").unwrap_or(line);
    let under = body.get(line.len()..).unwrap_or_default();
    let two = below::inline_chain(line).or_else(|| statement_and_message(line));
    if let Some((line, wrapped)) = two {
        return CauseText { wrapped: Some(wrapped), ..of_line(line) };
    }
    if under.is_empty() {
        return CauseText { line, body, wrapped: None, code_line: None };
    }
    if let Some(line) = below::headless_message(line, under) {
        return CauseText { wrapped: Some(line.message), ..of_line(line.class) };
    }
    let wrapped = below::deepest_cause(under).or_else(|| below::reason(line, under));
    let wrapped = wrapped.map(strip_label).filter(|error| !line.contains(error));
    CauseText { line, body, wrapped, code_line: None }
}

/// Whether `line` contains the message of `cause`, apart from its class.
fn repeats(line: &str, cause: &str) -> bool {
    let message = cause.split_once(": ").map_or(cause, |(_, message)| message);
    line.contains(message)
}

fn of_line(line: &str) -> CauseText<'_> {
    CauseText { line, body: line, wrapped: None, code_line: None }
}

/// The start of an SQL statement, with the table, and the message after it: query builders put the statement that
/// failed before the message, as in `update "jobs" set … - deadlock detected`.
fn statement_and_message(line: &str) -> Option<(&str, &str)> {
    const VERBS: [&str; 5] = ["insert into ", "update ", "select ", "delete from ", "with "];
    let verb = VERBS.iter().find(|verb| starts_with(line, verb))?;
    let (statement, message) = line.rsplit_once(" - ")?;
    let message = strip_label(message);
    let table = statement.get(verb.len()..)?;
    let end = table.find([' ', '(']).map_or(statement.len(), |len| verb.len() + len);
    message.contains(' ').then_some((statement.get(..end)?, message))
}

/// The text after a line of carets: Node prints an uncaught error below the source line and the carets.
fn after_carets(head: &str) -> Option<&str> {
    let mut rest = head;
    for _ in 0..CARET_LINES {
        let (line, below) = rest.split_once('\n')?;
        rest = below.trim_start();
        let line = line.trim();
        if !line.is_empty() && line.bytes().all(|b| b == b'^') {
            return (!rest.is_empty()).then_some(rest);
        }
    }
    None
}

/// The first line that starts with `ERROR`, if the text starts with warnings.
fn after_warnings<'a>(first: &str, head: &'a str) -> Option<&'a str> {
    if !first.starts_with("WARNING:") {
        return None;
    }
    head.find("\nERROR").and_then(|at| head.get(at + 1..))
}

/// The format of a text that is embedded in a line.
#[derive(Clone, Copy)]
pub(crate) enum EmbeddedFormat {
    Json,
    /// A dictionary as Python prints it.
    Python,
    Markup,
}

/// Where JSON or markup starts in `line`. It can extend below the line, to the end of `body`.
pub(crate) fn embedded(line: &str, body: &str) -> Option<(usize, EmbeddedFormat)> {
    if line.starts_with('"') && body.trim_end().ends_with('"') {
        return Some((0, EmbeddedFormat::Json));
    }
    if line.starts_with("[\"") && body.trim_end().ends_with("\"]") {
        return Some((0, EmbeddedFormat::Json));
    }
    let mut from = 0;
    let opens = |b: &u8| matches!(b, b'{' | b'[' | b'<');
    while let Some(found) = line.as_bytes().get(from..)?.iter().position(opens) {
        let at = from + found;
        let rest = body.get(at..)?;
        let next = rest.as_bytes().iter().skip(1).take(16).find(|b| !b.is_ascii_whitespace());
        match (rest.as_bytes().first(), next) {
            (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{')) => {
                return Some((at, EmbeddedFormat::Json));
            }
            (Some(b'{'), Some(b'\'')) => return Some((at, EmbeddedFormat::Python)),
            (Some(b'<'), _) if is_markup(rest) => return Some((at, EmbeddedFormat::Markup)),
            _ => from = at + 1,
        }
    }
    None
}

fn is_markup(text: &str) -> bool {
    ["<!doctype", "<html", "<?xml", "<error>"].iter().any(|start| starts_with(text, start))
}

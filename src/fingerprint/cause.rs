//! Which line of an error carries the cause?

use super::markup::starts_with_ignoring_case;

/// Only this much of an error is read from its start …
const HEAD_BYTES: usize = 8 * 1024;
/// … and this much from its end, where command-line tools say what went wrong.
const TAIL_BYTES: usize = 4 * 1024;
/// A line that explains a crash follows its caret line within this many lines.
const CARET_LINES: usize = 8;

/// The lines that matter, borrowed from the error.
pub(crate) struct Cause<'a> {
    pub(crate) line: &'a str,
    /// The text from the start of `line` on.
    pub(crate) body: &'a str,
    /// The error that `line` wraps.
    pub(crate) deeper: Option<&'a str>,
    /// A line left out of the template that may still name a code ("ffmpeg exited with code 1").
    pub(crate) outer: Option<&'a str>,
}

/// What is embedded in a line.
#[derive(Clone, Copy)]
pub(crate) enum Embedded {
    Json,
    Markup,
}

/// Picks the line that carries the cause.
pub(crate) fn select(text: &str) -> Cause<'_> {
    let head = clip(text).trim();
    let Some((first, below)) = head.split_once('\n') else {
        return plain(strip_label(head), strip_label(head));
    };
    let first = first.trim();
    if is_tool_output(first, below) {
        let outer = (!is_banner(first)).then_some(first);
        return match last_meaningful(tail(text)) {
            Some(line) => Cause { outer, ..plain(strip_label(line), strip_label(line)) },
            None => plain(first, head),
        };
    }
    if first.starts_with("Traceback (most recent call last)") {
        let last = tail(text).lines().rfind(|line| line.starts_with(|c: char| !c.is_whitespace()));
        let line = last.map_or(first, str::trim);
        return plain(line, line);
    }
    let start = after_caret(head).or_else(|| after_warnings(first, head)).unwrap_or(head);
    let body = strip_label(start);
    let line = body.lines().next().unwrap_or(body).trim_end();
    let deeper =
        deeper(below).or_else(|| announced(line, below)).filter(|cause| !line.contains(cause));
    Cause { deeper, ..plain(line, body) }
}

/// Where JSON or markup starts in `line`; it may go on below, in `body`.
pub(crate) fn embedded(line: &str, body: &str) -> Option<(usize, Embedded)> {
    if line.starts_with('"') && body.trim_end().ends_with('"') {
        return Some((0, Embedded::Json));
    }
    let mut from = 0;
    let opens = |b: &u8| matches!(b, b'{' | b'[' | b'<');
    while let Some(found) = line.as_bytes().get(from..)?.iter().position(opens) {
        let at = from + found;
        let rest = body.get(at..)?;
        let next = rest.as_bytes().iter().skip(1).take(16).find(|b| !b.is_ascii_whitespace());
        match (rest.as_bytes().first(), next) {
            (Some(b'{'), Some(b'"')) | (Some(b'['), Some(b'{')) => {
                return Some((at, Embedded::Json));
            }
            (Some(b'<'), _) if is_markup(rest) => return Some((at, Embedded::Markup)),
            _ => from = at + 1,
        }
    }
    None
}

/// The first kilobytes of a text, cut between characters.
pub(crate) fn clip(text: &str) -> &str {
    text.get(..text.floor_char_boundary(HEAD_BYTES)).unwrap_or(text)
}

fn tail(text: &str) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(TAIL_BYTES))..)
        .unwrap_or(text)
        .trim_end()
}

fn plain<'a>(line: &'a str, body: &'a str) -> Cause<'a> {
    Cause { line, body, deeper: None, outer: None }
}

/// `String(error)` says "Error: x" where `error.message` says "x", and Postgres prefixes its own label: one cause.
fn strip_label(line: &str) -> &str {
    const LABELS: [&str; 6] = [
        "error:",
        "uncaught ",
        "unhandled rejection:",
        "exception:",
        "[error]",
        "\u{1b}[0;31merror:\u{1b}[0m",
    ];
    let mut line = line.trim_start();
    while let Some(label) = LABELS.iter().find(|label| starts_with_ignoring_case(line, label)) {
        let rest = line.get(label.len()..).unwrap_or_default().trim_start();
        if rest.is_empty() {
            break;
        }
        line = rest;
    }
    line
}

fn is_markup(text: &str) -> bool {
    ["<!doctype", "<html", "<?xml", "<error>"]
        .iter()
        .any(|start| starts_with_ignoring_case(text, start))
}

fn is_banner(line: &str) -> bool {
    line.starts_with("ffmpeg version ") || line.starts_with("ffprobe version ")
}

/// Output of a command-line tool: first what ran and which build, and the reason at the end.
fn is_tool_output(first: &str, below: &str) -> bool {
    is_banner(first)
        || strip_label(first).starts_with("Command failed")
        || first.contains("exited with code")
        || first.contains("exit code")
        || is_banner(below.trim_start())
}

/// The last line that says more than "it failed".
fn last_meaningful(text: &str) -> Option<&str> {
    const EMPTY_PHRASES: [&str; 18] = [
        "Conversion failed!",
        "Error while processing the decoded data",
        "Error reinitializing filters",
        "Error while filtering",
        "Error initializing filters",
        "Error initializing complex filters",
        "Invalid argument",
        "Failed to inject frame",
        "Nothing was written into output",
        "At least one output file",
        "Exiting normally",
        "Error opening output files: Invalid argument",
        "Error opening output file -.",
        "frame=",
        "size=",
        "at ",
        "Press [q]",
        "Terminating thread with return code",
    ];
    let says_something = |line: &&str| {
        let said = after_brackets(line);
        !said.is_empty()
            && !line.starts_with(' ')
            && !EMPTY_PHRASES.iter().any(|phrase| said.starts_with(phrase))
    };
    text.split(['\n', '\r']).rfind(says_something).map(str::trim)
}

/// The line without the `[component @ 0x…]` marks of ffmpeg.
fn after_brackets(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        rest = after.trim_start();
    }
    rest
}

/// Node shows an uncaught error below the source line and a line of carets.
fn after_caret(head: &str) -> Option<&str> {
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

/// Tools that print warnings first.
fn after_warnings<'a>(first: &str, head: &'a str) -> Option<&'a str> {
    if !first.starts_with("WARNING:") {
        return None;
    }
    head.find("\nERROR").and_then(|at| head.get(at + 1..))
}

/// The error behind a wrapper, as Node, Java and Rust print it.
fn deeper(below: &str) -> Option<&str> {
    let start = ["[cause]: ", "Caused by:"].iter().find_map(|mark| below.split_once(mark))?.1;
    let start = start.trim_start().trim_start_matches("0: ");
    let line = strip_label(start)
        .lines()
        .next()
        .unwrap_or_default()
        .trim_end()
        .trim_end_matches(['{', ' ']);
    (!line.is_empty()).then_some(line)
}

/// What follows a line that ends in a colon, as the message of a Rust panic does.
fn announced<'a>(line: &str, below: &'a str) -> Option<&'a str> {
    let next = below.lines().map(str::trim).find(|next| !next.is_empty())?;
    (line.ends_with(':') && !next.starts_with("at ")).then_some(next)
}

//! What the lines below the first one add: the exception of a traceback, the deepest cause of a chain, the reason
//! that a headline announces.

use super::excerpt::{head, tail};
use super::lexicon::{is_failed_status, starts_with};
use super::structured;

/// The first line of a Python traceback.
const TRACEBACK: &str = "Traceback (most recent call last)";

/// A message whose first line is only its class.
pub(crate) struct HeadlessMessage<'a> {
    pub(crate) class: &'a str,
    pub(crate) message: &'a str,
}

/// The exception of a Python traceback, from its class to the end of the text: the first line after the last frame
/// that is not indented. What follows it is its detail (`DETAIL:`, `[SQL: …]`, footers).
pub(crate) fn exception_of_traceback(text: &str) -> Option<&str> {
    let marked = |part| str::rfind(part, TRACEBACK).and_then(|at| part.get(at..));
    let start = marked(tail(text)).or_else(|| marked(head(text)))?;
    let mut at = 0;
    let mut in_frames = true;
    // The frames of the innermost exception of a group are behind bars.
    let undecorated = |line: &str| line.trim_start_matches([' ', '|', '+']).len();
    let grouped = start.lines().nth(1).is_some_and(|line| line.trim_start().starts_with('|'));
    for line in start.split_inclusive('\n').skip(1) {
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let decoration = if grouped { line.len() - undecorated(line) } else { 0 };
        let content = line.get(decoration..).unwrap_or_default();
        let unindented = if grouped {
            !content.starts_with("File ") && is_class_line(content)
        } else {
            !content.starts_with([' ', '\t'])
        };
        if in_frames && unindented {
            let first = start.split_inclusive('\n').next().map_or(0, str::len);
            return start.get(first + at - line.len() + decoration..).map(str::trim_end);
        }
        in_frames = true;
    }
    None
}

/// The first line of the exception that the last one of a chain was raised from, in the words of Python.
pub(crate) fn root_of_traceback(text: &str) -> Option<&str> {
    const RAISED_FROM: &str =
        "\nThe above exception was the direct cause of the following exception:";
    let before = head(text).split_once(RAISED_FROM)?.0;
    exception_of_traceback(before)?.lines().next()
}

/// Whether a line starts with the name of a class and a colon.
fn is_class_line(line: &str) -> bool {
    let name = line.split([':', '(']).next().unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains(' ')
}

/// A line that contains a chain of exceptions, as .NET writes it: the outermost one and the innermost one.
pub(crate) fn inline_chain(line: &str) -> Option<(&str, &str)> {
    let (outer, _) = line.split_once(" ---> ")?;
    let (_, inner) = line.rsplit_once(" ---> ")?;
    (!inner.trim().is_empty()).then_some((outer, inner))
}

/// The innermost error of a chain, as Java, Rust, Node, Ruby and .NET print it.
pub(crate) fn deepest_cause(below: &str) -> Option<&str> {
    let after = |mark: &str| below.rfind(mark).and_then(|at| below.get(at + mark.len()..));
    let marks = ["Caused by:", "[cause]: ", " ---> "];
    // The shortest rest starts at the last mark.
    let start = marks.iter().filter_map(|mark| after(mark)).min_by_key(|rest| rest.len());
    let Some(start) = start else {
        return last_of_numbered(below);
    };
    let line = last_of_numbered(start)
        .unwrap_or_else(|| start.trim_start().lines().next().unwrap_or_default());
    let line = line.trim_end().trim_end_matches(['{', ' ']);
    (!line.is_empty()).then_some(line)
}

/// The last item of a list `0: …`, `1: …`, in which Rust prints a chain, if the text starts with one.
fn last_of_numbered(text: &str) -> Option<&str> {
    let mut expected = 0_u32;
    let mut last = None;
    for line in text.lines() {
        let line = line.trim();
        let item = line.split_once(": ").filter(|(n, _)| n.parse() == Ok(expected));
        match item {
            Some((_, message)) => {
                last = Some(message);
                expected += 1;
            }
            None if line.is_empty() && expected == 0 => {}
            None => break,
        }
    }
    last
}

/// The reason that a headline leaves to the lines below it.
pub(crate) fn reason<'a>(line: &str, below: &'a str) -> Option<&'a str> {
    if line.contains("validation error") && line.contains(" for ") {
        return field_and_message(below);
    }
    if let Some(at) = below.find("\nFailed validating ") {
        return below.get(at + 1..)?.lines().next().map(|line| line.trim_end_matches(':'));
    }
    // The clients of HashiCorp's services list the errors of a request.
    let mut items = below.lines().filter_map(|line| line.trim_start().strip_prefix("* "));
    if below.lines().any(|line| line.starts_with("* ")) {
        return items.find(|item| !item.ends_with("occurred:"));
    }
    if let Some(body) = answer_in_json(line, below) {
        return Some(body);
    }
    let next = below.lines().map(str::trim).find(|next| !next.is_empty())?;
    if !line.ends_with([':', '!']) || is_frame(next) {
        return None;
    }
    let is_assignment = next.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
    if is_assignment { assignments(below) } else { Some(next) }
}

/// The answer of a service in JSON below a line that names the status only: `403 Forbidden`, and then `{` or
/// `Response: {`.
fn answer_in_json<'a>(line: &str, below: &'a str) -> Option<&'a str> {
    let start = below.trim_start();
    let label = start.find(['{', '\n'])?;
    let (label, answer) = start.split_at(label);
    let is_label = label.is_empty()
        || label.trim_end().strip_suffix(':').is_some_and(|name| {
            name.len() <= 24 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b' ')
        });
    let named = line.split(|c: char| !c.is_ascii_digit()).any(is_failed_status);
    let is_answer = named && is_label && answer.starts_with('{');
    let answer = answer.get(..answer.floor_char_boundary(MOST_OF_ANSWER)).unwrap_or(answer);
    (is_answer && structured::read_json(answer).message.is_some()).then_some(answer)
}

/// How much of an answer is read, in bytes.
const MOST_OF_ANSWER: usize = 4096;

/// The field and the message of the first error of pydantic, which prints them on two lines.
fn field_and_message(below: &str) -> Option<&str> {
    let start = below.trim_start();
    let (field, rest) = start.split_once('\n')?;
    let message = rest.lines().next()?;
    let message = message.find(" [type=").and_then(|at| message.get(..at)).unwrap_or(message);
    start.get(..field.len() + 1 + message.len())
}

/// The assignments below a headline up to its details: `status = …` and `details = "…"`.
fn assignments(below: &str) -> Option<&str> {
    let start = below.trim_start();
    let mut len = 0;
    for line in start.split_inclusive('\n') {
        len += line.len();
        if ["details =", "message ="].iter().any(|name| line.trim_start().starts_with(name)) {
            return start.get(..len).map(str::trim_end);
        }
        if !line.contains(" = ") {
            break;
        }
    }
    start.lines().next()
}

/// The message of an error whose first line is only its class, or names the call: Prisma quotes the call and its
/// arguments before the message.
pub(crate) fn headless_message<'a>(line: &'a str, below: &'a str) -> Option<HeadlessMessage<'a>> {
    let is_call =
        |line: &str| line.trim_start().starts_with("Invalid `") && line.contains("` invocation");
    let next = below.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let class = if is_call(line) {
        line.trim_end_matches(':')
    } else if line.ends_with(':') && is_call(next) {
        line
    } else {
        return None;
    };
    let under = if is_call(line) { below } else { below.split_once(next)?.1 };
    // The code is indented, numbered or marked with an arrow.
    let is_message = |line: &&str| {
        line.starts_with(|c: char| c.is_alphabetic() || c == '`')
            && line.contains(' ')
            && !is_frame(line)
    };
    let message = under.lines().find(is_message)?.trim_end();
    Some(HeadlessMessage { class, message })
}

/// Whether a line is a frame of a stack trace, or another statement of a place in the code.
fn is_frame(line: &str) -> bool {
    let in_ruby = [":in `", ":in '"].iter().any(|place| line.contains(place));
    in_ruby
        || ["at ", "File \"", "#0 ", "from ", "... "].iter().any(|start| starts_with(line, start))
}

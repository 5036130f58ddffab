//! Which failures have the same cause?
//!
//! A fingerprint is the job's kind, an error code or class where one is told, and a *template*: the line of the
//! error that carries the cause, with everything that changes from job to job (ids, numbers, times, quoted values,
//! variable parts of URLs and paths) replaced by the hole `<*>`. There is one kind of hole on purpose: an id of
//! digits in one job and of letters in the next must not open two groups. Numbers that *are* the cause stay: HTTP
//! statuses, SQLSTATEs, exit codes, signals, errno.
//!
//! The steps, one file each:
//! - [`json`] and [`markup`] look inside structured errors, also where they sit in the middle of a sentence;
//! - [`cause`] picks the line: the first one, but the last meaningful line of a tool's output, the last line of a
//!   Python traceback, and `[cause]:` of a Node error besides;
//! - [`template`] reads that line once, from left to right, into [`output`]; [`chunk`], [`location`] and [`quote`]
//!   judge one word of it with the [`lexicon`] of [`words`]; [`number`] tells which numbers stay, [`code`] what
//!   counts as a code.
//!
//! Hashes are written down (journals, `--group`), so any change of a template is a change of [`VERSION`].

mod cause;
mod chunk;
mod code;
mod json;
#[rustfmt::skip] // lists read better packed
mod lexicon;
mod location;
mod markup;
mod number;
mod output;
mod quote;
mod template;
mod words;

use std::borrow::Cow;

use output::Output;
use sha2::{Digest, Sha256};

/// Version of the rules, the first part of every hash. Raise it when templates change.
pub const VERSION: &str = "v1";

/// The template of a job that died without saying why.
pub const NO_TEXT: &str = "(no error text)";

/// Hex digits in a hash: 40 bits, so that ten thousand groups collide once in 20,000 databases.
const HASH_DIGITS: usize = 10;

/// How deep errors inside errors are followed (JSON in a string in JSON …).
const MAX_NESTING: u8 = 3;

/// The identity of a cause: equal hashes mean "died of the same thing".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Versioned and short, such as `v1-3f9a2c1b07`; the same on every run and machine.
    pub hash: String,
    /// Error code or class, such as `ECONNREFUSED`, `HTTP 429`, `SQLSTATE 23505`, `exit 137`, `TypeError`.
    pub code: Option<String>,
    /// The cause with `<*>` where jobs differ. Untrusted text: sanitise before printing.
    pub template: String,
}

impl Fingerprint {
    /// Fingerprints a failure from the columns `kind`, `last_error` and `error` (as JSON text).
    ///
    /// The text is `last_error`, else the message inside `error`, else all of `error`; blank counts as absent.
    /// A code in `error` wins over one in the text. Never fails, whatever the columns hold.
    pub fn new(kind: &str, last_error: Option<&str>, error: Option<&str>) -> Self {
        let (last_error, error) = (last_error.map(ends), error.map(ends));
        let (last_error, error) = (last_error.as_deref(), error.as_deref());
        let last_error = last_error.filter(|text| !text.trim().is_empty());
        let error = error.filter(|json| !matches!(json.trim(), "" | "null" | "{}" | "[]" | "\"\""));
        let found = error.map(json::read).unwrap_or_default();
        let text = last_error.or(found.message.as_deref()).or(error).unwrap_or_default();

        let mut out = Output::default();
        write_error(text, 0, &mut out);
        if last_error.is_none() {
            write_field(&found, &mut out);
        }
        let (template, code_in_text) = out.finish();
        let code = found.code().or(code_in_text);
        Self { hash: hash(kind, code.as_deref(), &template), code, template }
    }
}

/// Characters of the beginning of a long text that count.
pub const HEAD: usize = 8192;
/// Characters of its end that count.
pub const TAIL: usize = 4096;

/// The ends of a long text: readers of a database may send these alone, and the same job must have
/// the same fingerprint for all of them.
fn ends(text: &str) -> Cow<'_, str> {
    // No text has more characters than bytes.
    if text.len() <= HEAD + TAIL || text.chars().nth(HEAD + TAIL).is_none() {
        return Cow::Borrowed(text);
    }
    let head = text.char_indices().nth(HEAD).map_or(text.len(), |(at, _)| at);
    let tail = text.char_indices().nth_back(TAIL - 1).map_or(0, |(at, _)| at);
    Cow::Owned(text.get(..head).unwrap_or(text).to_owned() + text.get(tail..).unwrap_or(""))
}

/// Whether `text` has the form of a fingerprint's hash of this version.
pub fn is_hash(text: &str) -> bool {
    text.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('-')).is_some_and(|digits| {
        digits.len() == HASH_DIGITS
            && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Writes the template of one error text, looking inside structured parts.
fn write_error(text: &str, nesting: u8, out: &mut Output) {
    let cause = cause::select(text);
    write_line(cause.line, cause.body, nesting, out);
    if let Some(deeper) = cause.deeper {
        out.forget_class();
        out.push(if cause.line.ends_with(':') { " " } else { ": " });
        write_line(deeper, deeper, nesting, out);
    }
    if let Some(outer) = cause.outer {
        out.take_code_from(outer);
    }
}

/// Writes one line; `body` is the text from the start of that line on, where embedded JSON may run over lines.
fn write_line(line: &str, body: &str, nesting: u8, out: &mut Output) {
    let embedded = (nesting < MAX_NESTING).then(|| cause::embedded(line, body)).flatten();
    let Some((at, kind)) = embedded else {
        return out.write(line);
    };
    let (prefix, inner) = body.split_at(at);
    match kind {
        cause::Embedded::Json => {
            let found = json::read(inner);
            let Some(message) = found.message.as_deref() else {
                return out.write(line);
            };
            out.write(prefix);
            write_error(message, nesting + 1, out);
            write_field(&found, out);
            out.record_structured(found.code());
        }
        cause::Embedded::Markup => {
            let Some(found) = markup::read(inner) else {
                return out.write(line);
            };
            out.write(prefix);
            out.write(found.message);
            out.record_structured(found.code.map(str::to_owned));
        }
    }
}

/// A validation error says little without the field it is about.
fn write_field(found: &json::FoundText, out: &mut Output) {
    if let Some(field) = &found.field {
        out.push(" at ");
        out.write(field);
    }
}

fn hash(kind: &str, code: Option<&str>, template: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [VERSION, kind, code.unwrap_or_default(), template] {
        hasher.update(part);
        hasher.update([0]);
    }
    let mut text = String::with_capacity(VERSION.len() + 1 + HASH_DIGITS);
    text.push_str(VERSION);
    text.push('-');
    for byte in hasher.finalize().iter().take(HASH_DIGITS / 2) {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests;

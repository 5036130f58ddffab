//! Fingerprints: error text → stable group of failures with the same cause.
//!
//! A fingerprint consists of the job's kind, an error code if the error contains one, and a *template*: the line of
//! the error that describes its cause, with every part that differs between jobs (ids, numbers, times, quoted values,
//! variable parts of URLs and paths) replaced by the placeholder `<*>`. There is only one kind of placeholder,
//! because an id can consist of digits in one job and of letters in the next. Numbers that identify the cause are
//! kept: HTTP statuses, SQLSTATEs, exit codes, signals, errno values.
//!
//! The stages, in order:
//!
//! 1. [`Fingerprint::new`] takes the error text from the columns of the job.
//! 2. `select` picks the line that describes the cause: `below` and `tool_output` find it in texts of several lines,
//!    `structured` reads JSON, Python dictionaries, HTML and XML within it.
//! 3. `scan` converts that text into a `template`, with the word lists of `lexicon` and the error codes of `code` and
//!    `vendor`, which look at the `number_context`.
//! 4. The kind, the code and the template are hashed.
//!
//! The room imports no other room.
//!
//! Hashes are stored (in plans and snapshots) and typed by operators (`--group`). A change of any template is
//! therefore a change of [`VERSION`].

mod below;
mod code;
mod excerpt;
mod lexicon;
mod number_context;
#[cfg(test)]
#[path = "../../tests/own_errors/mod.rs"]
pub(crate) mod own_errors;
mod scan;
mod select;
mod shapes;
mod structured;
mod template;
#[cfg(test)]
mod tests;
mod tool_output;
mod vendor;

use std::borrow::Cow;

use scan::{record_code_in, scan};
use select::EmbeddedFormat;
use sha2::{Digest, Sha256};
use structured::JsonError;
use template::TemplateBuilder;

/// Version of the rules, the first part of every hash. Increase it when templates change.
pub(crate) const VERSION: &str = "v2";

/// Template of an error without text.
const NO_TEXT: &str = "(no error text)";

/// Hex digits in a hash: 40 bits, so that among 20,000 databases with ten thousand groups each, one has a collision.
const HASH_DIGITS: usize = 10;

/// Maximum depth of structured errors within structured errors (JSON in a string in JSON).
const MAX_DEPTH: u8 = 3;

/// Characters at the start of a long text that count.
pub(crate) const HEAD: usize = 8192;

/// Characters at the end of a long text that count.
pub(crate) const TAIL: usize = 4096;

/// The identity of a cause: failures with equal hashes have the same kind, code and template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// Short hash with the version, such as `v2-3f9a2c1b07`; the same on every run and machine.
    pub hash: String,
    /// Error code or class, such as `ECONNREFUSED`, `HTTP 429`, `SQLSTATE 23505`, `exit 137`, `TypeError`.
    pub code: Option<String>,
    /// The cause, with `<*>` for the parts that differ between jobs. Untrusted text: sanitize it before printing.
    pub template: String,
}

impl Fingerprint {
    /// Computes the fingerprint of a failure from the columns `kind`, `last_error` and `error` (as JSON text).
    ///
    /// The text is `last_error`, else the message in `error`, else all of `error`; a blank column counts as absent.
    /// A code in `error` takes precedence over one in the text. It never fails, whatever the columns contain.
    pub fn new(kind: &str, last_error: Option<&str>, error: Option<&str>) -> Self {
        let readable = |text| without_escapes(head_and_tail(text));
        let (last_error, error) = (last_error.map(readable), error.map(readable));
        let (last_error, error) = (last_error.as_deref(), error.as_deref());
        let last_error = last_error.filter(|text| !text.trim().is_empty());
        let error = error.filter(|json| !matches!(json.trim(), "" | "null" | "{}" | "[]" | "\"\""));
        let json = error.map(structured::read_json).unwrap_or_default();
        let text = last_error.or(json.message.as_deref()).or(error).unwrap_or_default();

        let mut template = TemplateBuilder::default();
        write_error(text, 0, &mut template);
        if last_error.is_none() {
            write_field(&json, &mut template);
        }
        let (mut template, code_in_text) = template.finish();
        if template.is_empty() {
            template.push_str(NO_TEXT);
        }
        let code = json.code().or(code_in_text);
        Self { hash: hash(kind, code.as_deref(), &template), code, template }
    }
}

/// Returns the lines of a file with the words of foreign messages. Their vocabulary is not that of this program.
pub(crate) const fn lines<const N: usize>(mut text: &'static str) -> [&'static str; N] {
    let mut lines = [""; N];
    let mut n = 0;
    while n < N {
        let mut end = 0;
        while text.as_bytes()[end] != b'\n' {
            end += 1;
        }
        let (line, rest) = text.split_at(end);
        lines[n] = line;
        (_, text) = rest.split_at(1);
        n += 1;
    }
    assert!(text.is_empty(), "there are more lines");
    lines
}

/// The version of the rules in a text that has the form of a hash, such as `v1` in `v1-3f9a2c1b07`.
pub fn version_of_hash(text: &str) -> Option<&str> {
    let (version, digits) = text.split_once('-')?;
    let number = version.strip_prefix('v')?;
    let is_version = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_hash = digits.len() == HASH_DIGITS
        && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (is_version && is_hash).then_some(version)
}

/// The first [`HEAD`] and last [`TAIL`] characters of a long text. A query can fetch these only, and the fingerprint
/// must be the same with the complete text.
fn head_and_tail(text: &str) -> Cow<'_, str> {
    // Counting characters is slow, and a text has at most as many characters as bytes.
    if text.len() <= HEAD + TAIL || text.chars().nth(HEAD + TAIL).is_none() {
        return Cow::Borrowed(text);
    }
    let head = text.char_indices().nth(HEAD).map_or(text.len(), |(at, _)| at);
    let tail = text.char_indices().nth_back(TAIL - 1).map_or(0, |(at, _)| at);
    Cow::Owned(text.get(..head).unwrap_or(text).to_owned() + text.get(tail..).unwrap_or(""))
}

/// The text without the color codes in the output of tools.
fn without_escapes(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    for (at, piece) in text.split('\u{1b}').enumerate() {
        let sequence = piece.strip_prefix('[').filter(|_| at > 0);
        plain.push_str(sequence.map_or(piece, |sequence| {
            let end = sequence.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'));
            let last =
                end.and_then(|end| sequence.get(end..)?.chars().next().map(|c| end + c.len_utf8()));
            sequence.get(last.unwrap_or(sequence.len())..).unwrap_or_default()
        }));
    }
    Cow::Owned(plain)
}

/// Writes the template of one error text, including the error that it wraps. `depth` counts the structured errors
/// around it.
fn write_error(text: &str, depth: u8, template: &mut TemplateBuilder) {
    let selection = select::select(text);
    write_line(selection.line, selection.body, depth, template);
    if let Some(wrapped) = selection.wrapped {
        template.remove_class();
        template.push(if selection.line.ends_with(':') { " " } else { ": " });
        write_line(wrapped, wrapped, depth, template);
    }
    if let Some(line) = selection.code_line {
        record_code_in(line, template);
    }
}

/// Writes the template of one line. A structured error in it is replaced by its message; `body` is the text from the
/// start of the line on, because a structured error can span several lines.
fn write_line(line: &str, body: &str, depth: u8, template: &mut TemplateBuilder) {
    let embedded = (depth < MAX_DEPTH).then(|| select::embedded(line, body)).flatten();
    let Some((at, format)) = embedded else {
        return scan(line, template);
    };
    let (prefix, structured) = body.split_at(at);
    match format {
        EmbeddedFormat::Json => {
            let json = structured::read_json(structured);
            if !write_json(prefix, &json, depth, template) {
                scan(line, template);
            }
        }
        EmbeddedFormat::Python => {
            let converted = structured::python_to_json(structured);
            if !write_json(prefix, &structured::read_json(&converted), depth, template) {
                scan(line, template);
            }
        }
        EmbeddedFormat::Markup => {
            let Some(markup) = structured::read_markup(structured) else {
                return scan(line, template);
            };
            scan(prefix, template);
            scan(markup.message.lines().next().unwrap_or_default(), template);
            template.record_structured_code(markup.code.map(str::to_owned));
        }
    }
}

/// Writes the text before an error in JSON, and its message; returns whether it has one.
fn write_json(prefix: &str, json: &JsonError, depth: u8, template: &mut TemplateBuilder) -> bool {
    let Some(message) = json.message.as_deref() else {
        return false;
    };
    scan(prefix, template);
    write_error(message, depth + 1, template);
    write_field(json, template);
    template.record_structured_code(json.code());
    true
}

/// Writes the field of a validation error, whose message often does not name it.
fn write_field(json: &JsonError, template: &mut TemplateBuilder) {
    if let Some(field) = &json.field {
        template.push(" at ");
        scan(field, template);
    }
}

fn hash(kind: &str, code: Option<&str>, template: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [VERSION, kind, code.unwrap_or_default(), template] {
        hasher.update(part);
        // Separates the parts, so that their boundaries are part of the hash.
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

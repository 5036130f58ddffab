//! One run of letters, digits and joints: where it ends, what it is made of, and which parts of it are ids.

use super::code::{self, CodeRank};
use super::number::{self, Place};
use super::template::Scanner;
use super::words;

/// A run and what was seen in it.
pub(crate) struct Chunk<'t> {
    pub(crate) word: &'t str,
    pub(crate) digit: bool,
    pub(crate) slash: bool,
    pub(crate) at: bool,
    pub(crate) dot: bool,
    pub(crate) backslash: bool,
}

impl Chunk<'_> {
    /// Nothing but letters and joints: the common case.
    pub(crate) fn is_plain(&self) -> bool {
        !(self.digit || self.slash || self.at || self.dot || self.backslash)
    }

    pub(crate) fn is_location(&self) -> bool {
        self.slash || self.backslash
    }
}

/// The chunk that starts at `start`. A colon belongs to it only where it joins: times, ports, schemes, drives, IPv6.
pub(crate) fn scan(text: &str, start: usize) -> Chunk<'_> {
    let bytes = text.as_bytes();
    let mut chunk =
        Chunk { word: "", digit: false, slash: false, at: false, dot: false, backslash: false };
    let mut end = start;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => chunk.digit = true,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'+' | b'%' | b'~' => {}
            b'/' => chunk.slash = true,
            b'@' => chunk.at = true,
            b'.' => chunk.dot = true,
            b'\\' if end == start + 2 || chunk.backslash => chunk.backslash = true,
            b':' if joins(bytes, start, end) => {}
            // Letters of other alphabets in file names; scripts that set no spaces between words end a path.
            0x80.. if chunk.slash => match text.get(end..).and_then(|rest| rest.chars().next()) {
                Some(c) if c.is_alphanumeric() && u32::from(c) < 0x2e80 => end += c.len_utf8() - 1,
                _ => break,
            },
            _ => break,
        }
        end += 1;
    }
    let word = text.get(start..end).unwrap_or_default();
    let trimmed = word.trim_end_matches(['.', ':']);
    chunk.word = if trimmed.is_empty() { "" } else { trimmed };
    chunk.dot = chunk.dot && chunk.word.contains('.');
    chunk
}

fn joins(bytes: &[u8], start: usize, colon: usize) -> bool {
    match bytes.get(colon + 1) {
        Some(b'0'..=b'9' | b':') => true,
        Some(b'/') => bytes.get(colon + 2) == Some(&b'/'),
        Some(b'\\') => colon == start + 1,
        Some(next) if next.is_ascii_hexdigit() => {
            let so_far = bytes.get(start..colon).unwrap_or_default();
            // No address is longer; looking back further at every colon would be quadratic.
            so_far.len() <= 45
                && so_far.contains(&b':')
                && so_far.iter().all(|b| b.is_ascii_hexdigit() || *b == b':')
        }
        _ => false,
    }
}

/// A chunk with digits, outside URLs and paths: a code, a number that is the cause, an id, or a name with a number.
pub(crate) fn write<'t>(scanner: &mut Scanner<'t, '_>, word: &'t str) {
    if words::is_technical(word) {
        return keep(scanner, word);
    }
    let place = Place {
        prev: scanner.prev,
        before: scanner.text.get(..scanner.pos).unwrap_or_default(),
        after: scanner.text.get(scanner.pos + word.len()..).unwrap_or_default(),
    };
    if let Some((rank, code)) = number::code(word, &place) {
        scanner.out.record(rank, || code);
        return keep(scanner, word);
    }
    if code::is_numbered(word) {
        scanner.out.record(CodeRank::Symbol, || word.to_owned());
        return keep(scanner, word);
    }
    if code::is_class(word) {
        scanner.out.record(CodeRank::Class, || word.to_owned());
        return keep(scanner, word);
    }
    write_parts(scanner, word);
}

fn keep<'t>(scanner: &mut Scanner<'t, '_>, word: &'t str) {
    scanner.out.push(word);
    scanner.prev = word;
}

/// Writes a joined name part by part: words stay, ids become holes, and what is tied to an id goes with it.
pub(crate) fn write_parts<'t>(scanner: &mut Scanner<'t, '_>, word: &'t str) {
    if is_id(word) {
        return scanner.hole();
    }
    let mut swallowing = false;
    let mut rest = word;
    let mut joint = "";
    while !rest.is_empty() {
        let len = rest.find(is_joint).unwrap_or(rest.len());
        let (part, after) = rest.split_at(len);
        if !swallowing || joint.starts_with(['.', ':', '@']) {
            scanner.out.push(joint);
            swallowing = write_part(scanner, part, joint.is_empty());
        }
        let joint_len = after.find(|c| !is_joint(c)).unwrap_or(after.len());
        (joint, rest) = after.split_at(joint_len);
    }
    if !swallowing {
        scanner.out.push(joint);
    }
}

fn is_joint(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | ':' | '=' | '+' | '%' | '~' | '@' | '/' | '\\')
}

/// Writes one part; true when it was, or ended in, a hole. The first part may be a name with a number (`worker7`).
fn write_part<'t>(scanner: &mut Scanner<'t, '_>, part: &'t str, first: bool) -> bool {
    let digits = part.find(|c: char| c.is_ascii_digit());
    let Some(digits) = digits else {
        scanner.out.push(part);
        scanner.prev = part;
        return false;
    };
    if words::is_technical(part) {
        keep(scanner, part);
        return false;
    }
    let (prefix, number) = part.split_at(digits);
    if first
        && prefix.len() >= 2
        && is_wordlike(prefix)
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        scanner.out.push(prefix);
    }
    scanner.hole();
    true
}

/// Whether the whole of a joined name is one id: it starts with a digit, is hexadecimal, or starts unlike a word.
fn is_id(word: &str) -> bool {
    let start = word.trim_start_matches(['-', '+', '.', '~', '_']);
    let hexadecimal =
        || word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let address = || {
        word.contains(':')
            && word.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%'))
    };
    let first = start.split(is_joint).next().unwrap_or_default();
    let before_digit = first.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    start.starts_with(|c: char| c.is_ascii_digit())
        || hexadecimal()
        || address()
        || (before_digit.len() != first.len() && !is_wordlike(before_digit))
        || (!is_wordlike(first) && before_digit.len() == first.len() && first.len() > 1)
}

/// Letters as words have them: all small, all capital, Capitalised, or whole words joined by capitals.
fn is_wordlike(word: &str) -> bool {
    let bytes = word.as_bytes();
    let one_case =
        bytes.iter().all(u8::is_ascii_lowercase) || bytes.iter().all(u8::is_ascii_uppercase);
    if bytes.len() > 24 {
        return false;
    }
    let rest = bytes.get(1..).unwrap_or_default();
    one_case
        || rest.iter().all(u8::is_ascii_lowercase)
        || (code::is_hump(word)
            && bytes.iter().all(u8::is_ascii_alphabetic)
            && changes(bytes) * 2 <= bytes.len())
        || !bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// Whether a word of letters changes case like noise, as the ids of videos do.
pub(crate) fn is_scrambled(word: &str) -> bool {
    let bytes = word.as_bytes();
    (10..=64).contains(&bytes.len()) && changes(bytes) * 2 > bytes.len()
}

fn changes(bytes: &[u8]) -> usize {
    bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() != b.is_ascii_lowercase()))
        .count()
}

//! Sanitizing: escapes the characters with which untrusted text could control the terminal.
//!
//! [`line()`] is for text within a line, [`lines`] for text with line breaks, [`json`] for complete JSON documents.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes control characters, escape sequences and bidirectional overrides, newlines and tabs included.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// As [`line()`], but keeps newlines and tabs.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| c == '\n' || c == '\t')
}

/// Escapes the same characters in JSON text, without changing its value: serde_json does not escape C1 controls and
/// bidirectional overrides. Newlines are kept, because JSON contains them only outside strings.
pub(crate) fn json(text: String) -> String {
    if text.bytes().all(|byte| is_printable(byte) || byte == b'\n') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        if is_hostile(before, c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let hostile = |before: char, c: char| is_hostile(before, c) && !keep(c);
    let plain = text.bytes().all(is_printable);
    let befores = std::iter::once(' ').chain(text.chars());
    if plain || !befores.zip(text.chars()).any(|(before, c)| hostile(before, c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for c in text.chars() {
        match c {
            c if !hostile(before, c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x80 => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
        }
        before = c;
    }
    Cow::Owned(out)
}

/// Whether a byte is printable ASCII. Most texts consist of it, and bytes are faster to test than characters.
fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Whether a character can move the cursor, change the color, or hide or reorder text. U+FE0F makes a symbol an emoji,
/// and is invisible after a letter or digit.
fn is_hostile(before: char, c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
        || is_invisible(c)
        || (c == '\u{fe0f}' && (before.is_alphanumeric() || before.is_ascii()))
}

/// Whether a character has no width and no meaning in a name: two names that differ only in it look the same.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{ffa0}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_literally() {
        assert_eq!(line("\u{1b}[31mred\u{7}"), "\\x1b[31mred\\x07");
        assert_eq!(line("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(line("c1 \u{9b}31m"), "c1 \\u{9b}31m");
        assert_eq!(line("two\nlines\r\n"), "two\\nlines\\r\\n");
    }

    #[test]
    fn invisible_characters_in_names_are_shown() {
        for c in [
            "\u{ad}",
            "\u{34f}",
            "\u{fe0e}",
            "\u{e0101}",
            "\u{3164}",
            "\u{180e}",
            "\u{2063}",
            "\u{fe0f}",
        ] {
            let shown = line(&format!("wor{c}ker")).into_owned();
            assert!(shown.starts_with("wor\\u{") && shown.ends_with("}ker"), "{shown}");
        }
        assert_eq!(line("\u{2764}\u{fe0f}"), "\u{2764}\u{fe0f}");
    }

    #[test]
    fn ordinary_text_of_any_language_is_unchanged() {
        for text in ["naïve", "日本語", "العربية", "👍🏽", "a  b"] {
            assert!(matches!(line(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn json_is_escaped_without_changing_its_value() {
        let value =
            serde_json::json!({ "a": "\u{9b}31m\u{202e}\u{e0041}\u{1b}\n", "b": "naïve 👍" });
        let text = json(serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.contains(|c| is_hostile('a', c) && c != '\n'), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn newlines_and_tabs_are_kept_in_multi_line_text() {
        assert_eq!(lines("a\n\tb\u{1b}[2J"), "a\n\tb\\x1b[2J");
    }
}

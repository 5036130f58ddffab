//! Tokens: runs of ASCII letters, digits and the punctuation that joins them.

use super::FIRST_UNSPACED;

/// Maximum length of an IPv6 address, including one that ends in an IPv4 address.
const MAX_ADDRESS: usize = 45;

/// A run of ASCII letters, digits and joining punctuation, and the characters in it that decide how it is written.
pub(super) struct Token<'t> {
    pub(super) text: &'t str,
    pub(super) digit: bool,
    pub(super) slash: bool,
    pub(super) at: bool,
    pub(super) dot: bool,
    pub(super) backslash: bool,
}

impl<'t> Token<'t> {
    /// Reads the token that starts at byte `start`. Its text is empty if there is only punctuation.
    pub(super) fn read(text: &'t str, start: usize) -> Self {
        let bytes = text.as_bytes();
        let mut token =
            Self { text: "", digit: false, slash: false, at: false, dot: false, backslash: false };
        let mut end = start;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'0'..=b'9' => token.digit = true,
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' | b'+' | b'%' | b'~' => {}
                b'/' => token.slash = true,
                b'@' => token.at = true,
                b'.' => token.dot = true,
                // After a drive letter and its colon.
                b'\\' if end == start + 2 || token.backslash => token.backslash = true,
                b':' if colon_joins(bytes, start, end) => {}
                // File names contain letters of other alphabets.
                0x80.. if token.slash => {
                    match text.get(end..).and_then(|rest| rest.chars().next()) {
                        Some(c) if c.is_alphanumeric() && u32::from(c) < FIRST_UNSPACED => {
                            end += c.len_utf8() - 1;
                        }
                        _ => break,
                    }
                }
                _ => break,
            }
            end += 1;
        }
        token.text = text.get(start..end).unwrap_or_default().trim_end_matches(['.', ':']);
        token.dot = token.dot && token.text.contains('.');
        token
    }

    /// Whether the token consists of letters, hyphens and similar: the most frequent case.
    pub(super) fn is_plain(&self) -> bool {
        !(self.digit || self.slash || self.at || self.dot || self.backslash)
    }

    /// Whether the token is a URL or a path.
    pub(super) fn is_location(&self) -> bool {
        self.slash || self.backslash
    }
}

/// Whether the colon at byte `colon` belongs to the token that starts at `start`: in times, ports, URL schemes, drives
/// and IPv6 addresses.
fn colon_joins(bytes: &[u8], start: usize, colon: usize) -> bool {
    match bytes.get(colon + 1) {
        Some(b'0'..=b'9' | b':') => true,
        Some(b'/') => bytes.get(colon + 2) == Some(&b'/'),
        Some(b'\\') => colon == start + 1,
        Some(next) if next.is_ascii_hexdigit() => {
            let before = bytes.get(start..colon).unwrap_or_default();
            // The limit also keeps the work linear: this reads the token again at each of its colons.
            before.len() <= MAX_ADDRESS
                && before.contains(&b':')
                && before.iter().all(|b| b.is_ascii_hexdigit() || *b == b':')
        }
        _ => false,
    }
}

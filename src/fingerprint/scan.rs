//! The scanner: converts one line of error text into a template, in one pass from left to right.
//!
//! [`Scanner::run`] splits the line into white space, quoted texts, words of other scripts, and tokens. A [`Token`]
//! is a run of ASCII letters, digits and the punctuation that joins them. A token is a plain word, a URL, a path, an
//! e-mail address, a media file, or a name or number with digits; each of them has a method that writes it to the
//! [`TemplateBuilder`], part by part: parts that identify the cause unchanged, parts that differ between jobs as a
//! placeholder. The builder also collects the best error code of the line.
//!
//! The work is linear in the length of the line, and stops once the template has reached its maximum length.

mod brackets;
mod locations;
mod quotes;
mod token;
mod words;

use super::lexicon::{self, PLACEHOLDER};
use super::shapes;
use super::template::TemplateBuilder;
use token::Token;

/// A longer token is data, unless it is a URL or a path.
const MAX_TOKEN: usize = 64;

/// From this character on, scripts (Chinese, Japanese, Korean) are written without spaces, so that a URL or path ends
/// there.
const FIRST_UNSPACED: u32 = 0x2e80;

/// Appends the template of `line`.
pub(crate) fn scan(line: &str, template: &mut TemplateBuilder) {
    template.reserve(line);
    Scanner { text: line, pos: 0, previous_word: "", quote_depth: 0, template }.run();
}

/// Records the code in `line`, without appending to the template.
pub(crate) fn record_code_in(line: &str, template: &mut TemplateBuilder) {
    let mut other = TemplateBuilder::default();
    scan(line, &mut other);
    template.record_code_of(other);
}

/// The position in a text, and the template that it is written to.
struct Scanner<'t, 'b> {
    text: &'t str,
    /// Offset of the next byte to read.
    pos: usize,
    /// The last word that was written unchanged; empty after a placeholder.
    previous_word: &'t str,
    /// Number of quotes around `text`.
    quote_depth: u8,
    template: &'b mut TemplateBuilder,
}

impl<'t> Scanner<'t, '_> {
    fn run(&mut self) {
        while let Some(&byte) = self.text.as_bytes().get(self.pos) {
            if self.template.is_cut() {
                return;
            }
            match byte {
                b'a'..=b'z'
                | b'A'..=b'Z'
                | b'0'..=b'9'
                | b'_'
                | b'/'
                | b'.'
                | b'-'
                | b'+'
                | b'~'
                | b'@' => self.write_token(),
                b'\'' | b'"' | b'`' => self.write_quoted(),
                b'<' if self.rest().starts_with(PLACEHOLDER) => {
                    self.pos += PLACEHOLDER.len();
                    self.write_placeholder();
                }
                b'<' => self.write_object_or_copy(),
                b'(' => self.write_parenthesis(),
                b'[' => self.write_address_or_copy(),
                b'%' if self.template.ends_in_placeholder() => {
                    self.pos += 1;
                    self.template.truncate_to_placeholder();
                }
                b'*' if self.rest().starts_with("***") => self.write_masked_secret(0),
                0..=b' ' | 0x7f => {
                    self.pos += 1;
                    self.template.push_space();
                }
                b':' if self.rest().starts_with("::") => self.write_token(),
                0x80.. => self.write_non_ascii(),
                _ => self.copy(1),
            }
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// The text before the current position.
    fn before(&self) -> &'t str {
        self.text.get(..self.pos).unwrap_or_default()
    }

    fn byte_before(&self) -> Option<u8> {
        self.before().as_bytes().last().copied()
    }

    /// The byte after `word`, which starts at the current position.
    fn byte_after(&self, word: &str) -> Option<u8> {
        self.text.as_bytes().get(self.pos + word.len()).copied()
    }

    fn write_placeholder(&mut self) {
        self.template.push_placeholder();
        self.previous_word = "";
    }

    /// Writes a word unchanged.
    fn write_unchanged(&mut self, word: &'t str) {
        self.template.push(word);
        self.previous_word = word;
    }

    /// Writes the next `len` bytes unchanged; they must end at a character boundary.
    fn copy(&mut self, len: usize) {
        self.template.push(self.text.get(self.pos..self.pos + len).unwrap_or_default());
        self.pos += len;
    }

    fn write_token(&mut self) {
        let token = Token::read(self.text, self.pos);
        if token.text.is_empty() {
            return self.copy(1);
        }
        let end = self.pos + token.text.len();
        if self.text.get(end..).is_some_and(|rest| rest.starts_with("***")) {
            return self.write_masked_secret(token.text.len());
        }
        let too_long = token.text.len() > MAX_TOKEN
            && !token.is_location()
            && !lexicon::is_qualified_class(token.text);
        if too_long || shapes::is_base64(token.text) || self.is_value_by_position(token.text) {
            self.write_placeholder();
            // The padding of base64.
            let rest = self.text.get(end..).unwrap_or_default();
            self.pos = end + padding(rest);
        } else if let Some(len) = self.file_name_with_spaces(token.text) {
            self.write_unchanged(token.text);
            self.template.push(" ");
            self.write_placeholder();
            self.pos = end + len;
        } else if token.is_plain() {
            self.write_word(token.text);
        } else {
            self.write_special(&token);
        }
        // A URL ends after its first token and has moved the position further.
        self.pos = self.pos.max(end);
        if self.pos == end && self.template.ends_in_placeholder() {
            self.pos += padding(self.rest());
        }
    }

    /// Writes a token that contains a digit, dot, slash or at sign.
    fn write_special(&mut self, token: &Token<'t>) {
        let text = token.text;
        if token.slash && shapes::is_url(text) {
            self.write_url(text);
        } else if token.is_location() {
            self.write_path(text);
        } else if (token.at && shapes::is_email(text)) || (token.dot && lexicon::is_media(text)) {
            self.write_placeholder();
        } else if token.digit {
            self.write_name_or_number(text);
        } else {
            self.write_word(text);
        }
    }
}

/// The length of the padding of base64 that `rest` starts with.
fn padding(rest: &str) -> usize {
    let padding = rest.len() - rest.trim_start_matches('=').len();
    let ends = !rest.get(padding..).unwrap_or_default().starts_with(|c: char| c.is_alphanumeric());
    if padding <= 2 && ends { padding } else { 0 }
}

//! The scanner: converts one line of error text into a template, in one pass from left to right.
//!
//! [`Scanner::run`] splits the line into white space, quoted texts, words of other scripts, and tokens. A [`Token`]
//! is a run of ASCII letters, digits and the punctuation that joins them. A token is a plain word, a URL, a path, an
//! e-mail address, a media file, or a name or number with digits; each of them has a method that writes it to the
//! [`TemplateBuilder`], part by part: parts that identify the cause unchanged, parts that differ between jobs as a
//! placeholder. The builder also collects the best error code of the line.
//!
//! The work is linear in the length of the line, and stops once the template has reached its maximum length.

use super::code::{self, CodeRank, NumberContext};
use super::lexicon::{self, PLACEHOLDER};

/// Maximum length of a template, after which an ellipsis follows. It is counted in the template, not in the line, so
/// that the length of an id does not move the end.
const MAX_TEMPLATE: usize = 300;

/// A longer token is data, unless it is a URL or a path.
const MAX_TOKEN: usize = 64;

/// A longer segment of a path is data.
const MAX_SEGMENT: usize = 40;

/// A quote that is not closed within this many bytes is not a quote.
const MAX_QUOTED: usize = 200;

/// Maximum depth of quotes within quotes.
const MAX_QUOTE_DEPTH: u8 = 3;

/// Maximum length of an IPv6 address, including one that ends in an IPv4 address.
const MAX_ADDRESS: usize = 45;

/// Maximum length of a file name with spaces.
const MAX_FILE_NAME: usize = 100;

/// Maximum length of a text in brackets that is looked at as a whole.
const MAX_ENCLOSED: usize = 160;

/// From this character on, scripts (Chinese, Japanese, Korean) are written without spaces, so that a URL or path ends
/// there.
const FIRST_UNSPACED: u32 = 0x2e80;

/// Directories whose contents belong to one job.
const TEMPORARY_DIRS: [&str; 9] = [
    "/tmp/",
    "/var/tmp/",
    "/private/tmp/",
    "/var/folders/",
    "/private/var/folders/",
    "/dev/shm/",
    "/run/user/",
    "/scratch/",
    "/var/lib/docker/overlay2/",
];

/// A template under construction, with the best error code found so far.
#[derive(Default)]
pub(crate) struct TemplateBuilder {
    text: String,
    /// Where the last placeholder ended.
    placeholder_end: Option<usize>,
    code: Option<(CodeRank, String)>,
    /// Whether the maximum length was reached.
    cut: bool,
}

impl TemplateBuilder {
    /// Appends the template of `line`.
    pub(crate) fn scan(&mut self, line: &str) {
        self.text.reserve(line.len().min(MAX_TEMPLATE) + 16);
        Scanner { text: line, pos: 0, previous_word: "", quote_depth: 0, template: self }.run();
    }

    /// Records the code in `line`, without appending to the template.
    pub(crate) fn record_code_in(&mut self, line: &str) {
        let mut other = Self::default();
        other.scan(line);
        // Exit code 1 does not identify a cause: tools exit with it after every error.
        if let Some((rank, code)) = other.code.filter(|(_, code)| code != "exit 1") {
            self.record_code(rank, || code);
        }
    }

    /// Records the code field of a structured error.
    pub(crate) fn record_structured_code(&mut self, code: Option<String>) {
        if let Some(code) = code {
            // The status before the body: `400 - {"code":"invalid_params"}`.
            let status = match &self.code {
                Some((CodeRank::Http, status)) if !code.starts_with("HTTP ") => {
                    status.clone() + " "
                }
                _ => String::new(),
            };
            self.record_code(CodeRank::Structured, || status + &code);
        }
    }

    /// Removes the exception class of a wrapper, so that the class of the wrapped error is recorded.
    pub(crate) fn remove_class(&mut self) {
        self.code.take_if(|(rank, _)| *rank == CodeRank::Class);
    }

    /// Records a code if its rank is lower than that of the recorded one.
    fn record_code(&mut self, rank: CodeRank, code: impl FnOnce() -> String) {
        if self.code.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.code = Some((rank, code()));
        }
    }

    /// Appends text unchanged.
    pub(crate) fn push(&mut self, text: &str) {
        if self.text.len() < MAX_TEMPLATE {
            self.text.push_str(text);
        } else if !self.cut {
            self.cut = true;
            self.text.push('…');
        }
    }

    /// Appends a placeholder. Placeholders with only separators between them are merged, because lists and dates vary
    /// in length and form.
    fn push_placeholder(&mut self) {
        match self.after_placeholder() {
            Some(gap) if gap.len() <= 3 && gap.bytes().all(|b| b" ,;:./\\-_+x#|~".contains(&b)) => {
                let end = self.text.len() - gap.len();
                self.text.truncate(end);
            }
            _ => self.push(PLACEHOLDER),
        }
        self.placeholder_end = Some(self.text.len());
    }

    /// Appends a space unless the template is empty or ends in one.
    fn push_space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(" ");
        }
    }

    /// The text after the last placeholder.
    fn after_placeholder(&self) -> Option<&str> {
        self.placeholder_end.and_then(|end| self.text.get(end..))
    }

    /// Whether the template ends in a placeholder, or in one and a space.
    fn ends_in_placeholder(&self) -> bool {
        matches!(self.after_placeholder(), Some("" | " "))
    }

    /// Whether the template ends in a placeholder and at most two more bytes.
    fn has_placeholder_near_end(&self) -> bool {
        self.after_placeholder().is_some_and(|gap| gap.len() <= 2)
    }

    /// Whether the template ends in a placeholder and a slash, as between the parts of a date.
    fn ends_in_placeholder_and_slash(&self) -> bool {
        self.text.ends_with("<*>/")
    }

    /// Removes the text after the last placeholder.
    fn truncate_to_placeholder(&mut self) {
        if let Some(end) = self.placeholder_end {
            self.text.truncate(end);
        }
    }

    /// The template without punctuation at its end, which is empty if there was no text, and the best code.
    pub(crate) fn finish(mut self) -> (String, Option<String>) {
        let trimmed = |text: &str| text.trim_end_matches([' ', '.', ',', ':', ';', '-']).len();
        self.text.truncate(trimmed(&self.text));
        // A value after a colon at the end is often optional, such as the name of the file.
        while let Some(rest) = self.text.strip_suffix(": <*>").filter(|rest| rest.contains(' ')) {
            let end = trimmed(rest);
            self.text.truncate(end);
        }
        (self.text, self.code.map(|(_, code)| code))
    }
}

/// A run of ASCII letters, digits and joining punctuation, and the characters in it that decide how it is written.
struct Token<'t> {
    text: &'t str,
    digit: bool,
    slash: bool,
    at: bool,
    dot: bool,
    backslash: bool,
}

impl<'t> Token<'t> {
    /// Reads the token that starts at byte `start`. Its text is empty if there is only punctuation.
    fn read(text: &'t str, start: usize) -> Self {
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
    fn is_plain(&self) -> bool {
        !(self.digit || self.slash || self.at || self.dot || self.backslash)
    }

    /// Whether the token is a URL or a path.
    fn is_location(&self) -> bool {
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
            if self.template.cut {
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
        let too_long = token.text.len() > MAX_TOKEN && !token.is_location();
        if too_long || lexicon::is_base64(token.text) || self.is_value_by_position(token.text) {
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
        if token.slash && lexicon::is_url(text) {
            self.write_url(text);
        } else if token.is_location() {
            self.write_path(text);
        } else if (token.at && lexicon::is_email(text)) || (token.dot && lexicon::is_media(text)) {
            self.write_placeholder();
        } else if token.digit {
            self.write_name_or_number(text);
        } else {
            self.write_word(text);
        }
    }
}

/// Words, and names and numbers with digits.
impl<'t> Scanner<'t, '_> {
    /// Writes a word without digits.
    fn write_word(&mut self, word: &'t str) {
        if self.template.ends_in_placeholder() {
            if lexicon::is_unit(word) {
                return self.template.truncate_to_placeholder();
            }
            // Not for `attempt(s)`.
            let optional_plural = self.byte_after(word) == Some(b'(');
            if let Some(plural) = lexicon::plural(word).filter(|_| !optional_plural) {
                self.previous_word = word;
                return self.template.push(plural);
            }
        }
        let capital = word.bytes().any(|b| b.is_ascii_uppercase());
        if capital
            && (lexicon::is_scrambled(word)
                || lexicon::is_random_letters(word)
                || self.is_date_part(word)
                || word == "NaN" && self.byte_before() == Some(b' '))
            || lexicon::is_letter_hash(word)
        {
            return self.write_placeholder();
        }
        self.record_code_of_word(word);
        self.write_unchanged(word);
    }

    fn record_code_of_word(&mut self, word: &str) {
        if word.starts_with(':') {
            return;
        }
        let next = self.byte_after(word);
        let is_call = next == Some(b'(');
        let qualifies =
            self.text.get(self.pos + word.len()..).is_some_and(|rest| rest.starts_with("::"));
        let separated = matches!(self.byte_before(), Some(b'=' | b'\'' | b'"' | b' '));
        let labeled = separated && !is_call && lexicon::precedes_code(self.previous_word);
        let opens_line = self.pos == 0
            && next == Some(b':')
            && !qualifies
            && (lexicon::is_camel_case(word) || word.contains('_'));
        // The status of gRPC as Go prints it.
        let is_status = labeled && self.before().ends_with("code = ");
        let rank = code::of_word(word, next, labeled)
            .or(opens_line.then_some(CodeRank::Class))
            .or(is_status.then_some(CodeRank::Symbol));
        if let Some(rank) = rank {
            self.template.record_code(rank, || word.to_owned());
        }
    }

    /// Whether the position of a word shows that it is a value: an id or a secret after its name.
    fn is_value_by_position(&self, word: &str) -> bool {
        let is_absent = || matches!(word, "undefined" | "null" | "NaN" | "None" | "nil");
        match self.byte_before() {
            Some(b'=') => lexicon::precedes_id(self.previous_word) && !is_absent(),
            Some(b' ' | b':') => {
                self.is_video_id(word)
                    || self.is_secret(word)
                    || self.is_labeled_id(word)
                    || self.is_name_of_entity(word)
            }
            _ => false,
        }
    }

    /// Whether a word is secret, as in `Authorization: Bearer …` and `password: …`.
    fn is_secret(&self, word: &str) -> bool {
        let is_scheme = matches!(word, "Bearer" | "Basic");
        let before = self.before().as_bytes().trim_ascii_end();
        let labeled = lexicon::precedes_secret(self.previous_word) && before.ends_with(b":");
        (labeled && !is_scheme) || self.previous_word == "Bearer" || before.ends_with(b"ion: Basic")
    }

    /// Whether a word is the id of a video, which yt-dlp prints between the name of the site and a colon:
    /// `[youtube] dQw4w9WgXcQ: …`.
    fn is_video_id(&self, word: &str) -> bool {
        let site = self.before().strip_prefix('[').and_then(|site| site.strip_suffix("] "));
        let is_site = site.is_some_and(|site| !site.contains([' ', ']']));
        is_site
            && self.byte_after(word) == Some(b':')
            && (self.previous_word == "youtube"
                || word.bytes().any(|b| b.is_ascii_digit())
                || lexicon::is_random_letters(word))
    }

    /// Whether a word is the value of an id with a colon after its label: `RequestID: R9F0`, `host id: JCpQ`.
    fn is_labeled_id(&self, word: &str) -> bool {
        let label = ["ID", "Id", "id"].iter().any(|end| self.previous_word.ends_with(end));
        let is_word =
            word.bytes().all(|b| b.is_ascii_lowercase()) || self.byte_after(word) == Some(b'(');
        label && !is_word && self.before().trim_end().ends_with(':')
    }

    /// Whether a word is the name of an object of the users, given by the noun before it and the statement after
    /// it: `Workspace acme is suspended`, `of template acme-intro not found`.
    fn is_name_of_entity(&self, word: &str) -> bool {
        if !lexicon::is_entity(self.previous_word) || lexicon::is_compound_of_entity(word) {
            return false;
        }
        let after = self.text.get(self.pos + word.len()..).unwrap_or_default();
        let mut next = after.split(' ').skip(1);
        let next = next.next().unwrap_or_default().trim_end_matches([',', '.', ':']);
        // "for workspace acme (80 of 80)": the name ends the phrase that a preposition starts.
        let ends_phrase = || {
            let rest = after.trim_start_matches(' ');
            self.words_before_noun().is_some_and(|word| matches!(word, "for" | "of" | "in" | "by"))
                && (rest.is_empty() || rest.starts_with(['(', ',', ':', '.', ';']))
        };
        (after.starts_with(' ') && lexicon::starts_statement(next)) || ends_phrase()
    }

    /// The word before the noun that was written last.
    fn words_before_noun(&self) -> Option<&'t str> {
        self.before().trim_end().strip_suffix(self.previous_word)?.trim_end().rsplit(' ').next()
    }

    /// The length of a file name with spaces after a noun such as `File`, up to the extension of a media file.
    fn file_name_with_spaces(&self, noun: &str) -> Option<usize> {
        let after = self.text.get(self.pos + noun.len()..)?;
        if !after.starts_with(' ') || !lexicon::is_file_noun(noun) {
            return None;
        }
        let window = after.get(..after.floor_char_boundary(MAX_FILE_NAME))?;
        let ends = [':', ',', ';', '"', '\'', '\n', '(', '/', '«', '»', '“', '„', '”'];
        let end = window.find(ends).unwrap_or(window.len());
        let mut words = 0;
        for piece in window.get(..end)?.split_inclusive(' ').skip(1) {
            words += piece.len();
            let name = piece.trim_end();
            if lexicon::is_media(name) {
                return Some(1 + words - (piece.len() - name.len()));
            }
        }
        None
    }

    /// Whether a word is a month or weekday next to a number or to another one.
    fn is_date_part(&self, word: &str) -> bool {
        if !lexicon::is_calendar(word) {
            return false;
        }
        let after = self.text.get(self.pos + word.len()..).unwrap_or_default();
        let after = after.trim_start_matches([' ', ',', '.']);
        let next = after.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        self.template.has_placeholder_near_end()
            || after.starts_with(|c: char| c.is_ascii_digit())
            || after.starts_with(PLACEHOLDER)
            || lexicon::is_calendar(next)
    }

    /// Writes a token with digits that is not a URL or path: a technical name, a code, an id, or a name with a number.
    fn write_name_or_number(&mut self, token: &'t str) {
        let rest = self.text.get(self.pos + token.len()..).unwrap_or_default();
        // A module whose name ends in a number: `Mysql2::Error`.
        let is_module = rest.starts_with("::")
            && token.trim_end_matches(|c: char| c.is_ascii_digit()).len() > 2;
        if lexicon::is_technical_name(token)
            || self.is_port(token)
            || is_null_byte(token)
            || is_module
        {
            return self.write_unchanged(token);
        }
        if let Some((host, port)) = split_port(token) {
            self.write_parts(host);
            self.template.push(":");
            return self.template.push(port);
        }
        if lexicon::is_release(token) {
            return self.write_placeholder();
        }
        let context = NumberContext {
            previous_word: self.previous_word,
            before: self.before(),
            after: self.text.get(self.pos + token.len()..).unwrap_or_default(),
        };
        if let Some((rank, code)) = code::of_number(token, &context) {
            self.template.record_code(rank, || code);
            self.write_unchanged(token);
        } else if lexicon::is_numbered_code(token) || code::is_labeled_symbol(token, &context) {
            self.template.record_code(CodeRank::Symbol, || token.to_owned());
            self.write_unchanged(token);
        } else if lexicon::is_class_with_digits(token) {
            self.template.record_code(CodeRank::Class, || token.to_owned());
            self.write_unchanged(token);
        } else {
            self.write_parts(token);
        }
    }

    /// Writes a token with digits part by part. Words are kept. An id becomes a placeholder, which includes the parts
    /// after it up to the next `.`, `:` or `@`.
    fn write_parts(&mut self, token: &'t str) {
        if lexicon::is_id(token) || lexicon::is_composite_id(token) {
            return self.write_placeholder();
        }
        let mut in_id = false;
        let mut rest = token;
        let mut separator = "";
        while !rest.is_empty() {
            let len = rest.find(lexicon::is_separator).unwrap_or(rest.len());
            let (part, after) = rest.split_at(len);
            if !in_id || separator.starts_with(['.', ':', '@']) {
                self.template.push(separator);
                in_id = self.write_part(part, separator.is_empty());
            }
            let len = after.find(|c| !lexicon::is_separator(c)).unwrap_or(after.len());
            (separator, rest) = after.split_at(len);
        }
        if !in_id {
            self.template.push(separator);
        }
    }

    /// Whether a number is the port of a known service after an address or its label: `port 5432`.
    fn is_port(&self, number: &str) -> bool {
        let address = self.before().ends_with(">:") || self.before().ends_with("]:");
        (address || self.previous_word.eq_ignore_ascii_case("port"))
            && lexicon::is_known_port(number)
    }

    /// Writes one part of a token; returns whether it ended in a placeholder. The first part of a token can be a name
    /// with a number (`worker7`).
    fn write_part(&mut self, part: &'t str, first: bool) -> bool {
        let Some(letters) = part.find(|c: char| c.is_ascii_digit()) else {
            self.write_unchanged(part);
            return false;
        };
        // A version after other parts numbers one object: `clips-v5`.
        if lexicon::is_technical_name(part) && (first || !lexicon::is_version(part)) {
            self.write_unchanged(part);
            return false;
        }
        let (name, number) = part.split_at(letters);
        let is_named = first && name.len() >= 2 && lexicon::is_word(name);
        if is_named && number.bytes().all(|b| b.is_ascii_digit()) {
            self.template.push(name);
        }
        self.write_placeholder();
        true
    }

    /// Writes quotes, spaces, digits and words of other scripts, which can be directly next to an id.
    fn write_non_ascii(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if matches!(first, '“' | '„' | '«' | '»' | '‘' | '‹' | '「' | '『') {
            return self.write_quoted();
        }
        if first.is_whitespace() {
            self.pos += first.len_utf8();
            return self.template.push_space();
        }
        if first.is_numeric() {
            let ends = |c: char| c.is_ascii() || !c.is_numeric();
            self.pos += rest.find(ends).unwrap_or(rest.len());
            return self.write_placeholder();
        }
        let ends = |c: char| c.is_ascii() || c.is_numeric() || !c.is_alphabetic();
        let len = rest.find(ends).unwrap_or(rest.len()).max(first.len_utf8());
        let after = rest.get(len..).unwrap_or_default();
        let extension = after.find(|c: char| c != '.' && !c.is_ascii_alphanumeric());
        let extension = after.get(..extension.unwrap_or(after.len())).unwrap_or_default();
        if extension.starts_with('.')
            && lexicon::is_media(rest.get(..len + extension.len()).unwrap_or_default())
        {
            self.pos += len + extension.len();
            return self.write_placeholder();
        }
        self.write_unchanged(rest.get(..len).unwrap_or_default());
        self.pos += len;
    }
}

/// Texts in brackets and parentheses, and secrets that were masked before.
impl Scanner<'_, '_> {
    /// The text inside of brackets that open at the current position, if they close within a short distance.
    fn enclosed(&self, close: char) -> Option<&str> {
        let rest = self.rest().get(1..)?;
        let window = rest.get(..rest.floor_char_boundary(MAX_ENCLOSED))?;
        window.find(close).and_then(|end| window.get(..end))
    }

    /// Writes the representation of an object (`<_io.BytesIO object at 0x7ff65d>`) as a placeholder.
    fn write_object_or_copy(&mut self) {
        let object = self.enclosed('>').filter(|inner| inner.contains(" at 0x"));
        match object.map(str::len) {
            Some(len) => {
                self.pos += len + 2;
                self.write_placeholder();
            }
            None => self.copy(1),
        }
    }

    /// Skips a parenthesis that contains only measurements or a position, which some versions of a library omit, and
    /// the SQL statement that failed.
    fn write_parenthesis(&mut self) {
        // The values of a key: "Key (slug)=(summer)", "The duplicate key value is (summer)".
        let holds_value = [")=", "value is "].iter().any(|end| self.before().ends_with(end));
        let Some(inner) = self.enclosed(')') else {
            let statement =
                self.rest().starts_with("(SQL: ") || self.rest().starts_with("(Connection: ");
            if statement {
                self.pos = self.text.len();
                return;
            }
            return self.copy(1);
        };
        let statement = inner.starts_with("SQL: ") || inner.contains(", SQL: ");
        let len = inner.len() + 2;
        if statement {
            self.pos = self.text.len();
        } else if holds_value {
            self.template.push("(");
            self.write_placeholder();
            self.template.push(")");
            self.pos += len;
        } else if lexicon::is_measurements(inner) {
            self.pos += len;
        } else {
            self.copy(1);
        }
    }

    /// Writes an IPv6 address in brackets as the placeholder that an IPv4 address becomes.
    fn write_address_or_copy(&mut self) {
        let address = self.enclosed(']').filter(|inner| {
            inner.matches(':').count() >= 2
                && inner.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
        });
        let Some(len) = address.map(str::len) else {
            return self.copy(1);
        };
        self.pos += len + 2;
        self.write_placeholder();
        let port = self.rest().strip_prefix(':').unwrap_or_default();
        let digits = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
        let port = port.get(..digits).unwrap_or_default();
        if lexicon::is_known_port(port) {
            self.copy(1 + digits);
        } else if digits > 0 {
            self.pos += 1 + digits;
        }
    }

    /// Writes a secret of which only the ends are legible (`sk-***cdef`) as a placeholder; `len` bytes of it come
    /// before the asterisks.
    fn write_masked_secret(&mut self, len: usize) {
        let rest = self.text.get(self.pos + len..).unwrap_or_default();
        let ends = |c: char| !c.is_ascii_alphanumeric() && c != '*' && c != '-' && c != '_';
        self.pos += len + rest.find(ends).unwrap_or(rest.len());
        self.write_placeholder();
    }
}

/// URLs and paths: servers and directories are kept; parts that name a file or request of one job are not.
impl<'t> Scanner<'t, '_> {
    /// Writes the URL that starts with `token`: scheme, host and constant segments are kept; credentials, the port,
    /// variable segments and the query are not.
    fn write_url(&mut self, token: &'t str) {
        let rest = self.rest();
        let ends = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '"' | '\'' | '`' | '<' | '>' | '{' | '}' | '|' | ')' | ']' | '\\')
                || u32::from(c) >= FIRST_UNSPACED
        };
        let url = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or(token);
        let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let (scheme, rest) = url.split_once("://").unwrap_or((url, ""));
        let (rest, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        self.template.push(scheme);
        self.template.push("://");
        let mut host = authority;
        if let Some((_, after_credentials)) = authority.rsplit_once('@') {
            self.write_placeholder();
            self.template.push("@");
            host = after_credentials;
        }
        let (host, port) = split_port(host).map_or((host, None), |(host, port)| (host, Some(port)));
        self.write_host(host);
        if let Some(port) = port {
            self.template.push(":");
            self.template.push(port);
        }
        if path.trim_end_matches('/').ends_with(".git") {
            self.template.push("/");
            self.write_placeholder();
        } else {
            self.write_segments(path);
        }
        if let Some(mark) = query.get(..1) {
            self.template.push(mark);
            if query.len() > 1 {
                self.write_placeholder();
            }
        }
        self.previous_word = "";
        self.pos += url.len();
    }

    /// Writes a host; its first label is not kept if it is the name of a tenant.
    fn write_host(&mut self, host: &'t str) {
        match host.split_once('.') {
            Some((tenant, domain)) if lexicon::is_tenant(tenant, domain) => {
                self.write_placeholder();
                self.template.push(".");
                self.write_segment(domain);
            }
            _ => self.write_segment(host),
        }
    }

    fn write_path(&mut self, path: &'t str) {
        if path.starts_with("HTTP/") && path.len() <= 8 {
            return self.write_unchanged(path);
        }
        if lexicon::is_media_type(path) {
            return self.write_placeholder();
        }
        match split_temporary_dir(path) {
            Some((dir, below)) if !below.is_empty() => {
                self.template.push(dir);
                self.write_placeholder();
            }
            _ => self.write_segments(path),
        }
    }

    /// Writes the segments of a path and the separators between them.
    fn write_segments(&mut self, path: &'t str) {
        let mut last = path;
        for piece in path.split_inclusive(['/', '\\']) {
            let segment = piece.trim_end_matches(['/', '\\']);
            // The directory of one user, or an object in the name of a resource (`projects/acme/jobs`), unless it
            // ends the path.
            let is_named = matches!(last, "Users" | "home") || lexicon::is_collection(last);
            let is_name = is_named && piece.len() > segment.len();
            if is_name {
                self.write_placeholder();
            } else {
                self.write_segment(segment);
            }
            self.template.push(piece.get(segment.len()..).unwrap_or_default());
            last = segment;
        }
        self.previous_word = last;
    }

    /// Writes a host or one segment of a path.
    fn write_segment(&mut self, segment: &'t str) {
        let bytes = segment.as_bytes();
        let date = self.template.ends_in_placeholder_and_slash() && lexicon::is_calendar(segment);
        if segment.len() > MAX_SEGMENT
            || bytes.contains(&b'%')
            || lexicon::is_media(segment)
            || (lexicon::is_scrambled(segment) && segment.bytes().any(|b| b.is_ascii_uppercase()))
            || lexicon::is_email(segment)
            || date
        {
            self.write_placeholder();
        } else if bytes.iter().any(u8::is_ascii_digit) && !lexicon::is_technical_name(segment) {
            self.write_parts(segment);
        } else {
            self.template.push(segment);
        }
    }
}

/// The host and the port of `address`, if the port is that of a known service.
fn split_port(address: &str) -> Option<(&str, &str)> {
    let (host, port) = address.rsplit_once(':')?;
    let is_host = host.len() > 2 && !host.contains([':', '/']) && host.contains(['.', 'l']);
    let is_ipv6 = || {
        host.contains("::")
            && host.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
    };
    ((is_host || is_ipv6()) && lexicon::is_known_port(port)).then_some((host, port))
}

/// The length of the padding of base64 that `rest` starts with.
fn padding(rest: &str) -> usize {
    let padding = rest.len() - rest.trim_start_matches('=').len();
    let ends = !rest.get(padding..).unwrap_or_default().starts_with(|c: char| c.is_alphanumeric());
    if padding <= 2 && ends { padding } else { 0 }
}

/// Whether a number is the byte that texts cannot contain, which is a cause of its own.
fn is_null_byte(number: &str) -> bool {
    number == "0x00"
}

/// The temporary directory that `path` starts with, and the rest of `path`.
fn split_temporary_dir(path: &str) -> Option<(&str, &str)> {
    let unix = TEMPORARY_DIRS.iter().find(|dir| path.starts_with(**dir)).map(|dir| dir.len());
    let windows = || path.find("\\Temp\\").map(|at| at + "\\Temp\\".len());
    path.split_at_checked(unix.or_else(windows)?)
}

/// Quoted texts: values of one job, and names of parts of the program or schema.
impl<'t> Scanner<'t, '_> {
    /// Writes a quoted text as a placeholder, unless its form or the words next to it show that it is a name.
    fn write_quoted(&mut self) {
        let Some((open, inner, close)) = self.quoted() else {
            if self.is_cut_in_quotes() {
                self.pos = self.text.len();
                return self.write_placeholder();
            }
            let len = self.rest().chars().next().map_or(1, char::len_utf8);
            return self.copy(len);
        };
        let after = self.rest().get(open + inner.len() + close..).unwrap_or_default();
        let is_name = self.is_name_in_quotes(inner, after) || self.is_reason_in_quotes(inner);
        if is_name && self.quote_depth < MAX_QUOTE_DEPTH {
            self.copy(open);
            Scanner {
                text: inner,
                pos: 0,
                previous_word: self.previous_word,
                quote_depth: self.quote_depth + 1,
                template: &mut *self.template,
            }
            .run();
            // A label counts for every member of a list: "(`slug`,`title`)".
            if !after.starts_with(',') {
                self.previous_word = "";
            }
            self.pos += inner.len();
            self.copy(close);
        } else {
            self.pos += open + inner.len() + close;
            self.write_placeholder();
        }
    }

    /// Whether the text was cut within a quoted value that starts here.
    fn is_cut_in_quotes(&self) -> bool {
        let rest = self.rest();
        let opens = matches!(self.byte_before(), Some(b':' | b'='))
            || (self.byte_before() == Some(b' ') && !lexicon::precedes_name(self.previous_word));
        rest.starts_with('"') && opens && !rest.get(1..).unwrap_or_default().contains('"')
    }

    /// Whether a quoted text is the name of a part of the program or schema, by its form or the words next to it.
    fn is_name_in_quotes(&self, inner: &str, after: &str) -> bool {
        let in_object = self.before().trim_end().ends_with(['{', ',', '[', '('])
            || self.before().trim_end().is_empty();
        let is_key = in_object
            && after.starts_with(':')
            && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_code = inner.contains("::") || inner.ends_with("()");
        let is_address = !inner.contains(' ')
            && (inner.contains("://")
                || split_port(inner).is_some()
                || (matches!(self.previous_word, "host" | "hostname")
                    && lexicon::is_host_name(inner)));
        // "Duplicate entry … for key 'clips.slug'", as opposed to the key of an object.
        let is_index = self.before().ends_with("for key ");
        is_key
            || is_code
            || is_address
            || is_index
            || (lexicon::is_identifier(inner) && !lexicon::precedes_value(self.previous_word))
            || lexicon::precedes_name(self.previous_word)
            || (lexicon::follows_name(after) && !inner.contains(' '))
    }

    /// Whether a quoted text states a reason: it is an argument of an exception, follows a colon after a statement
    /// of failure, or starts with an error code.
    fn is_reason_in_quotes(&self, inner: &str) -> bool {
        let before = self.before();
        let is_sentence = inner.contains(' ');
        let argument = || {
            let call =
                before.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',' || c == ' ');
            let name = call.strip_suffix('(').unwrap_or_default();
            let start = name.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
            call == "(" || call.ends_with(": (") || name.get(start..).is_some_and(lexicon::is_class)
        };
        let introduced = || {
            [" with: ", " failed: ", " error: ", " reason: ", " because: ", " because "]
                .iter()
                .any(|end| before.ends_with(end))
        };
        // The explanation of a code: `Code=-1202 "The certificate for this server is invalid."`
        let explains_code = || {
            let code = before.strip_suffix(' ').unwrap_or_default();
            let label = code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
            label.len() < code.len() && lexicon::ends_with(label, "code=")
        };
        let states_failure = || before.ends_with(": ") && lexicon::states_failure(inner);
        is_sentence
            && (argument()
                || introduced()
                || explains_code()
                || states_failure()
                || lexicon::starts_with_code(inner))
    }

    /// The length of the opening quote at the current position, the text inside, and the length of the closing quote;
    /// None for an apostrophe and for a quote that is not closed.
    fn quoted(&self) -> Option<(usize, &'t str, usize)> {
        let rest = self.rest();
        let open = rest.chars().next()?;
        let closing: &[char] = match open {
            '"' => &['"'],
            '\'' => &['\''],
            '`' => &['`', '\''],
            '“' => &['”'],
            '„' => &['“', '”'],
            '«' => &['»'],
            '»' => &['«'],
            '‘' => &['’'],
            '‹' => &['›'],
            '「' => &['」'],
            '『' => &['』'],
            _ => return None,
        };
        let single = open == '\'';
        if single && self.byte_before().is_some_and(|b| b.is_ascii_alphanumeric() || b >= 0x80) {
            return None;
        }
        let start = open.len_utf8();
        let window = rest.get(start..rest.floor_char_boundary(start + MAX_QUOTED))?;
        let mut escaped = false;
        for (at, c) in window.char_indices() {
            let closes = closing.contains(&c) && !escaped;
            let next =
                || rest.get(start + at + c.len_utf8()..).and_then(|rest| rest.chars().next());
            if closes && !(single && next().is_some_and(char::is_alphanumeric)) {
                return Some((start, window.get(..at)?, c.len_utf8()));
            }
            escaped = c == '\\' && !escaped;
        }
        None
    }
}

//! Words, and names and numbers with digits.

use super::Scanner;
use super::locations::split_port;
use crate::fingerprint::code::{self, CodeRank};
use crate::fingerprint::lexicon::{self, PLACEHOLDER};
use crate::fingerprint::number_context::NumberContext;
use crate::fingerprint::shapes;

/// Maximum length of a file name with spaces.
const MAX_FILE_NAME: usize = 100;

/// Words, and names and numbers with digits.
impl<'t> Scanner<'t, '_> {
    /// Writes a word without digits.
    pub(super) fn write_word(&mut self, word: &'t str) {
        if self.template.ends_in_placeholder() {
            if lexicon::is_unit(word) {
                return self.template.truncate_to_placeholder();
            }
            // Not for `attempt(s)`.
            let optional_plural = self.byte_after(word) == Some(b'(');
            if let Some(plural) = lexicon::plural(word).filter(|_| !optional_plural) {
                self.previous_word = word;
                return self.template.push(&plural);
            }
        }
        let capital = word.bytes().any(|b| b.is_ascii_uppercase());
        if capital
            && (shapes::is_scrambled(word)
                || shapes::is_random_letters(word)
                || self.is_date_part(word)
                || word == "NaN" && self.byte_before() == Some(b' '))
            || shapes::is_letter_hash(word)
        {
            return self.write_placeholder();
        }
        self.record_code_of_word(word);
        self.write_unchanged(word);
    }

    pub(super) fn record_code_of_word(&mut self, word: &str) {
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
            && (shapes::is_camel_case(word) || word.contains('_'));
        // The status of gRPC as Go prints it.
        let is_status = labeled && self.before().ends_with("code = ");
        // Elixir: `** (FunctionClauseError) no function clause matching`.
        let in_parentheses = next == Some(b')') && self.before().ends_with("** (");
        let rank = code::of_word(word, next.filter(|_| !in_parentheses), labeled)
            .or(opens_line.then_some(CodeRank::Class))
            .or(is_status.then_some(CodeRank::Symbol));
        if let Some(rank) = rank {
            self.template.record_code(rank, || word.to_owned());
        }
    }

    /// Whether the position of a word shows that it is a value: an id or a secret after its name.
    pub(super) fn is_value_by_position(&self, word: &str) -> bool {
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
    pub(super) fn is_secret(&self, word: &str) -> bool {
        let is_scheme = matches!(word, "Bearer" | "Basic");
        let before = self.before().as_bytes().trim_ascii_end();
        let labeled = lexicon::precedes_secret(self.previous_word) && before.ends_with(b":");
        (labeled && !is_scheme) || self.previous_word == "Bearer" || before.ends_with(b"ion: Basic")
    }

    /// Whether a word is the id of a video, which yt-dlp prints between the name of the site and a colon:
    /// `[youtube] dQw4w9WgXcQ: …`.
    pub(super) fn is_video_id(&self, word: &str) -> bool {
        let site = self.before().strip_prefix('[').and_then(|site| site.strip_suffix("] "));
        let is_site = site.is_some_and(|site| !site.contains([' ', ']']));
        is_site
            && self.byte_after(word) == Some(b':')
            && (self.previous_word == "youtube"
                || word.bytes().any(|b| b.is_ascii_digit())
                || shapes::is_random_letters(word))
    }

    /// Whether a word is the value of an id with a colon after its label: `RequestID: R9F0`, `host id: JCpQ`.
    pub(super) fn is_labeled_id(&self, word: &str) -> bool {
        let label = lexicon::is_id_label(self.previous_word);
        let is_word =
            word.bytes().all(|b| b.is_ascii_lowercase()) || self.byte_after(word) == Some(b'(');
        label && !is_word && self.before().trim_end().ends_with(':')
    }

    /// Whether a word is the name of an object of the users, given by the noun before it and the statement after
    /// it: `Workspace acme is suspended`, `of template acme-intro not found`.
    pub(super) fn is_name_of_entity(&self, word: &str) -> bool {
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
    pub(super) fn words_before_noun(&self) -> Option<&'t str> {
        self.before().trim_end().strip_suffix(self.previous_word)?.trim_end().rsplit(' ').next()
    }

    /// The length of a file name with spaces after a noun such as `File`, up to the extension of a media file.
    pub(super) fn file_name_with_spaces(&self, noun: &str) -> Option<usize> {
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
    pub(super) fn is_date_part(&self, word: &str) -> bool {
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
    pub(super) fn write_name_or_number(&mut self, token: &'t str) {
        let rest = self.text.get(self.pos + token.len()..).unwrap_or_default();
        // A module whose name ends in a number: `Mysql2::Error`.
        let is_module = rest.starts_with("::")
            && token.trim_end_matches(|c: char| c.is_ascii_digit()).len() > 2;
        if lexicon::is_errno(token) {
            self.template.record_code(CodeRank::Symbol, || token.to_owned());
            return self.write_unchanged(token);
        }
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
        let context = NumberContext::new(self.previous_word, self.before(), rest);
        if let Some((rank, code)) = code::of_number(token, &context) {
            self.template.record_code(rank, || code);
            self.write_unchanged(token);
        } else if let Some(status) = code::joined_status(token) {
            self.template.record_code(CodeRank::Http, || format!("HTTP {status}"));
            self.write_unchanged(token);
        } else if lexicon::is_numbered_code(token)
            || code::is_labeled_symbol(token, &context)
            || code::is_placed_symbol(token, &context)
        {
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
    pub(super) fn write_parts(&mut self, token: &'t str) {
        if shapes::is_id(token) || shapes::is_composite_id(token) {
            return self.write_placeholder();
        }
        let mut in_id = false;
        let mut rest = token;
        let mut separator = "";
        while !rest.is_empty() {
            let len = rest.find(shapes::is_separator).unwrap_or(rest.len());
            let (part, after) = rest.split_at(len);
            if !in_id || separator.starts_with(['.', ':', '@']) {
                self.template.push(separator);
                in_id = self.write_part(part, separator);
            }
            let len = after.find(|c| !shapes::is_separator(c)).unwrap_or(after.len());
            (separator, rest) = after.split_at(len);
        }
        if !in_id {
            self.template.push(separator);
        }
    }

    /// Whether a number is the port of a known service after an address or its label: `port 5432`.
    pub(super) fn is_port(&self, number: &str) -> bool {
        let address = self.before().ends_with(">:") || self.before().ends_with("]:");
        (address || self.previous_word.eq_ignore_ascii_case("port"))
            && lexicon::is_known_port(number)
    }

    /// Writes one part of a token; returns whether it ended in a placeholder. The first part of a token can be a name
    /// with a number (`worker7`).
    pub(super) fn write_part(&mut self, part: &'t str, separator: &str) -> bool {
        let first = separator.is_empty();
        let Some(letters) = part.find(|c: char| c.is_ascii_digit()) else {
            self.write_unchanged(part);
            return false;
        };
        // A version after a hyphen numbers one object (`clips-v5`); after an underscore it is part of a name.
        if lexicon::is_technical_name(part)
            && (first || separator == "_" || !lexicon::is_version(part))
        {
            self.write_unchanged(part);
            return false;
        }
        let (name, number) = part.split_at(letters);
        let is_named = first && name.len() >= 2 && shapes::is_word(name);
        if is_named && number.bytes().all(|b| b.is_ascii_digit()) {
            self.template.push(name);
        }
        self.write_placeholder();
        true
    }

    /// Writes quotes, spaces, digits and words of other scripts, which can be directly next to an id.
    pub(super) fn write_non_ascii(&mut self) {
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

/// Whether a number is the byte that texts cannot contain, which is a cause of its own.
fn is_null_byte(number: &str) -> bool {
    number == "0x00"
}

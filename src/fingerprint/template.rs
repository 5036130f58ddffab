//! From a line to its template, in one pass from left to right.

use super::code::{self, CodeRank};
use super::output::{HOLE, Output};
use super::{chunk, location, words};

/// A word longer than this is data.
const MAX_WORD: usize = 64;

/// Reads one line. `prev` is the last word kept; a hole clears it.
pub(crate) struct Scanner<'t, 'o> {
    pub(crate) text: &'t str,
    pub(crate) pos: usize,
    pub(crate) prev: &'t str,
    /// How many quotes are open around this text.
    pub(crate) quotes: u8,
    pub(crate) out: &'o mut Output,
}

impl<'t> Scanner<'t, '_> {
    pub(crate) fn run(&mut self) {
        while let Some(&byte) = self.text.as_bytes().get(self.pos) {
            if self.out.cut {
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
                | b'@' => self.chunk(),
                b'\'' | b'"' | b'`' => self.quote(),
                b'<' if self.rest().starts_with(HOLE) => {
                    self.pos += HOLE.len();
                    self.hole();
                }
                0x1b => self.escape_sequence(),
                0..=b' ' | 0x7f => {
                    self.pos += 1;
                    self.out.space();
                }
                b':' if self.rest().starts_with("::") => self.chunk(),
                0x80.. => self.beyond_ascii(),
                _ => self.keep(1),
            }
        }
    }

    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    pub(crate) fn byte_before(&self) -> Option<u8> {
        self.pos.checked_sub(1).and_then(|at| self.text.as_bytes().get(at)).copied()
    }

    pub(crate) fn hole(&mut self) {
        self.out.hole();
        self.prev = "";
    }

    /// Keeps the next `len` bytes, which end at a character.
    pub(crate) fn keep(&mut self, len: usize) {
        self.out.push(self.text.get(self.pos..self.pos + len).unwrap_or_default());
        self.pos += len;
    }

    /// Terminal colours of a tool's output.
    fn escape_sequence(&mut self) {
        let rest = self.rest().as_bytes();
        let parameters =
            rest.iter().skip(2).take_while(|b| matches!(b, b'0'..=b'9' | b';' | b'?')).count();
        let len = if rest.get(1) == Some(&b'[') { 2 + parameters + 1 } else { 1 };
        self.pos = self.text.ceil_char_boundary((self.pos + len).min(self.text.len()));
    }

    /// A run of characters with no separators in it, judged as a whole.
    fn chunk(&mut self) {
        let chunk = chunk::scan(self.text, self.pos);
        if chunk.word.is_empty() {
            return self.keep(1);
        }
        let end = self.pos + chunk.word.len();
        let too_long = chunk.word.len() > MAX_WORD && !chunk.is_location();
        if too_long || self.is_value_by_place(chunk.word) {
            self.hole();
        } else if chunk.is_plain() {
            self.word(chunk.word);
        } else {
            location::write(self, &chunk);
        }
        // A URL moves further than its first chunk.
        self.pos = self.pos.max(end);
    }

    /// A word without digits.
    pub(crate) fn word(&mut self, word: &'t str) {
        if self.out.right_after_hole() {
            if words::is_unit(word) {
                return self.out.drop_space_after_hole();
            }
            let optional_plural = self.text.as_bytes().get(self.pos + word.len()) == Some(&b'(');
            if let Some(plural) = words::plural(word).filter(|_| !optional_plural) {
                self.prev = word;
                return self.out.push(plural);
            }
        }
        let capital = word.bytes().any(|b| b.is_ascii_uppercase());
        if capital && (chunk::is_scrambled(word) || self.is_date_part(word)) {
            return self.hole();
        }
        self.note_code(word);
        self.out.push(word);
        self.prev = word;
    }

    /// Whether the place of a word says that it is a value: an id or a secret behind its name.
    fn is_value_by_place(&self, word: &str) -> bool {
        let nothing = || matches!(word, "undefined" | "null" | "NaN" | "None" | "nil");
        match self.byte_before() {
            Some(b'=') => words::announces_id(self.prev) && !nothing(),
            Some(b' ' | b':') => self.is_video_id(word) || self.is_secret(word),
            _ => false,
        }
    }

    /// `Authorization: Bearer …`, `password: …`.
    fn is_secret(&self, word: &str) -> bool {
        let scheme = |word| matches!(word, "Bearer" | "Basic");
        let before = self.text.as_bytes().get(..self.pos).unwrap_or_default().trim_ascii_end();
        let announced = words::announces_secret(self.prev) && before.ends_with(b":");
        (announced && !scheme(word)) || self.prev == "Bearer" || before.ends_with(b"ion: Basic")
    }

    /// A month or a weekday beside a number.
    fn is_date_part(&self, word: &str) -> bool {
        if !words::is_calendar(word) {
            return false;
        }
        let after = self.text.get(self.pos + word.len()..).unwrap_or_default();
        let after = after.trim_start_matches([' ', ',', '.']);
        let next = after.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        self.out.near_hole()
            || after.starts_with(|c: char| c.is_ascii_digit())
            || after.starts_with(HOLE)
            || words::is_calendar(next)
    }

    /// yt-dlp puts the id of a video between `[youtube]` and a colon.
    fn is_video_id(&self, word: &str) -> bool {
        self.prev == "youtube"
            && self.text.get(..self.pos).is_some_and(|before| before.ends_with("[youtube] "))
            && self.text.as_bytes().get(self.pos + word.len()) == Some(&b':')
    }

    fn note_code(&mut self, word: &str) {
        let next = self.text.as_bytes().get(self.pos + word.len()).copied();
        let separated = matches!(self.byte_before(), Some(b'=' | b'\'' | b'"' | b' '));
        let named = separated && words::announces_code(self.prev);
        let opens =
            self.pos == 0 && next == Some(b':') && (code::is_hump(word) || word.contains('_'));
        let rank = code::of_word(word, next, named).or(opens.then_some(CodeRank::Class));
        if let Some(rank) = rank {
            self.out.record(rank, || word.to_owned());
        }
    }

    /// Characters of other scripts: quotes, spaces, digits, and words, which may stand right beside ids.
    fn beyond_ascii(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if matches!(first, '“' | '„' | '«' | '»' | '‘' | '「' | '『') {
            return self.quote();
        }
        if first.is_whitespace() {
            self.pos += first.len_utf8();
            return self.out.space();
        }
        let same = |c: char, digit: bool| {
            !c.is_ascii() && c.is_numeric() == digit && (digit || c.is_alphabetic())
        };
        let run = |digit: bool| rest.find(|c| !same(c, digit)).unwrap_or(rest.len());
        if first.is_numeric() {
            self.pos += run(true);
            return self.hole();
        }
        let len = run(false).max(first.len_utf8());
        let word = rest.get(..len).unwrap_or_default();
        self.prev = word;
        self.out.push(word);
        self.pos += len;
    }
}

//! From a line to its template, in one pass from left to right.

use super::code::{self, Rank};
use super::{NO_TEXT, chunk, location, words};

/// What stands where jobs differ.
pub(super) const HOLE: &str = "<*>";

/// Templates end here, with an ellipsis. Counted in output, so that the length of an id never moves the cut.
const MAX_BYTES: usize = 300;
/// A quoted text is closed within this many bytes, or the quote is a stray one.
const MAX_QUOTED: usize = 200;
/// A word longer than this is data.
const MAX_WORD: usize = 64;
/// Quotes inside quotes are followed this deep.
const MAX_QUOTES: u8 = 3;

/// A template being written, and the best code seen on the way.
#[derive(Default)]
pub(super) struct Output {
    text: String,
    /// Where the last hole ended, while only separators followed it.
    hole: Option<usize>,
    code: Option<(Rank, String)>,
    cut: bool,
}

impl Output {
    /// Adds the template of `line`.
    pub(super) fn write(&mut self, line: &str) {
        Scanner { text: line, pos: 0, prev: "", quotes: 0, out: self }.run();
    }

    /// Notes the code that `line` names, without its text.
    pub(super) fn take_code_from(&mut self, line: &str) {
        let mut other = Self::default();
        other.write(line);
        // Every tool that says why it failed also exits with 1.
        if let Some((rank, code)) = other.code.filter(|(_, code)| code != "exit 1") {
            self.record(rank, || code);
        }
    }

    /// The class of a wrapper gives way to that of the error inside.
    pub(super) fn forget_class(&mut self) {
        self.code.take_if(|(rank, _)| *rank == Rank::Class);
    }

    pub(super) fn record_structured(&mut self, code: Option<String>) {
        if let Some(code) = code {
            self.record(Rank::Structured, || code);
        }
    }

    /// Keeps the better of two codes, the first of equals.
    pub(super) fn record(&mut self, rank: Rank, code: impl FnOnce() -> String) {
        if self.code.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.code = Some((rank, code()));
        }
    }

    /// Adds text as it is.
    pub(super) fn push(&mut self, text: &str) {
        if self.text.len() < MAX_BYTES {
            self.text.push_str(text);
        } else if !self.cut {
            self.cut = true;
            self.text.push('…');
        }
    }

    /// Adds a hole. Holes with nothing but separators between them are one: lists and dates vary in length and form.
    pub(super) fn hole(&mut self) {
        let gap = self.hole.and_then(|end| self.text.get(end..));
        match gap {
            Some(gap) if gap.len() <= 3 && gap.bytes().all(|b| b" ,;:./\\-_+x#|~".contains(&b)) => {
                let end = self.text.len() - gap.len();
                self.text.truncate(end);
            }
            _ => self.push(HOLE),
        }
        self.hole = Some(self.text.len());
    }

    fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(" ");
        }
    }

    /// Whether a hole was the last thing written, at most a space behind it.
    fn right_after_hole(&self) -> bool {
        self.hole.is_some_and(|end| matches!(self.text.get(end..), Some("" | " ")))
    }

    /// Whether a hole was the last thing written, separators aside.
    fn near_hole(&self) -> bool {
        self.hole.and_then(|end| self.text.get(end..)).is_some_and(|gap| gap.len() <= 2)
    }

    /// Whether a hole and a slash were written last, as between the parts of a date.
    pub(super) fn ends_in_hole_and_slash(&self) -> bool {
        self.text.ends_with("<*>/")
    }

    fn drop_space_after_hole(&mut self) {
        if let Some(end) = self.hole {
            self.text.truncate(end);
        }
    }

    /// The template and the code.
    pub(super) fn finish(mut self) -> (String, Option<String>) {
        let kept = self.text.trim_end_matches([' ', '.', ',', ':', ';', '-']).len();
        self.text.truncate(kept);
        if self.text.is_empty() {
            self.text.push_str(NO_TEXT);
        }
        (self.text, self.code.map(|(_, code)| code))
    }
}

/// Reads one line. `prev` is the last word kept; a hole clears it.
pub(super) struct Scanner<'t, 'o> {
    pub(super) text: &'t str,
    pub(super) pos: usize,
    pub(super) prev: &'t str,
    quotes: u8,
    pub(super) out: &'o mut Output,
}

impl<'t> Scanner<'t, '_> {
    fn run(&mut self) {
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

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    pub(super) fn byte_before(&self) -> Option<u8> {
        self.pos.checked_sub(1).and_then(|at| self.text.as_bytes().get(at)).copied()
    }

    pub(super) fn hole(&mut self) {
        self.out.hole();
        self.prev = "";
    }

    /// Keeps the next `len` bytes, which end at a character.
    fn keep(&mut self, len: usize) {
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
        if (chunk.word.len() > MAX_WORD && !chunk.is_location()) || self.is_video_id(chunk.word) {
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
    pub(super) fn word(&mut self, word: &'t str) {
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
        if self.is_value(word) {
            return self.hole();
        }
        self.note_code(word);
        self.out.push(word);
        self.prev = word;
    }

    /// Whether a word without digits is a value all the same: by its place, or by its looks.
    fn is_value(&self, word: &str) -> bool {
        let before = self.byte_before();
        let nothing = || matches!(word, "undefined" | "null" | "NaN" | "None" | "nil");
        if before == Some(b'=') && words::announces_id(self.prev) {
            return !nothing();
        }
        let capital = word.bytes().any(|b| b.is_ascii_uppercase());
        capital && (chunk::is_scrambled(word) || self.is_date_part(word))
    }

    /// A month or a weekday beside a number.
    fn is_date_part(&self, word: &str) -> bool {
        let after = self
            .text
            .get(self.pos + word.len()..)
            .unwrap_or_default()
            .trim_start_matches([' ', ',', '.']);
        let next = after.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        words::is_calendar(word)
            && (self.out.near_hole()
                || after.starts_with(|c: char| c.is_ascii_digit())
                || after.starts_with(HOLE)
                || words::is_calendar(next))
    }

    /// yt-dlp puts the id of a video between `[youtube]` and a colon.
    fn is_video_id(&self, word: &str) -> bool {
        self.prev == "youtube"
            && self.byte_before() == Some(b' ')
            && self.text.get(..self.pos).is_some_and(|before| before.ends_with("[youtube] "))
            && self.text.as_bytes().get(self.pos + word.len()) == Some(&b':')
    }

    fn note_code(&mut self, word: &str) {
        let next = self.text.as_bytes().get(self.pos + word.len()).copied();
        let separated = matches!(self.byte_before(), Some(b'=' | b'\'' | b'"' | b' '));
        let named = separated && words::announces_code(self.prev);
        let opens =
            self.pos == 0 && next == Some(b':') && (code::is_hump(word) || word.contains('_'));
        let rank = code::of_word(word, next, named).or(opens.then_some(Rank::Class));
        if let Some(rank) = rank {
            self.out.record(rank, || word.to_owned());
        }
    }

    /// Quoted text: a value, unless the words around say that it names a thing.
    fn quote(&mut self) {
        let Some((open, inner, close)) = self.quoted() else {
            let len = self.rest().chars().next().map_or(1, char::len_utf8);
            return self.keep(len);
        };
        let after = self.rest().get(open + inner.len() + close..).unwrap_or_default();
        let is_key =
            after.starts_with(':') && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let is_code = inner.contains("::") || inner.ends_with("()");
        let is_url = inner.contains("://") && !inner.contains(' ');
        let names = is_key
            || is_code
            || is_url
            || words::announces_name(self.prev)
            || words::confirms_name(after);
        if names && self.quotes < MAX_QUOTES {
            self.keep(open);
            let prev = self.prev;
            Scanner { text: inner, pos: 0, prev, quotes: self.quotes + 1, out: &mut *self.out }
                .run();
            self.prev = "";
            self.pos += inner.len();
            self.keep(close);
        } else {
            self.pos += open + inner.len() + close;
            self.hole();
        }
    }

    /// The lengths of the opening and closing quotes here and what is between; None for an apostrophe or a stray quote.
    fn quoted(&self) -> Option<(usize, &'t str, usize)> {
        let rest = self.rest();
        let open = rest.chars().next()?;
        let closers: &[char] = match open {
            '"' => &['"'],
            '\'' => &['\''],
            '`' => &['`', '\''],
            '“' => &['”'],
            '„' => &['“', '”'],
            '«' => &['»'],
            '»' => &['«'],
            '‘' => &['’'],
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
            let ends = closers.contains(&c) && !escaped;
            let next =
                || rest.get(start + at + c.len_utf8()..).and_then(|rest| rest.chars().next());
            if ends && !(single && next().is_some_and(char::is_alphanumeric)) {
                return Some((start, window.get(..at)?, c.len_utf8()));
            }
            escaped = c == '\\' && !escaped;
        }
        None
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

//! Quoted text: a value of one job, or the name of a part of the program?

use super::template::Scanner;
use super::words;

/// A quoted text is closed within this many bytes, or the quote is a stray one.
const MAX_QUOTED: usize = 200;
/// Quotes inside quotes are followed this deep.
const MAX_QUOTES: u8 = 3;

impl<'t> Scanner<'t, '_> {
    /// Quoted text: a value, unless the words around say that it names a thing.
    pub(crate) fn quote(&mut self) {
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
}

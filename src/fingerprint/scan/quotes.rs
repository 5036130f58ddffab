//! Quoted texts: values of one job, names of parts of the program or schema, and reasons.

use super::Scanner;
use super::locations::split_port;
use crate::fingerprint::code::CodeRank;
use crate::fingerprint::lexicon;
use crate::fingerprint::shapes;

/// A quote that is not closed within this many bytes is not a quote.
const MAX_QUOTED: usize = 200;

/// Maximum depth of quotes within quotes.
const MAX_QUOTE_DEPTH: u8 = 3;

/// Quoted texts: values of one job, and names of parts of the program or schema.
impl<'t> Scanner<'t, '_> {
    /// Writes a quoted text as a placeholder, unless its form or the words next to it show that it is a name.
    pub(super) fn write_quoted(&mut self) {
        let Some((open, inner, close)) = self.quoted() else {
            if self.is_cut_in_quotes() {
                self.pos = self.text.len();
                return self.write_placeholder();
            }
            let len = self.rest().chars().next().map_or(1, char::len_utf8);
            return self.copy(len);
        };
        let after = self.rest().get(open + inner.len() + close..).unwrap_or_default();
        // The first part of a pair, in which clients of ODBC print errors: ('42S02', '[42S02] …').
        if lexicon::is_sqlstate(inner) && self.before().ends_with('(') && after.starts_with(", ") {
            self.template.record_code(CodeRank::SqlState, || format!("SQLSTATE {inner}"));
            self.copy(open + inner.len() + close);
            return;
        }
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
    pub(super) fn is_cut_in_quotes(&self) -> bool {
        let rest = self.rest();
        let opens = matches!(self.byte_before(), Some(b':' | b'='))
            || (self.byte_before() == Some(b' ') && !lexicon::precedes_name(self.previous_word));
        rest.starts_with('"') && opens && !rest.get(1..).unwrap_or_default().contains('"')
    }

    /// Whether a quoted text is the name of a part of the program or schema, by its form or the words next to it.
    pub(super) fn is_name_in_quotes(&self, inner: &str, after: &str) -> bool {
        let in_object = self.before().trim_end().ends_with(['{', ',', '[', '('])
            || self.before().trim_end().is_empty();
        let is_key = in_object
            && after.starts_with(':')
            && inner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // A field: `schema['properties']['title']`, as opposed to a list of values.
        let is_subscript = self.before().strip_suffix('[').is_some_and(|object| {
            object.ends_with(|c: char| c.is_ascii_alphanumeric() || c == ']')
        }) && inner.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        let is_code = inner.contains("::") || inner.ends_with("()");
        let is_address = !inner.contains(' ')
            && (inner.contains("://")
                || split_port(inner).is_some()
                || (matches!(self.previous_word, "host" | "hostname")
                    && shapes::is_host_name(inner)));
        // The nouns of the server of Microsoft: "Invalid column name 'Title'".
        let is_part = [" column name ", " object name ", " assembly ", "ORA-00904: "]
            .iter()
            .any(|end| self.before().ends_with(end));
        // "Duplicate entry … for key 'clips.slug'", as opposed to the key of an object.
        let is_index = self.before().ends_with("for key ");
        is_key
            || is_subscript
            || is_code
            || is_address
            || is_index
            || is_part
            || (shapes::is_identifier(inner) && !lexicon::precedes_value(self.previous_word))
            || lexicon::precedes_name(self.previous_word)
            || (lexicon::follows_name(after) && !inner.contains(' '))
    }

    /// Whether a quoted text states a reason: it is an argument of an exception, follows a colon after a statement
    /// of failure, or starts with an error code.
    pub(super) fn is_reason_in_quotes(&self, inner: &str) -> bool {
        let before = self.before();
        let is_sentence = inner.contains(' ');
        let argument = || {
            let call =
                before.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',' || c == ' ');
            let name = call.strip_suffix('(').unwrap_or_default();
            let start = name.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
            let after_state = || {
                let state = before.strip_suffix("', ").unwrap_or_default();
                state
                    .len()
                    .checked_sub(5)
                    .and_then(|at| state.get(at..))
                    .is_some_and(lexicon::is_sqlstate)
            };
            call == "("
                || after_state()
                || [": (", ") ("].iter().any(|end| call.ends_with(end))
                || name.get(start..).is_some_and(lexicon::is_class)
        };
        let introduced = || {
            [
                " with: ",
                " failed: ",
                " error: ",
                " reason: ",
                " because: ",
                " because ",
                " panicked at ",
            ]
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
                || shapes::starts_with_code(inner))
    }

    /// The length of the opening quote at the current position, the text inside, and the length of the closing quote;
    /// None for an apostrophe and for a quote that is not closed.
    pub(super) fn quoted(&self) -> Option<(usize, &'t str, usize)> {
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

//! Texts in brackets and parentheses, and secrets that were masked before.

use super::Scanner;
use crate::fingerprint::lexicon;
use crate::fingerprint::shapes;

/// Maximum length of a text in brackets that is looked at as a whole.
const MAX_ENCLOSED: usize = 160;

/// Texts in brackets and parentheses, and secrets that were masked before.
impl Scanner<'_, '_> {
    /// The text inside of brackets that open at the current position, if they close within a short distance.
    pub(super) fn enclosed(&self, close: char) -> Option<&str> {
        let rest = self.rest().get(1..)?;
        let window = rest.get(..rest.floor_char_boundary(MAX_ENCLOSED))?;
        window.find(close).and_then(|end| window.get(..end))
    }

    /// Writes the representation of an object (`<_io.BytesIO object at 0x7ff65d>`) as a placeholder.
    pub(super) fn write_object_or_copy(&mut self) {
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
    pub(super) fn write_parenthesis(&mut self) {
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
        } else if shapes::is_measurements(inner) {
            self.pos += len;
        } else {
            self.copy(1);
        }
    }

    /// Writes an IPv6 address in brackets as the placeholder that an IPv4 address becomes.
    pub(super) fn write_address_or_copy(&mut self) {
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
    pub(super) fn write_masked_secret(&mut self, len: usize) {
        let rest = self.text.get(self.pos + len..).unwrap_or_default();
        let ends = |c: char| !c.is_ascii_alphanumeric() && c != '*' && c != '-' && c != '_';
        self.pos += len + rest.find(ends).unwrap_or(rest.len());
        self.write_placeholder();
    }
}

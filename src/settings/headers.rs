//! Extra HTTP headers. Names are shown, values are redacted.

use super::{Origin, Setting};
use crate::dsn::Secret;

/// A header that is added to every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, in its original spelling.
    pub(crate) name: String,
    /// The value; a secret, because any header may contain a credential.
    pub(crate) value: Setting<Secret>,
}

impl Header {
    /// Validates a header.
    ///
    /// # Errors
    /// A text that says what is invalid, without the value.
    pub(crate) fn new(name: &str, value: &str, origin: Origin) -> Result<Self, String> {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            return Err("a header name has only letters, digits and -".to_owned());
        }
        if value.chars().any(|c| c.is_control() && c != '\t') || !value.is_ascii() {
            return Err(format!("the value of header {name} must be printable ASCII on one line"));
        }
        let value = Setting::new(Secret::new(value.trim().to_owned()), origin);
        Ok(Self { name: name.to_owned(), value })
    }
}

/// Parses `CLIPLY_HEADERS`: one `Name: value` per line; empty lines are skipped.
pub(super) fn parse(text: &str, origin: &Origin) -> Result<Vec<Header>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let header = |line: &str| match line.split_once(':') {
        Some((name, value)) => Header::new(name.trim(), value.trim(), origin.clone()),
        None => Err("expected one `Name: value` per line".to_owned()),
    };
    lines.map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_one_header() {
        let headers = parse("X-One: a:b \n\nx-two:2", &Origin::Default).unwrap();
        let pairs: Vec<_> =
            headers.iter().map(|h| (h.name.as_str(), h.value.value.expose().as_str())).collect();
        assert_eq!(pairs, [("X-One", "a:b"), ("x-two", "2")]);
    }

    #[test]
    fn invalid_headers_are_rejected_without_being_shown() {
        for text in ["hunter2", "X Y: hunter2", "X: hunter2\u{7}", "X: hünter2", ": hunter2"] {
            let error = parse(text, &Origin::Default).unwrap_err();
            assert!(!error.contains("nter2"), "{error}");
        }
    }
}

//! The id of a job, in compact form: a plan can contain a hundred thousand ids.
//!
//! The same text is the same id whatever the type of its column: a text that is the canonical form of a uuid or a
//! number is kept as one, so that a stored id equals the one that is read again.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::queue::IdType;

/// Id of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum JobId {
    /// A uuid.
    Uuid(u128),
    /// A number.
    Number(i64),
    /// Any other text.
    Text(Interned),
}

/// The only copy of a text, which is kept until the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interned(&'static str);

/// Maximum length of a text id, in bytes.
const MAX_TEXT: usize = 200;

impl JobId {
    /// Parses an id of this type; a uuid with hyphens, in any case.
    pub(crate) fn parse(text: &str, r#type: IdType) -> Option<Self> {
        match r#type {
            IdType::Uuid => uuid(text).map(Self::Uuid),
            IdType::BigInt => {
                let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                text.parse().ok().filter(|_| plain).map(Self::Number)
            }
            IdType::Text => {
                let is_usable = !text.is_empty()
                    && text.len() <= MAX_TEXT
                    && !text.contains(|c: char| c.is_control() || c.is_whitespace());
                let is_canonical = |id: &Self| id.to_string() == text;
                let compact = Self::parse_compact(text).filter(is_canonical);
                compact.or_else(|| is_usable.then(|| Self::Text(Interned::new(text))))
            }
        }
    }

    /// Parses a uuid or a number.
    fn parse_compact(text: &str) -> Option<Self> {
        Self::parse(text, IdType::Uuid).or_else(|| Self::parse(text, IdType::BigInt))
    }

    /// Parses an id of any type.
    pub fn parse_any(text: &str) -> Option<Self> {
        Self::parse(text, IdType::Text)
    }
}

impl Interned {
    fn new(text: &str) -> Self {
        static TEXTS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
        let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        let texts = texts.get_or_insert_default();
        if let Some(known) = texts.get(text) {
            return Self(known);
        }
        let text: &'static str = Box::leak(text.into());
        texts.insert(text);
        Self(text)
    }
}

fn uuid(text: &str) -> Option<u128> {
    let hyphens: Vec<_> = text.match_indices('-').map(|(at, _)| at).collect();
    let digits = text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    if text.len() != 36 || hyphens != [8, 13, 18, 23] || !digits {
        return None;
    }
    u128::from_str_radix(&text.replace('-', ""), 16).ok()
}

/// The form that the server prints.
impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(n) => n.fmt(f),
            Self::Text(Interned(text)) => f.write_str(text),
            Self::Uuid(n) => write!(
                f,
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                n >> 96,
                n >> 80 & 0xffff,
                n >> 64 & 0xffff,
                n >> 48 & 0xffff,
                n & 0xffff_ffff_ffff
            ),
        }
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for JobId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse_any(&text).ok_or_else(|| format!("\"{text}\" is not a job id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn job_id_is_printed_as_in_postgresql() {
        let text = "0A9f0000-0000-4000-8000-00000000abcd";
        assert_eq!(
            JobId::parse(text, IdType::Uuid).unwrap().to_string(),
            text.to_ascii_lowercase()
        );
        assert_eq!(JobId::parse("-42", IdType::BigInt).unwrap().to_string(), "-42");
    }

    #[test]
    fn text_id_equals_its_stored_form() {
        let uuid = "0a9f0000-0000-4000-8000-00000000abcd";
        for text in
            [uuid, "42", "-7", "042", "+1", "01HZX5", "0A9F0000-0000-4000-8000-00000000ABCD"]
        {
            let id = JobId::parse(text, IdType::Text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(JobId::try_from(String::from(id)).unwrap(), id, "{text}");
        }
        assert_eq!(JobId::parse(uuid, IdType::Text), JobId::parse(uuid, IdType::Uuid));
        assert_ne!(JobId::parse("042", IdType::Text), JobId::parse("42", IdType::Text));
        for text in ["", "a b", "a\nb", "\u{1b}[31m", &"x".repeat(201)] {
            assert_eq!(JobId::parse(text, IdType::Text), None, "{text}");
        }
    }

    #[test]
    fn invalid_job_ids_are_rejected() {
        for text in ["", "42", "x", "0a9f0000-0000-4000-8000-00000000abc", "+1-2-3"] {
            assert_eq!(JobId::parse(text, IdType::Uuid), None, "{text}");
        }
        for text in ["", "+1", "1.0", "x", "99999999999999999999"] {
            assert_eq!(JobId::parse(text, IdType::BigInt), None, "{text}");
        }
    }
}

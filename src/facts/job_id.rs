//! The id of a job, in compact form: a plan can contain a hundred thousand ids.

use std::fmt;

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
}

impl JobId {
    /// Parses an id of this type; a uuid with hyphens, in any case.
    pub(crate) fn parse(text: &str, r#type: IdType) -> Option<Self> {
        match r#type {
            IdType::Uuid => uuid(text).map(Self::Uuid),
            IdType::BigInt => {
                let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                text.parse().ok().filter(|_| plain).map(Self::Number)
            }
        }
    }

    /// Parses an id of either type.
    pub fn parse_any(text: &str) -> Option<Self> {
        Self::parse(text, IdType::Uuid).or_else(|| Self::parse(text, IdType::BigInt))
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
        Self::parse_any(&text).ok_or_else(|| format!("\"{text}\" is no job id"))
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
    fn invalid_job_ids_are_rejected() {
        for text in ["", "42", "x", "0a9f0000-0000-4000-8000-00000000abc", "+1-2-3"] {
            assert_eq!(JobId::parse(text, IdType::Uuid), None, "{text}");
        }
        for text in ["", "+1", "1.0", "x", "99999999999999999999"] {
            assert_eq!(JobId::parse(text, IdType::BigInt), None, "{text}");
        }
    }
}

//! Column types that are decoded from the binary protocol, for queries with many rows: faster than
//! a conversion to text on the server and parsing here.

use std::borrow::Cow;
use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

use crate::facts::job_id::JobId;
use crate::facts::{SourceError, SourceErrorKind};
use crate::fingerprint::Fingerprint;
use crate::queue::IdType;
use crate::redact;

/// Returns a text column without secrets. Every text that is shown or compared is read with this function or
/// [`json`]: kinds and names of workers can contain secrets as errors do.
pub(crate) fn text(row: &Row, column: &str) -> Option<String> {
    raw(row, column).as_deref().map(redact::text)
}

/// Returns a column of JSON, possibly cut off, as text without secrets.
pub(crate) fn json(row: &Row, column: &str) -> Option<String> {
    raw(row, column).as_deref().map(redact::json_text)
}

/// Returns the fingerprint of a row with the columns `fp_last_error` and `fp_error`, for a kind without secrets.
/// The template consists of redacted text: it may be a line whose neighbors say that it is a secret.
pub(crate) fn fingerprint(row: &Row, kind: &str) -> Fingerprint {
    let (last_error, error) = (raw(row, "fp_last_error"), raw(row, "fp_error"));
    fingerprint_of(kind, last_error.as_deref(), error.as_deref())
}

/// Returns the fingerprint of the texts of a failure, without secrets.
pub(crate) fn fingerprint_of(
    kind: &str,
    last_error: Option<&str>,
    error: Option<&str>,
) -> Fingerprint {
    let last_error = last_error.filter(|text| !text.trim().is_empty()).map(redact::text);
    if last_error.is_some() {
        // Only the code of the JSON counts then, which is a number or a name: redacting it is enough.
        let fingerprint = Fingerprint::new(kind, last_error.as_deref(), error);
        if fingerprint.code.as_ref().is_none_or(|code| redact::text(code) == *code) {
            return fingerprint;
        }
    }
    Fingerprint::new(kind, last_error.as_deref(), error.map(redact::text).as_deref())
}

/// Microseconds between 1970 and 2000, the epoch of PostgreSQL.
const EPOCH: i64 = 946_684_800_000_000;

/// Text of any encoding: in a SQL_ASCII database the server neither converts nor checks, and a cut by bytes splits
/// characters. What cannot be read is U+FFFD.
struct LossyText<'a>(Cow<'a, str>);

impl<'a> FromSql<'a> for LossyText<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(String::from_utf8_lossy(raw)))
    }

    fn accepts(r#type: &Type) -> bool {
        <&str as FromSql<'_>>::accepts(r#type)
    }
}

/// Returns a text column as it is, for comparisons. Texts that are shown are read with [`text`] or [`json`].
pub(crate) fn raw<'a>(row: &'a Row, column: &str) -> Option<Cow<'a, str>> {
    row.get::<_, Option<LossyText<'a>>>(column).map(|LossyText(text)| text)
}

/// Timestamp in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Micros(pub(crate) i64);

impl Micros {
    /// Returns the number, or `None` if it stands for an infinity.
    pub(crate) fn finite(self) -> Option<i64> {
        (self.0 != i64::MAX && self.0 != i64::MIN).then_some(self.0)
    }

    /// Formats the time as RFC 3339 in UTC with `digits` fractional digits; infinities as
    /// PostgreSQL writes them.
    pub(crate) fn rfc3339(self, digits: usize) -> String {
        match Timestamp::from_microsecond(self.0) {
            Ok(at) => format!("{at:.digits$}"),
            Err(_) if self.0 < 0 => "-infinity".to_owned(),
            Err(_) => "infinity".to_owned(),
        }
    }
}

impl<'a> FromSql<'a> for Micros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let micros = i64::from_be_bytes(raw.try_into()?);
        // The infinities are the ends of the range and are not shifted.
        let infinite = micros == i64::MAX || micros == i64::MIN;
        Ok(Self(if infinite { micros } else { micros.saturating_add(EPOCH) }))
    }

    fn accepts(r#type: &Type) -> bool {
        *r#type == Type::TIMESTAMPTZ
    }
}

/// 64-bit hash of a value of any type, used only to compare values for equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorkspaceHash(pub(crate) u64);

impl<'a> FromSql<'a> for WorkspaceHash {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let mut hasher = DefaultHasher::new();
        raw.hash(&mut hasher);
        Ok(Self(hasher.finish()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Returns the id of a job for listings. Ids of type text can hold characters that control a terminal.
pub(crate) fn shown_id(row: &Row) -> String {
    let text = raw(row, "id").unwrap_or_default();
    redact::sanitize::line(&text).into_owned()
}

/// Parses the id of a job.
///
/// # Errors
/// [`SourceErrorKind::Malformed`] if the text does not have this type.
pub(crate) fn id(text: &str, r#type: IdType) -> Result<JobId, SourceError> {
    JobId::parse(text, r#type).ok_or_else(|| {
        SourceError::new(SourceErrorKind::Malformed, "the database returned an unexpected id")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_use_the_unix_epoch_and_keep_infinity() {
        let read = |n: i64| Micros::from_sql(&Type::TIMESTAMPTZ, &n.to_be_bytes()).unwrap();
        assert_eq!(read(0).finite(), Some(EPOCH));
        assert_eq!(read(-EPOCH).finite(), Some(0));
        assert_eq!((read(i64::MAX).finite(), read(i64::MIN).finite()), (None, None));
        assert!(Micros::from_sql(&Type::TIMESTAMPTZ, &[1, 2]).is_err());
        assert_eq!(read(1).rfc3339(6), "2000-01-01T00:00:00.000001Z");
        assert_eq!(read(1).rfc3339(0), "2000-01-01T00:00:00Z");
        assert_eq!(read(i64::MIN).rfc3339(6), "-infinity");
    }
}

//! Columns with a time, as expressions of one type.

use serde::{Deserialize, Serialize};

use super::sql::{ident, literal};

/// A column of type `timestamptz`, or one without a time zone that is read in a stated zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredTimeColumn", into = "StoredTimeColumn")]
pub(crate) struct TimeColumn {
    /// Name of the column, unquoted.
    pub(crate) name: String,
    /// Zone of a column without a time zone.
    pub(crate) zone: Option<String>,
}

impl TimeColumn {
    /// The column as a `timestamptz`.
    pub(crate) fn sql(&self) -> String {
        self.convert(&ident(&self.name))
    }

    /// The `timestamptz` that a text of the column's type means.
    pub(crate) fn parse(&self, text: &str) -> String {
        match &self.zone {
            Some(_) => self.convert(&format!("({text})::timestamp")),
            None => format!("({text})::timestamptz"),
        }
    }

    /// A `timestamptz` expression as a value of the column's type.
    pub(crate) fn value(&self, expression: &str) -> String {
        // `at time zone` binds more tightly than `+`.
        self.convert(&format!("({expression})"))
    }

    /// `at time zone` makes a `timestamptz` of a `timestamp`, and the other way round.
    fn convert(&self, expression: &str) -> String {
        match &self.zone {
            Some(zone) => format!("({expression} at time zone {})", literal(zone)),
            None => expression.to_owned(),
        }
    }
}

/// Stored form: a name, as in versions that did not know zones, or both.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredTimeColumn {
    Name(String),
    Naive { name: String, zone: String },
}

impl From<StoredTimeColumn> for TimeColumn {
    fn from(stored: StoredTimeColumn) -> Self {
        match stored {
            StoredTimeColumn::Name(name) => Self { name, zone: None },
            StoredTimeColumn::Naive { name, zone } => Self { name, zone: Some(zone) },
        }
    }
}

impl From<TimeColumn> for StoredTimeColumn {
    fn from(column: TimeColumn) -> Self {
        let TimeColumn { name, zone } = column;
        match zone {
            Some(zone) => Self::Naive { name, zone },
            None => Self::Name(name),
        }
    }
}

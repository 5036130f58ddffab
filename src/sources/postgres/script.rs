//! Statements without parameters, sent with their BEGIN and COMMIT as one message of the simple
//! query protocol; values are returned as text.
//!
//! For small results the extended protocol (parse, bind, describe) doubles the time of a statement:
//! five catalog queries in a new session took 2.3 ms with it and 1.6 ms without (PostgreSQL 15,
//! `pgbench -C`).

use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::Database;
use super::transaction::{Transaction, begin};
use crate::facts::{SourceError, SourceErrorKind as Kind};

impl Database {
    /// Returns the rows of several statements, in one read-only transaction. Each statement, and
    /// about the same for all of them together, may take at most `timeout`. If one fails, all fail.
    pub(crate) async fn script<const N: usize>(
        &self,
        timeout: Duration,
        statements: [&str; N],
    ) -> Result<[Vec<TextRow>; N], SourceError> {
        // Times are parsed from text, so they must not depend on the role's DateStyle.
        let begin = format!("{}; SET LOCAL datestyle = iso", begin(timeout));
        let message = format!("{opened};\n{};\nCOMMIT", statements.join(";\n"), opened = begin);
        let row_sets = self
            .with_timeout(timeout, async |connection| {
                let transaction = Transaction::new(connection);
                let messages = connection.simple_query(&message).await?;
                transaction.finish();
                Ok(group_by_statement(messages))
            })
            .await?;
        let missing = |_| SourceError::new(Kind::Malformed, "an answer is missing");
        row_sets.try_into().map_err(missing)
    }
}

/// Groups the messages by statement; statements that return no row set are omitted.
fn group_by_statement(messages: Vec<SimpleQueryMessage>) -> Vec<Vec<TextRow>> {
    let mut row_sets: Vec<Vec<TextRow>> = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => row_sets.push(vec![]),
            SimpleQueryMessage::Row(row) => {
                if let Some(rows) = row_sets.last_mut() {
                    rows.push(TextRow(row));
                }
            }
            _ => {}
        }
    }
    row_sets
}

/// Row with text values.
pub(crate) struct TextRow(SimpleQueryRow);

impl TextRow {
    /// Returns a column as text, or `None` if it is NULL.
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.0.try_get(column).ok().flatten()
    }

    /// Parses a column with [`FromStr`].
    ///
    /// # Errors
    /// [`Kind::Malformed`] if it is NULL or cannot be parsed.
    pub(crate) fn value<T: FromStr>(&self, column: &str) -> Result<T, SourceError> {
        let value = self.text(column).and_then(|text| text.parse().ok());
        value.ok_or_else(|| {
            let text = self.text(column).unwrap_or("NULL");
            SourceError::new(Kind::Malformed, format!("the catalog's {column} reads {text}"))
        })
    }

    /// Returns whether a boolean column is true; NULL counts as false.
    pub(crate) fn flag(&self, column: &str) -> bool {
        self.text(column) == Some("t")
    }
}

//! Statements without parameters in one plain message, with the words that open and close their
//! transaction; values come as text.
//!
//! A statement that is parsed, bound and described by itself costs a session as much again as its
//! answer, where that is small: five of them on the catalog took a new session 2.3 ms, and 1.6 ms so
//! (PostgreSQL 15, `pgbench -C`).

use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use super::Database;
use super::transaction::{Transaction, begin};
use crate::facts::{SourceError, SourceErrorKind as Kind};

impl Database {
    /// The rows of several statements, in one read-only transaction. None of them may take longer than
    /// `limit`, nor all of them much longer; of those that fail, all fail.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn script<const N: usize>(
        &self,
        limit: Duration,
        statements: [&str; N],
    ) -> Result<[Vec<TextRow>; N], SourceError> {
        // Times as text are read by us: they must look the same whatever the role prefers.
        let opened = format!("{}; SET LOCAL datestyle = iso", begin(limit));
        let message = format!("{opened};\n{};\nCOMMIT", statements.join(";\n"));
        let answers = self
            .with_timeout(limit, async |connection| {
                let transaction = Transaction::new(connection);
                let messages = connection.simple_query(&message).await?;
                transaction.over();
                Ok(answers(messages))
            })
            .await?;
        let missing = |_| SourceError::new(Kind::Malformed, "an answer is missing");
        answers.try_into().map_err(missing)
    }
}

/// The rows of each statement that has some to give, even if they are none.
fn answers(messages: Vec<SimpleQueryMessage>) -> Vec<Vec<TextRow>> {
    let mut answers: Vec<Vec<TextRow>> = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => answers.push(vec![]),
            SimpleQueryMessage::Row(row) => {
                if let Some(rows) = answers.last_mut() {
                    rows.push(TextRow(row));
                }
            }
            _ => {}
        }
    }
    answers
}

/// A row whose values are texts.
pub(crate) struct TextRow(SimpleQueryRow);

impl TextRow {
    /// A text; none where it is NULL.
    pub(crate) fn text(&self, column: &str) -> Option<&str> {
        self.0.try_get(column).ok().flatten()
    }

    /// A value that is written as Rust reads it.
    ///
    /// # Errors
    /// [`Kind::Malformed`] where it is NULL or something else.
    pub(crate) fn value<T: FromStr>(&self, column: &str) -> Result<T, SourceError> {
        let value = self.text(column).and_then(|text| text.parse().ok());
        value.ok_or_else(|| {
            let text = self.text(column).unwrap_or("NULL");
            SourceError::new(Kind::Malformed, format!("the catalog's {column} reads {text}"))
        })
    }

    /// Whether it is true; NULL is not.
    pub(crate) fn flag(&self, column: &str) -> bool {
        self.text(column) == Some("t")
    }
}

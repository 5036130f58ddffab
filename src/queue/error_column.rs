//! Which columns hold the last error of a job.

use super::ErrorColumn;
use super::catalog::{CatalogColumn, CatalogTable};
use super::draft::usual_names;
use super::unread::is_listed;
use crate::name_words::words;

/// The columns with the last error.
#[derive(Debug, Default)]
pub(super) struct ErrorColumns {
    /// The column with its text.
    pub(super) last_error: Option<String>,
    /// The column with its structured form.
    pub(super) error: Option<ErrorColumn>,
    /// A column that seems to hold it, and is not read.
    pub(super) unread: Option<String>,
}

/// Finds the columns with the last error: `last_error` and `error`, or else a text column with another name for it. One
/// of another type is not read: a rescue would not know what to write into it.
pub(super) fn error_columns(jobs: &CatalogTable) -> ErrorColumns {
    let own = ErrorColumns {
        last_error: jobs.first_of(&["last_error"]),
        error: jobs.column("error").map(|column| ErrorColumn {
            name: column.name.clone(),
            json: column.is_any(&["json", "jsonb"]),
            unchecked: column.is_any(&["json"]),
        }),
        unread: None,
    };
    if own.last_error.is_some() || own.error.is_some() {
        return own;
    }
    let is_text = |column: &&CatalogColumn| column.is_any(&["text", "varchar"]);
    let usual = usual_names("column of error");
    let usual = usual.filter_map(|name| jobs.column(name)).find(is_text);
    let named = || jobs.columns.iter().filter(|column| is_about_errors(&column.name));
    if let Some(column) = usual.or_else(|| named().find(is_text)) {
        return ErrorColumns { last_error: Some(column.name.clone()), ..own };
    }
    let is_document =
        |column: &&CatalogColumn| column.is_any(&["json", "jsonb", "_text", "_jsonb", "bytea"]);
    let unread = named().find(is_document).map(|column| column.name.clone());
    ErrorColumns { unread, ..own }
}

/// Whether a name consists of a word for errors, and of words for the text of one.
fn is_about_errors(name: &str) -> bool {
    let words = words(name);
    let is_error = |word: &String| is_listed("error", word);
    words.iter().any(is_error)
        && words.iter().all(|word| is_error(word) || is_listed("error text", word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(columns: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let column = |&(name, r#type): &(&str, &str)| CatalogColumn {
            name: name.to_owned(),
            r#type: Some(r#type.to_owned()),
            not_null: false,
        };
        let columns = columns.iter().map(column).collect();
        let found = error_columns(&CatalogTable { columns, ..CatalogTable::default() });
        (found.last_error, found.unread)
    }

    #[test]
    fn error_text_is_found_under_its_usual_names() {
        for (columns, read, unread) in [
            (&[("last_error", "text"), ("error_message", "text")][..], Some("last_error"), None),
            (&[("error_code", "text"), ("error_message", "text")], Some("error_message"), None),
            (&[("last_failure", "varchar")], Some("last_failure"), None),
            (&[("error_log", "text")], Some("error_log"), None),
            (&[("errorMessage", "text")], Some("errorMessage"), None),
            (&[("error_count", "int4"), ("on_failure", "text")], None, None),
            (&[("error_log", "jsonb")], None, Some("error_log")),
            (&[("failure_log", "_text")], None, Some("failure_log")),
            (&[("id", "int8"), ("payload", "jsonb")], None, None),
        ] {
            let expected = (read.map(str::to_owned), unread.map(str::to_owned));
            assert_eq!(found(columns), expected, "{columns:?}");
        }
    }
}

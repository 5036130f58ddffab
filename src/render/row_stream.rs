//! `-o ndjson` and `-o csv` for rows that are written while they are read.

use serde::Serialize;
use serde_json::Value;

use super::Format;
use crate::redact::sanitize;

/// The format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowStream {
    /// One JSON object per line.
    Ndjson,
    /// RFC 4180 with a header line.
    Csv,
}

/// Characters that start a formula in a spreadsheet.
const FORMULA: [char; 9] = ['=', '+', '-', '@', '\t', '＝', '＋', '－', '＠'];

impl RowStream {
    /// Returns the row format; `None` if the output format is not one.
    pub(crate) fn from_format(format: Format) -> Option<Self> {
        match format {
            Format::Ndjson => Some(Self::Ndjson),
            Format::Csv => Some(Self::Csv),
            _ => None,
        }
    }

    /// Returns the text before the first row.
    pub(crate) fn head(self, columns: &[&str]) -> String {
        match self {
            Self::Ndjson => String::new(),
            Self::Csv => record(columns.iter().map(|name| (*name).to_owned())),
        }
    }

    /// Returns one row.
    pub(crate) fn row(self, row: &impl Serialize) -> String {
        match self {
            Self::Ndjson => {
                let mut line = serde_json::to_string(row).unwrap_or_default();
                line.push('\n');
                sanitize::json(line)
            }
            Self::Csv => match serde_json::to_value(row) {
                Ok(Value::Object(fields)) => record(fields.values().map(cell)),
                _ => record(std::iter::empty()),
            },
        }
    }
}

/// Formats a cell: numbers as is, texts so that no spreadsheet evaluates and no terminal interprets
/// them.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(FORMULA) && text.parse::<i64>().is_err() => {
            format!("'{}", sanitize::lines(text))
        }
        Value::String(text) => sanitize::lines(text).into_owned(),
        other => other.to_string(),
    }
}

/// Formats a record as defined by RFC 4180: commas, quotes and line breaks are quoted, a record
/// ends with CR LF.
fn record(cells: impl Iterator<Item = String>) -> String {
    let quoted = |cell: String| {
        let is_plain = !cell.contains(['"', ',', '\n', '\r']);
        if is_plain { cell } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
    };
    let mut line = cells.map(quoted).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_cells_are_quoted_per_rfc_4180() {
        let row = json!({"a": "x", "b": "1,5", "c": "say \"hi\"", "d": "two\nlines", "e": null, "f": -1.5});
        let text = RowStream::Csv.row(&row);
        assert_eq!(text, "x,\"1,5\",\"say \"\"hi\"\"\",\"two\nlines\",,-1.5\r\n");
        assert_eq!(RowStream::Csv.head(&["a", "b"]), "a,b\r\n");
    }

    #[test]
    fn formula_cells_are_neutralized_in_csv() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "＝1"] {
            let line = RowStream::Csv.row(&json!({ "error": text }));
            assert!(line.trim_start_matches('"').starts_with('\''), "{line}");
        }
        // Ids are numbers, also with a sign.
        assert_eq!(RowStream::Csv.row(&json!({ "id": "-5" })), "-5\r\n");
    }

    #[test]
    fn control_characters_never_reach_the_rows() {
        let row = json!({"error": "a\u{1b}[31m\u{9b}\u{202e}"});
        for rows in [RowStream::Csv, RowStream::Ndjson] {
            let text = rows.row(&row);
            assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text}");
        }
        let line: Value = serde_json::from_str(&RowStream::Ndjson.row(&row)).unwrap();
        assert_eq!(line, row);
    }
}

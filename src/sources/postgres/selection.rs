//! The desk's filters as SQL, the same for listing and for writing.

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use crate::facts::selection::Selection;
use crate::fingerprint::Fingerprint;
use crate::queue::{Layout, sql};

/// Conditions with the values that they bind.
#[derive(Default)]
pub struct Conditions {
    texts: Vec<String>,
    values: Vec<(Box<dyn ToSql + Sync + Send>, Type)>,
}

impl Conditions {
    /// The dead jobs that a selection means; its group is left to [`in_group`].
    #[must_use]
    pub fn new(layout: &Layout, selection: &Selection) -> Self {
        let mut all = Self::default();
        all.push(sql::state_in(layout, &layout.vocabulary.dead));
        if !selection.kinds.is_empty() {
            let kind = text(layout.kind.as_ref());
            let values = all.bind(selection.kinds.clone(), Type::TEXT_ARRAY);
            all.push(format!("{kind} = any({values})"));
        }
        if let Some(workspace) = &selection.workspace {
            let column = text(layout.workspace.as_ref());
            let value = all.bind(workspace.to_ascii_lowercase(), Type::TEXT);
            all.push(format!("lower({column}) = {value}"));
        }
        if let Some(part) = &selection.error {
            let value = all.bind(part.clone(), Type::TEXT);
            let error = sql::error_text(layout);
            all.push(format!("strpos(lower({error}), lower({value})) > 0"));
        }
        for (operator, time) in [(">=", selection.since), ("<", selection.until)] {
            if let Some(time) = time {
                let value = all.bind(time.to_string(), Type::TEXT);
                all.push(format!("{} {operator} {value}::timestamptz", sql::changed(layout)));
            }
        }
        all
    }

    /// Adds a condition.
    pub fn push(&mut self, condition: impl Into<String>) {
        self.texts.push(condition.into());
    }

    /// Adds a value and returns its placeholder: `$3`.
    pub fn bind(&mut self, value: impl ToSql + Sync + Send + 'static, r#type: Type) -> String {
        self.values.push((Box::new(value), r#type));
        format!("${}", self.values.len())
    }

    /// All conditions: what stands behind `where`.
    #[must_use]
    pub fn sql(&self) -> String {
        self.texts.join(" and ")
    }

    /// The values, for `query_typed`.
    #[must_use]
    pub fn params(&self) -> Vec<(&(dyn ToSql + Sync), Type)> {
        self.values
            .iter()
            .map(|(value, r#type)| (&**value as &(dyn ToSql + Sync), r#type.clone()))
            .collect()
    }
}

fn text(column: Option<&String>) -> String {
    format!("{}::text", sql::column_or_null(column, "text"))
}

/// The columns that [`fingerprint`] reads: `fp_kind`, `fp_last_error`, `fp_error`.
#[must_use]
pub fn fingerprint_columns(layout: &Layout) -> String {
    let error = layout.error.as_ref().map(|column| &column.name);
    let ends = |column| sql::fingerprint_input(&sql::column_or_null(column, "text"));
    format!(
        "{} as fp_kind, {} as fp_last_error, {} as fp_error",
        text(layout.kind.as_ref()),
        ends(layout.last_error.as_ref()),
        ends(error),
    )
}

/// The fingerprint of a row with [`fingerprint_columns`].
#[must_use]
pub fn fingerprint(row: &Row) -> Fingerprint {
    let column = |name: &str| row.get::<_, Option<&str>>(name);
    Fingerprint::new(column("fp_kind").unwrap_or(""), column("fp_last_error"), column("fp_error"))
}

/// Whether a job with this fingerprint belongs to the group that a selection means.
#[must_use]
pub fn in_group(selection: &Selection, fingerprint: &Fingerprint) -> bool {
    selection.group.as_ref().is_none_or(|group| *group == fingerprint.hash)
}

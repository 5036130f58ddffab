//! What the server's catalog says about the tables, before anyone interprets it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Pages are taken to hold this many rows where nobody ever analysed the table.
const ROWS_A_PAGE: f64 = 20.0;

/// The tables and their server.
#[derive(Debug, Clone)]
pub struct TableCatalog {
    /// `public.jobs`, where it exists.
    pub jobs: Option<CatalogTable>,
    /// `public.job_events`, where it exists.
    pub events: Option<CatalogTable>,
    /// Where `public.jobs` has both `state` and `status`: what tells which one is maintained.
    pub evidence: LiveEvidence,
    /// Whether this server only replays another one.
    pub in_recovery: bool,
    /// The server's clock, RFC 3339 UTC.
    pub server_time: String,
    /// Bytes of one of its pages.
    pub block_size: f64,
}

impl TableCatalog {
    /// Whether [`LiveEvidence`] is needed to read it: both `state` and `status` exist, and the values
    /// that they may have do not tell them apart.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| {
            let [state, status] = ["state", "status"];
            jobs.column(state).is_some()
                && jobs.column(status).is_some()
                && jobs.allows_dead_letters(state) == jobs.allows_dead_letters(status)
        })
    }
}

/// What tells a column that the worker maintains from a leftover.
#[derive(Debug, Clone, Default)]
pub struct LiveEvidence {
    /// Sources of the backend's worker functions: they name the column that they maintain.
    pub worker_functions: Vec<String>,
    /// `pg_stats.n_distinct` by column, where this role sees statistics.
    pub distinct: BTreeMap<String, f32>,
}

/// A table.
#[derive(Debug, Clone, Default)]
pub struct CatalogTable {
    /// Its columns in order.
    pub columns: Vec<CatalogColumn>,
    /// Its CHECK constraints, as the server writes them.
    pub checks: Vec<String>,
    /// Its valid indexes.
    pub indexes: Vec<CatalogIndex>,
    /// What it takes up; a partitioned table, what each of its leaves does.
    pub storage: Vec<Storage>,
    /// Its partitions, parents first.
    pub partitions: Vec<Partition>,
    /// Whether this role may read every column.
    pub can_select: bool,
    /// Whether row-level security filters what this role sees.
    pub rls_active: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogColumn {
    /// Its name.
    pub name: String,
    /// Its type as the catalog names it (`int8`), where it is one of the server's own.
    pub r#type: Option<String>,
    /// Whether it is NOT NULL.
    pub not_null: bool,
}

impl CatalogColumn {
    /// Whether its type is one of these.
    #[must_use]
    pub fn is_any(&self, types: &[&str]) -> bool {
        self.r#type.as_deref().is_some_and(|r#type| types.contains(&r#type))
    }
}

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// Its schema, quoted where SQL wants it.
    pub schema: String,
    /// Its name with its schema, quoted where SQL wants it.
    pub name: String,
    /// The partition that it is a part of; none right below the table.
    pub parent: Option<String>,
    /// Whether it holds rows itself.
    pub leaf: bool,
}

/// What a table takes up on disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Storage {
    /// Rows at the last ANALYZE; negative where there was none.
    pub rows_counted: f32,
    /// Pages at the last ANALYZE.
    pub pages_counted: i32,
    /// Bytes of now.
    pub bytes: i64,
}

impl Storage {
    /// The planner's own arithmetic: rows a page at the last ANALYZE, times the pages of now.
    fn rows(self, block_size: f64) -> f64 {
        let a_page = if self.rows_counted >= 0.0 && self.pages_counted > 0 {
            f64::from(self.rows_counted) / f64::from(self.pages_counted)
        } else {
            ROWS_A_PAGE
        };
        a_page * (self.bytes as f64 / block_size)
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogIndex {
    /// Its key columns in order; none for an expression.
    pub columns: Vec<Option<String>>,
    /// Its predicate, as the server writes it.
    pub predicate: Option<String>,
}

impl CatalogIndex {
    /// Whether it is partial on just these values of this column (or more of them).
    #[must_use]
    pub fn is_partial_on(&self, column: &str, values: &[String]) -> bool {
        let Some(predicate) = &self.predicate else { return false };
        let held: Vec<_> = predicate.split('\'').skip(1).step_by(2).collect();
        let code: String = predicate.split('\'').step_by(2).collect();
        let plain = [
            format!("({column} = ::text)"),
            format!("({column} = ANY (ARRAY[{}]))", vec!["::text"; held.len()].join(", ")),
        ];
        plain.contains(&code) && values.iter().all(|v| held.contains(&v.as_str()))
    }

    /// Whether all of these columns are part of it.
    #[must_use]
    pub fn has_all(&self, columns: &[&str]) -> bool {
        columns.iter().all(|wanted| self.columns.iter().any(|c| c.as_deref() == Some(*wanted)))
    }
}

impl CatalogTable {
    /// Rows as the planner would estimate them.
    #[must_use]
    pub fn estimated_rows(&self, block_size: f64) -> f64 {
        self.storage.iter().map(|storage| storage.rows(block_size)).sum()
    }

    /// Whether a CHECK lets this column say `dead_letter`.
    #[must_use]
    pub fn allows_dead_letters(&self, column: &str) -> bool {
        self.allowed_values(column).is_some_and(|values| values.iter().any(|v| v == "dead_letter"))
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&CatalogColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name of the first of these that exists.
    #[must_use]
    pub fn first_of(&self, names: &[&str]) -> Option<String> {
        names.iter().find(|name| self.column(name).is_some()).map(|name| (*name).to_owned())
    }

    /// The values that a CHECK allows for this column: the string literals of the constraint.
    #[must_use]
    pub fn allowed_values(&self, column: &str) -> Option<Vec<String>> {
        let check = self.checks.iter().find(|check| mentions(check, column))?;
        let values: Vec<_> = check.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        (!values.is_empty()).then_some(values)
    }
}

/// Whether an expression names this identifier as a whole word, outside string literals.
fn mentions(expression: &str, name: &str) -> bool {
    expression
        .split('\'')
        .step_by(2)
        .flat_map(|code| code.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_values_are_read_from_check_constraints() {
        let table = CatalogTable {
            checks: vec![
                "CHECK ((kind = ANY (ARRAY['state'::text])))".to_owned(),
                "CHECK ((state = ANY (ARRAY['queued'::text, 'dead_letter'::text])))".to_owned(),
            ],
            ..CatalogTable::default()
        };
        assert_eq!(table.allowed_values("state").unwrap(), ["queued", "dead_letter"]);
        assert_eq!(table.allowed_values("status"), None);
    }

    fn index(predicate: &str) -> CatalogIndex {
        CatalogIndex {
            columns: vec![Some("state".into()), Some("run_at".into())],
            predicate: Some(predicate.into()),
        }
    }

    #[test]
    fn partial_index_serves_the_states_of_its_predicate() {
        let one = index("(state = 'queued'::text)");
        assert!(one.is_partial_on("state", &["queued".into()]));
        assert!(!one.is_partial_on("state", &["queued".into(), "pending".into()]));
        assert!(!one.is_partial_on("status", &["queued".into()]));
        let two = index("(state = ANY (ARRAY['queued'::text, 'pending'::text]))");
        assert!(two.is_partial_on("state", &["queued".into()]));
        assert!(two.is_partial_on("state", &["queued".into(), "pending".into()]));
    }

    #[test]
    fn index_with_a_narrower_predicate_is_not_used() {
        let narrow = index("((state = 'queued'::text) AND (kind = 'X'::text))");
        assert!(!narrow.is_partial_on("state", &["queued".into()]));
        assert!(!index("(state <> 'queued'::text)").is_partial_on("state", &["queued".into()]));
    }
}

//! What the server's catalog says about the tables, before anyone interprets it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer of `queries/layout.sql`.
#[derive(Debug, Clone, Deserialize)]
pub struct Catalog {
    /// `public.jobs`, where it exists.
    pub jobs: Option<CatalogTable>,
    /// `public.job_events`, where it exists.
    pub events: Option<CatalogTable>,
    /// Where `public.jobs` has both `state` and `status`: what tells which one is maintained.
    #[serde(default)]
    pub evidence: LiveEvidence,
    /// Whether this server only replays another one.
    pub in_recovery: bool,
    /// The server's clock, RFC 3339 UTC.
    pub server_time: String,
}

impl Catalog {
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

/// The answer of `queries/live_column.sql`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct LiveEvidence {
    /// Sources of the backend's worker functions: they name the column that they maintain.
    pub worker_functions: Vec<String>,
    /// `pg_stats.n_distinct` by column, where this role sees statistics.
    pub distinct: BTreeMap<String, f64>,
}

/// A table.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CatalogTable {
    /// Its columns in order.
    pub columns: Vec<CatalogColumn>,
    /// Its CHECK constraints, as the server writes them.
    pub checks: Vec<String>,
    /// Its valid indexes.
    pub indexes: Vec<CatalogIndex>,
    /// Rows as the planner would estimate them.
    pub estimated_rows: f64,
    /// Whether this role may read every column.
    pub can_select: bool,
    /// Whether row-level security filters what this role sees.
    pub rls_active: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CatalogColumn {
    /// Its name.
    pub name: String,
    /// Its type, as `format_type` writes it.
    pub r#type: String,
    /// Whether it is NOT NULL.
    pub not_null: bool,
    /// Whether it has a default or is generated.
    pub has_default: bool,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogIndex {
    /// Its name.
    pub name: String,
    /// Its key columns in order; an expression is its text.
    pub columns: Vec<String>,
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
        columns.iter().all(|wanted| self.columns.iter().any(|c| c == wanted))
    }
}

impl CatalogTable {
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
    fn the_literals_of_a_check_are_its_values() {
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
            name: "i".into(),
            columns: vec!["state".into(), "run_at".into()],
            predicate: Some(predicate.into()),
        }
    }

    #[test]
    fn a_partial_index_serves_the_values_of_its_predicate() {
        let one = index("(state = 'queued'::text)");
        assert!(one.is_partial_on("state", &["queued".into()]));
        assert!(!one.is_partial_on("state", &["queued".into(), "pending".into()]));
        assert!(!one.is_partial_on("status", &["queued".into()]));
        let two = index("(state = ANY (ARRAY['queued'::text, 'pending'::text]))");
        assert!(two.is_partial_on("state", &["queued".into()]));
        assert!(two.is_partial_on("state", &["queued".into(), "pending".into()]));
    }

    #[test]
    fn an_index_with_a_narrower_predicate_serves_nothing() {
        let narrow = index("((state = 'queued'::text) AND (kind = 'X'::text))");
        assert!(!narrow.is_partial_on("state", &["queued".into()]));
        assert!(!index("(state <> 'queued'::text)").is_partial_on("state", &["queued".into()]));
    }
}

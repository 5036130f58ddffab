//! The tables as the catalog of the server describes them, not yet interpreted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::allowed_values::{self, AllowedValues};
use super::relation::Relation;

/// Assumed rows per page if the table was never analyzed.
const ROWS_A_PAGE: f64 = 20.0;

/// Tables of the backend, and their server.
#[derive(Debug, Default, Clone)]
pub(crate) struct TableCatalog {
    /// `public.jobs`, if it exists.
    pub(crate) jobs: Option<CatalogTable>,
    /// `public.job_events`, if it exists.
    pub(crate) events: Option<CatalogTable>,
    /// Shows which column is maintained, if `public.jobs` has both `state` and `status`.
    pub(crate) evidence: StateColumnEvidence,
    /// What is known about times without a zone.
    pub(crate) naive_times: NaiveTimes,
    /// Whether the server is a standby.
    pub(crate) in_recovery: bool,
    /// Time by the clock of the server, RFC 3339 UTC.
    pub(crate) server_time: String,
    /// Page size in bytes.
    pub(crate) block_size: f64,
}

/// Shows which column the worker maintains.
#[derive(Debug, Clone, Default)]
pub(crate) struct StateColumnEvidence {
    /// The column that the context names (`state_column`).
    pub(crate) setting: Option<String>,
    /// Functions that mention the table.
    pub(crate) functions: Vec<CatalogFunction>,
    /// The table below, if `public.jobs` is a view: only its CHECK constraints, which a view does not have. They
    /// do not prove which values the view shows.
    pub(crate) base: Option<CatalogTable>,
    /// `pg_stats.n_distinct` by column, if this role can see statistics.
    pub(crate) distinct: BTreeMap<String, f32>,
    /// Whether a row was seen whose columns mean different things. Read only if nothing else decides.
    pub(crate) columns_differ: bool,
}

/// What the catalog says about columns of type `timestamp`.
#[derive(Debug, Clone, Default)]
pub(crate) struct NaiveTimes {
    /// These columns of the jobs and events tables.
    pub(crate) columns: Vec<NaiveColumn>,
    /// The zone of sessions in this database; `None` if it is not known.
    pub(crate) session_zone: Option<String>,
    /// The zone that the context names (`time_zone`).
    pub(crate) setting: Option<String>,
    /// The newest time of the jobs. Read only if nothing else decides.
    pub(crate) newest: Option<NewestTime>,
}

/// Age of the newest time of the jobs without a zone, in seconds; negative in the future.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewestTime {
    /// Read in UTC.
    pub(crate) utc_age: f64,
    /// Read in the zone of sessions in this database.
    pub(crate) session_age: f64,
}

/// A column of type `timestamp`.
#[derive(Debug, Clone)]
pub(crate) struct NaiveColumn {
    /// Name.
    pub(crate) name: String,
    /// Precision in digits, or -1.
    pub(crate) precision: i32,
    /// Default, as the server deparses it; empty without one.
    pub(crate) default: String,
}

/// A function of the database.
#[derive(Debug, Clone)]
pub(crate) struct CatalogFunction {
    /// Name.
    pub(crate) name: String,
    /// Source text.
    pub(crate) source: String,
}

/// A table in the catalog.
#[derive(Debug, Clone, Default)]
pub(crate) struct CatalogTable {
    /// Schema and name.
    pub(crate) relation: Relation,
    /// Columns, in order.
    pub(crate) columns: Vec<CatalogColumn>,
    /// CHECK constraints, as the server deparses them.
    pub(crate) checks: Vec<String>,
    /// Values that the type of a column allows, if it is an enum or a domain over a list.
    pub(crate) type_values: BTreeMap<String, Vec<String>>,
    /// Values of the state column that were seen in rows or statistics, by column.
    pub(crate) seen_values: BTreeMap<String, Vec<String>>,
    /// Valid indexes.
    pub(crate) indexes: Vec<CatalogIndex>,
    /// Size on disk; for a partitioned table, that of each leaf partition.
    pub(crate) storage: Vec<Storage>,
    /// Partitions, parents first.
    pub(crate) partitions: Vec<Partition>,
    /// Whether it is a table, partitioned or not, and no view.
    pub(crate) is_table: bool,
    /// Whether this role can read all columns.
    pub(crate) can_select: bool,
    /// Whether row-level security filters the rows for this role.
    pub(crate) hidden_by_rls: bool,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CatalogColumn {
    /// Name.
    pub(crate) name: String,
    /// Name of the type in the catalog (`int8`), if it is a built-in type.
    pub(crate) r#type: Option<String>,
    /// Whether it is NOT NULL.
    pub(crate) not_null: bool,
}

impl CatalogColumn {
    /// Whether its type is known and is none of a time.
    pub(crate) fn is_no_time(&self) -> bool {
        self.r#type.is_some() && (self.is_number() || self.is_any(&NO_TIMES))
    }

    /// Whether its type is a number.
    pub(crate) fn is_number(&self) -> bool {
        self.is_any(&["int2", "int4", "int8", "numeric", "float4", "float8"])
    }

    /// Whether its type is one of these.
    pub(crate) fn is_any(&self, types: &[&str]) -> bool {
        self.r#type.as_deref().is_some_and(|r#type| types.contains(&r#type))
    }
}

/// Types that hold no time, beside numbers.
const NO_TIMES: [&str; 7] = ["text", "varchar", "bpchar", "bool", "json", "jsonb", "interval"];

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    /// Schema, quoted if needed.
    pub(crate) schema: String,
    /// Qualified name, quoted if needed.
    pub(crate) name: String,
    /// Parent partition; `None` for the first level.
    pub(crate) parent: Option<String>,
    /// Whether it is a leaf, which contains rows.
    pub(crate) leaf: bool,
}

/// Size of a table on disk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Storage {
    /// Number of rows at the last ANALYZE; negative if there was none.
    pub(crate) rows_counted: f32,
    /// Number of pages at the last ANALYZE.
    pub(crate) pages_counted: i32,
    /// Current size in bytes.
    pub(crate) bytes: i64,
}

impl Storage {
    /// Estimated rows, computed as the planner does: rows per page at the last ANALYZE, times the current pages.
    fn rows(self, block_size: f64) -> f64 {
        let a_page = if self.rows_counted >= 0.0 && self.pages_counted > 0 {
            f64::from(self.rows_counted) / f64::from(self.pages_counted)
        } else {
            ROWS_A_PAGE
        };
        a_page * (self.bytes as f64 / block_size)
    }
}

/// An index of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CatalogIndex {
    /// Key columns, in order; `None` for an expression.
    pub(crate) columns: Vec<Option<String>>,
    /// Predicate, as the server deparses it.
    pub(crate) predicate: Option<String>,
}

impl CatalogIndex {
    /// Whether its predicate restricts only this column, and includes all of these values.
    pub(crate) fn is_partial_on(&self, column: &str, values: &[String]) -> bool {
        let Some(predicate) = &self.predicate else { return false };
        let included: Vec<_> = predicate.split('\'').skip(1).step_by(2).collect();
        let code: String = predicate.split('\'').step_by(2).collect();
        let plain = [
            format!("({column} = ::text)"),
            format!("({column} = ANY (ARRAY[{}]))", vec!["::text"; included.len()].join(", ")),
        ];
        plain.contains(&code) && values.iter().all(|v| included.contains(&v.as_str()))
    }

    /// Whether it contains all of these columns.
    pub(crate) fn has_all(&self, columns: &[&str]) -> bool {
        columns.iter().all(|name| self.columns.iter().any(|c| c.as_deref() == Some(*name)))
    }
}

impl CatalogTable {
    /// Estimated number of rows, computed as the planner does.
    pub(crate) fn estimated_rows(&self, block_size: f64) -> f64 {
        self.storage.iter().map(|storage| storage.rows(block_size)).sum()
    }

    /// Whether a CHECK allows the value `dead_letter` for this column.
    pub(crate) fn allows_dead_letters(&self, column: &str) -> bool {
        self.allowed_values(column).is_some_and(|values| values.iter().any(|v| v == "dead_letter"))
    }

    /// The column with this name.
    pub(crate) fn column(&self, name: &str) -> Option<&CatalogColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The first of these column names that exists.
    pub(crate) fn first_of(&self, names: &[&str]) -> Option<String> {
        names.iter().find(|name| self.column(name).is_some()).map(|name| (*name).to_owned())
    }

    /// The values that an enum, a domain or a CHECK allows for this column.
    pub(crate) fn allowed_values(&self, column: &str) -> Option<Vec<String>> {
        self.allowed(column).map(|allowed| allowed.values)
    }

    /// The same, and whether they are proven for all rows.
    pub(crate) fn allowed(&self, column: &str) -> Option<AllowedValues> {
        let by_type = self.type_values.get(column).cloned();
        by_type
            .map(|values| AllowedValues { values, validated: true })
            .or_else(|| self.checks.iter().find_map(|check| allowed_values::parse(check, column)))
    }
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

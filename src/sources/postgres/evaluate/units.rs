//! Units of evaluation: expressions of one table on rows, as one identity. A unit that fails is split, so that the
//! failing expression and row are found.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::synthetic::{self, RowText};
use crate::access::compute::binds;
use crate::access::expression::replace_call;
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::evaluated::{Identity, PolicyResult, PolicyRun, SqlFailure};
use crate::queue::sql::literal;
use crate::sources::postgres::probe::probe_batch::{ProbeError, ProbeResult};

/// A table whose policies are evaluated.
#[derive(Debug)]
pub(crate) struct Target<'a> {
    /// Table.
    pub(crate) table: &'a Relation,
    /// Distinct expressions of its policies.
    pub(crate) expressions: Vec<&'a str>,
    /// Real and synthetic rows.
    pub(crate) rows: Vec<RowText>,
    /// User ids to act as.
    pub(crate) users: Vec<String>,
    /// Whether its rows are entries, with which a user could give rights to himself.
    pub(crate) is_of_entries: bool,
}

/// Expressions of a table on rows as one identity.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// Index of the run.
    pub(crate) run: usize,
    /// Indexes of expressions.
    expressions: Vec<usize>,
    /// Indexes of rows.
    rows: Vec<usize>,
    /// The error with which the role could not resolve the names: the login resolves them.
    pub(crate) unresolved: Option<String>,
}

/// A run with its target.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    /// Target.
    pub(crate) target: &'a Target<'a>,
    /// Expressions to evaluate.
    expressions: Vec<Cow<'a, str>>,
    /// Results.
    pub(crate) result: PolicyRun,
    /// Why expressions were not tested.
    pub(crate) untested: Option<String>,
}

impl<'a> Run<'a> {
    /// Creates a run without results. A role that row security does not bind is only asked about expressions that
    /// name it.
    pub(crate) fn new(target: &'a Target<'a>, role: &Role, identity: Identity) -> Option<Self> {
        let is_bound = binds(target.table, role);
        let name = format!("'{}'", role.name);
        let expressions = target.expressions.iter().filter(|e| is_bound || e.contains(&name));
        let expressions: Vec<_> = expressions.map(|e| Cow::Borrowed(*e)).collect();
        let result = PolicyRun {
            role: role.name.clone(),
            identity,
            results: BTreeMap::new(),
            failures: BTreeMap::new(),
            unresolved: BTreeMap::new(),
            raised: BTreeMap::new(),
        };
        let run = Self { target, expressions, result, untested: None };
        (!run.expressions.is_empty()).then_some(run)
    }

    /// The unit with everything.
    pub(crate) fn unit(&self, run: usize) -> Unit {
        let expressions = (0..self.expressions.len()).collect();
        Unit { run, expressions, rows: (0..self.target.rows.len()).collect(), unresolved: None }
    }

    /// Adds a condition and returns its unit; `None` if it is there already.
    pub(crate) fn add(&mut self, run: usize, condition: String) -> Option<Unit> {
        if self.expressions.iter().any(|known| *known == condition) {
            return None;
        }
        self.expressions.push(Cow::Owned(condition));
        let rows = (0..self.target.rows.len()).collect();
        Some(Unit { run, expressions: vec![self.expressions.len() - 1], rows, unresolved: None })
    }

    /// Returns the statement for a unit: one text with `t` or `f` for each row, separated by `|`.
    pub(crate) fn statement(&self, unit: &Unit) -> String {
        let target = self.target;
        let aggregates: Vec<_> = unit
            .expressions
            .iter()
            .map(|e| {
                // As a WHERE clause, which the planner simplifies before it checks permissions: in `a and b or a` it
                // drops `b`, in an expression of the select list it does not.
                let expression = as_request(&self.expressions[*e]);
                let condition = format!("exists (select where ({expression}))");
                format!("pg_catalog.string_agg(case when {condition} then 't' else 'f' end, '')")
            })
            .collect();
        let aggregates = if aggregates.is_empty() { vec!["''".to_owned()] } else { aggregates };
        let rows = synthetic::array(unit.rows.iter().map(|r| target.rows[*r].text.as_str()));
        format!(
            "select pg_catalog.concat_ws('|', {}) from pg_catalog.unnest({}::{}[]) as {}",
            aggregates.join(", "),
            literal(&rows),
            target.table.name,
            target.table.local_name()
        )
    }

    /// Records the result of a unit. Returns the units that it has to be split into.
    pub(crate) fn record(&mut self, unit: &Unit, result: ProbeResult) -> Vec<Unit> {
        let error = match result {
            Ok(rows) => {
                self.record_verdicts(unit, rows.into_iter().flatten().next().as_deref());
                return vec![];
            }
            Err(error) => error,
        };
        if unit.expressions.is_empty() {
            self.record_impossible(unit);
            return vec![];
        }
        if unit.expressions.len() > 1 {
            let each =
                unit.expressions.iter().map(|e| Unit { expressions: vec![*e], ..unit.clone() });
            return each.collect();
        }
        let failure = match error {
            ProbeError::Blocked(reason) => {
                self.untested = Some(reason);
                return vec![];
            }
            ProbeError::Constraint => {
                SqlFailure { code: "23514".to_owned(), message: String::new() }
            }
            ProbeError::Unresolved(message) if unit.unresolved.is_none() => {
                return vec![Unit { unresolved: Some(message), ..unit.clone() }];
            }
            // A statement that reads tables with row security is parsed again as the role.
            ProbeError::Unresolved(message) | ProbeError::Denied(message)
                if unit.unresolved.as_ref() == Some(&message) =>
            {
                for expression in &unit.expressions {
                    let expression = self.expressions[*expression].to_string();
                    self.result.unresolved.insert(expression, message.clone());
                }
                return vec![];
            }
            ProbeError::Denied(message) | ProbeError::Unresolved(message) => {
                SqlFailure { code: "42501".to_owned(), message }
            }
            ProbeError::Failed(code, message) => SqlFailure { code, message },
        };
        let depends_on_row = !matches!(failure.code.get(..2), Some("42" | "54"));
        if depends_on_row && unit.rows.len() > 1 {
            return unit.rows.iter().map(|r| Unit { rows: vec![*r], ..unit.clone() }).collect();
        }
        let is_real = unit.rows.iter().any(|r| self.target.rows[*r].row.real);
        if failure.code == RAISED {
            self.record_raised(unit, &failure);
            return vec![];
        }
        if depends_on_row && !is_real {
            // Either the expression fails for this row, or no such row can exist.
            return vec![Unit { expressions: vec![], ..unit.clone() }];
        }
        for expression in &unit.expressions {
            let expression = self.expressions[*expression].to_string();
            self.result.failures.entry(expression).or_insert_with(|| failure.clone());
        }
        vec![]
    }

    /// A helper refuses rows by an exception.
    fn record_raised(&mut self, unit: &Unit, failure: &SqlFailure) {
        let all = self.target.rows.len();
        for expression in &unit.expressions {
            let text = self.expressions[*expression].to_string();
            let results = self.result.results.entry(text.clone());
            let results = results.or_insert_with(|| vec![PolicyResult::NotTested; all]);
            for row in &unit.rows {
                results[*row] = PolicyResult::Rejects;
                if self.target.rows[*row].row.real {
                    self.result.raised.entry(text.clone()).or_insert_with(|| failure.clone());
                }
            }
        }
    }

    /// Marks the rows of a unit as impossible for every expression.
    fn record_impossible(&mut self, unit: &Unit) {
        let all = self.target.rows.len();
        for expression in &self.expressions {
            let results = self.result.results.entry(expression.to_string());
            let results = results.or_insert_with(|| vec![PolicyResult::NotTested; all]);
            for row in &unit.rows {
                results[*row] = PolicyResult::Impossible;
            }
        }
    }

    fn record_verdicts(&mut self, unit: &Unit, text: Option<&str>) {
        let columns = text.unwrap_or_default().split('|');
        for (expression, column) in unit.expressions.iter().zip(columns) {
            let all = self.target.rows.len();
            let results = self.result.results.entry(self.expressions[*expression].to_string());
            let results = results.or_insert_with(|| vec![PolicyResult::NotTested; all]);
            for (row, letter) in unit.rows.iter().zip(column.chars()) {
                results[*row] =
                    if letter == 't' { PolicyResult::Admits } else { PolicyResult::Rejects };
            }
        }
    }
}

/// SQLSTATE of RAISE EXCEPTION.
const RAISED: &str = "P0001";

/// The login of the API, which becomes the role of each request.
const API_LOGIN: &str = "authenticator";

/// An expression as in a request: `session_user` is the login of the API, not that of this connection.
pub(crate) fn as_request(expression: &str) -> String {
    replace_call(expression, "SESSION_USER", &format!("{}::pg_catalog.name", literal(API_LOGIN)))
}

//! Rights that users give to themselves: a policy admits whoever has an entry in another table, such as a membership, and
//! the policies of that table let a user write this entry.
//!
//! The server evaluates both: which entries a user may write, and which rows of others the policies admit with them.

use std::collections::BTreeSet;

use super::compute::applicable;
use super::policies::{Combined, Side};
use super::rights::has_users;
use super::triggers::governed_columns;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::evaluated::{
    Entry, EntryEffect, EntryValue, EvaluatedEntries, PolicyResult, PolicyRun,
};
use crate::facts::access::{AccessCatalog, SqlCommand};

/// Names of columns that grant rights.
pub(crate) const RIGHTS: [&str; 16] = [
    "role",
    "roles",
    "user_role",
    "app_role",
    "is_admin",
    "admin",
    "is_superuser",
    "is_super_admin",
    "is_staff",
    "is_owner",
    "permissions",
    "plan",
    "tier",
    "subscription_plan",
    "subscription_tier",
    "credits",
];

/// A way in which a user gets an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// The user adds it.
    Added(usize),
    /// The user changes one into another.
    Changed(usize, usize),
}

impl Written {
    /// The command.
    pub(crate) fn command(self) -> SqlCommand {
        match self {
            Self::Added(_) => SqlCommand::Insert,
            Self::Changed(..) => SqlCommand::Update,
        }
    }

    /// The entry that the user has afterwards.
    pub(crate) fn entry(self) -> usize {
        match self {
            Self::Added(at) | Self::Changed(_, at) => at,
        }
    }
}

/// The entries that a user of this role may write for himself.
pub(crate) fn writable(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    evaluated: &EvaluatedEntries,
) -> Vec<Written> {
    let run = evaluated.runs.iter().find(|run| run.role == role.name);
    let Some(run) = run.filter(|_| has_users(table, role)) else { return vec![] };
    let writer = Writer { catalog, table, role, evaluated, run };
    let added = writer.added();
    let changed = writer.changed();
    added.into_iter().map(Written::Added).chain(changed).collect()
}

/// Who writes entries.
struct Writer<'w> {
    catalog: &'w AccessCatalog,
    table: &'w Relation,
    role: &'w Role,
    evaluated: &'w EvaluatedEntries,
    run: &'w PolicyRun,
}

impl Writer<'_> {
    fn added(&self) -> Vec<usize> {
        if !self.table.is_granted(&self.role.name, SqlCommand::Insert) {
            return vec![];
        }
        let policies = self.policies(SqlCommand::Insert);
        let check = Combined::new(policies, Side::Check);
        let governed = governed_columns(self.catalog, self.table, SqlCommand::Insert);
        let is_written = |entry: &Entry| {
            entry.values.iter().all(|(column, value)| {
                let is_set = self.may_set(column, SqlCommand::Insert)
                    && (!governed.contains(column) || *value == EntryValue::Caller);
                is_set || self.is_default(column, value)
            })
        };
        let entries = &self.evaluated.entries;
        let found: Vec<_> = (0..entries.len())
            .filter(|at| is_written(&entries[*at]) && self.is_possible(*at))
            .filter(|at| {
                check.policy_result(self.run, *at) == PolicyResult::Admits || self.is_members(*at)
            })
            .collect();
        // A condition that holds for some stored ids and no unknown one has a reason to: they are public.
        let of_stored = |at: &&usize| entries[**at].origin.is_some();
        let origins = |all: &[usize]| -> BTreeSet<usize> {
            all.iter().filter_map(|at| entries[*at].origin).collect()
        };
        let stored: BTreeSet<_> = entries.iter().filter_map(|e| e.origin).collect();
        let is_chosen = found.iter().all(|at| of_stored(&at)) && origins(&found) != stored;
        if is_chosen { vec![] } else { found }
    }

    /// Whether a user may add an entry who has any other one.
    fn is_members(&self, at: usize) -> bool {
        self.evaluated.added_by_members.contains(&(self.role.name.clone(), at))
    }

    fn changed(&self) -> Vec<Written> {
        if !self.table.is_granted(&self.role.name, SqlCommand::Update) {
            return vec![];
        }
        let policies = self.policies(SqlCommand::Update);
        let using = Combined::new(policies.iter().copied(), Side::Using);
        let check = Combined::new(policies, Side::Check);
        let governed = governed_columns(self.catalog, self.table, SqlCommand::Update);
        let admitted = |side: &Combined<'_>| -> Vec<usize> {
            (0..self.evaluated.entries.len())
                .filter(|at| self.is_possible(*at))
                .filter(|at| side.policy_result(self.run, *at) == PolicyResult::Admits)
                .collect()
        };
        let (before, after) = (admitted(&using), admitted(&check));
        let pairs = before.iter().flat_map(|b| after.iter().map(|a| (*b, *a)));
        let is_free =
            |column: &str| self.may_set(column, SqlCommand::Update) && !governed.contains(column);
        let found = pairs.filter(|(b, a)| {
            let changed = self.differences(*b, *a);
            let matters = |column: &&str| {
                let is_id = matches!(
                    self.evaluated.entries[*a].values.get(*column),
                    Some(EntryValue::OfOthers)
                );
                is_id || RIGHTS.contains(column)
            };
            changed.iter().all(|column| is_free(column)) && changed.iter().any(matters)
        });
        found.map(|(b, a)| Written::Changed(b, a)).collect()
    }

    /// The columns in which two entries differ.
    fn differences(&self, before: usize, after: usize) -> Vec<&str> {
        let [before, after] = [before, after].map(|at| &self.evaluated.entries[at]);
        let differs = |(column, value): &(&String, &EntryValue)| {
            let is_other = before.values.get(*column) != Some(*value);
            is_other || **value == EntryValue::OfOthers && before.origin != after.origin
        };
        after.values.iter().filter(differs).map(|(column, _)| column.as_str()).collect()
    }

    fn policies(&self, command: SqlCommand) -> Vec<&Policy> {
        applicable(self.catalog, self.table, self.role, command).collect()
    }

    /// Whether the CHECK constraints allow an entry.
    fn is_possible(&self, at: usize) -> bool {
        self.table.checks.iter().all(|check| {
            let results = self.run.results.get(check).and_then(|results| results.get(at));
            results.is_none_or(|result| *result == PolicyResult::Admits)
        })
    }

    fn may_set(&self, column: &str, command: SqlCommand) -> bool {
        let (role, sql) = (&self.role.name, command.sql());
        self.table.columns.iter().any(|c| c == column)
            && (self.table.has(role, sql)
                || self.table.only_columns(role, sql).iter().any(|c| c == column))
    }

    /// Whether a column has this value if an INSERT does not name it.
    fn is_default(&self, column: &str, value: &EntryValue) -> bool {
        let column = self.table.types.iter().find(|c| c.column == column);
        let default = column.and_then(|c| c.default.as_deref());
        match (value, default) {
            (EntryValue::Text(value), None) => value.is_none(),
            (EntryValue::Text(Some(value)), Some(default)) => {
                default == value
                    || default.starts_with(&format!("'{value}'"))
                    || matches!((value.as_str(), default), ("t", "true") | ("f", "false"))
            }
            (EntryValue::Caller, Some(default)) => default.contains("auth.uid()"),
            (EntryValue::New, Some(_)) => true,
            _ => false,
        }
    }
}

/// The number of rows of others, and of those that an entry opens.
pub(crate) fn opened(effect: &EntryEffect, written: Written) -> usize {
    let results = |at: usize| effect.with.get(at);
    let Some(after) = results(written.entry()) else { return 0 };
    let before = match written {
        Written::Added(_) => Some(&effect.without),
        Written::Changed(before, _) => results(before),
    };
    let Some(before) = before else { return 0 };
    let rows = after.iter().zip(before).zip(&effect.without);
    rows.filter(|((after, before), without)| **after && !**before && !**without).count()
}

/// Whether an entry opens every tested row.
pub(crate) fn opens_all(effect: &EntryEffect, entry: usize) -> bool {
    let rows = effect.without.len();
    rows > 0 && opened(effect, Written::Added(entry)) == rows
}

/// Whether an entry opens a tested row.
pub(crate) fn opens_any(effect: &EntryEffect, entry: usize) -> bool {
    opened(effect, Written::Added(entry)) > 0
}

//! Tables that policies read for rights: those that users could write, and memberships.

use std::collections::BTreeSet;

use super::synthetic::{self, is_user_column};
use crate::access::body::Body;
use crate::access::rights::{Readers, may_write, workspace_columns};
use crate::facts::access::AccessCatalog;
use crate::facts::access::catalog::{ColumnType, Relation};
use crate::queue::sql::ident;

/// Stored rows whose ids are tried, and the rows among which they are found.
const STORED: usize = 3;
const CANDIDATES: usize = 200;
/// Maximum number of columns with ids. All get values, so that the workspace is one of them wherever it is in the table.
const ID_COLUMNS: usize = 8;

/// A table that policies read for rights.
#[derive(Debug)]
pub(crate) struct RightsTable<'a> {
    /// Table.
    pub(crate) table: &'a Relation,
    /// Columns that policies read for rights, or that decide who may write the table.
    pub(super) columns: Vec<&'a ColumnType>,
    /// Literals of the policies that read it and of their helpers.
    pub(super) literals: Vec<String>,
    /// Whether its rows are memberships of something.
    pub(super) has_workspaces: bool,
}

impl<'a> RightsTable<'a> {
    /// The columns with ids, those that can hold the id of a user first.
    pub(super) fn ids(&self) -> Vec<&'a ColumnType> {
        let mut ids: Vec<_> = self.columns.iter().copied().filter(|c| is_id(c)).collect();
        ids.sort_by_key(|c| (!can_name_caller(c), !is_user_column(&c.column, &c.base)));
        ids.truncate(ID_COLUMNS);
        ids
    }

    /// Returns the query for the ids of some stored entries.
    pub(crate) fn stored_ids(&self) -> String {
        let ids: Vec<_> = self.ids().into_iter().map(|c| ident(&c.column)).collect();
        let (list, name) = (ids.join(", "), &self.table.name);
        let texts: Vec<_> = ids.iter().map(|c| format!("d.{c}::text")).collect();
        if ids.is_empty() {
            return "select '[]'".to_owned();
        }
        format!(
            "select coalesce(pg_catalog.json_agg(l.v), '[]')::text from (select pg_catalog.json_build_array({}) as v \
             from (select distinct {list} from (select {list} from {name} limit {CANDIDATES}) s) d limit {STORED}) l",
            texts.join(", ")
        )
    }
}

/// Finds the tables that policies read for rights and that users could write, and tables of memberships.
pub(crate) fn rights_tables<'a>(
    catalog: &'a AccessCatalog,
    readers: &Readers<'a>,
    used: impl Fn(&'a Relation) -> BTreeSet<&'a str>,
) -> Vec<RightsTable<'a>> {
    let mut found = Vec::new();
    for table in catalog.tables().filter(|t| t.rls && !t.types.is_empty()) {
        let Some(texts) = readers.texts(table) else { continue };
        let mut roles = catalog.roles.iter().filter(|role| role.assumable);
        let is_writable = roles.any(|role| may_write(catalog, table, role));
        let workspaces = workspace_columns(catalog, table);
        if !is_writable && workspaces.is_empty() {
            continue;
        }
        let mut used = used(table);
        used.extend(&workspaces);
        let is_named = |c: &&ColumnType| {
            used.contains(c.column.as_str())
                || texts.iter().any(|t| t.has_word(&c.column.to_lowercase()))
        };
        let strings = texts.iter().flat_map(Body::values).map(str::to_owned);
        let numbers = readers.sources(table).flat_map(synthetic::literals);
        let numbers = numbers.filter(|l| l.parse::<i32>().is_ok());
        let mut literals: Vec<_> = strings.chain(numbers).collect();
        let mut known = BTreeSet::new();
        literals.retain(|l| known.insert(l.clone()));
        found.push(RightsTable {
            table,
            columns: table.types.iter().filter(is_named).collect(),
            literals,
            has_workspaces: !workspaces.is_empty(),
        });
    }
    found
}

/// Whether a column holds ids of users, workspaces and the like.
pub(super) fn is_id(column: &ColumnType) -> bool {
    let name = column.column.as_str();
    let is_named = name == "id" || name.ends_with("_id") || name.contains("email");
    column.base == "uuid"
        || is_named
            && matches!(
                column.base.as_str(),
                "text" | "varchar" | "citext" | "int4" | "int8" | "numeric"
            )
}

pub(super) fn can_name_caller(column: &ColumnType) -> bool {
    matches!(column.base.as_str(), "uuid" | "text" | "varchar" | "citext")
}

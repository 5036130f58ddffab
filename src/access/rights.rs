//! Tables that policies read for rights: memberships, profiles, lists of administrators.

use std::collections::{BTreeMap, BTreeSet};

use super::body::Body;
use super::compute::{applicable, binds, sides};
use super::paths::{Paths, local};
use crate::facts::access::catalog::{ColumnType, Policy, Relation, Role};
use crate::facts::access::evaluated::is_anonymous;
use crate::facts::access::{AccessCatalog, SqlCommand};

/// The policies that read each table, also through helpers and views.
pub(crate) struct Readers<'a> {
    /// By table: policies, and the texts of these and of what they call.
    by_table: BTreeMap<&'a str, Vec<Reader<'a>>>,
}

struct Reader<'a> {
    policy: &'a Policy,
    texts: Vec<&'a str>,
}

impl<'a> Readers<'a> {
    /// Follows the policies of all examined tables.
    pub(crate) fn new(catalog: &'a AccessCatalog, paths: &Paths<'a>) -> Self {
        let mut by_table: BTreeMap<&str, Vec<Reader<'a>>> = BTreeMap::new();
        for policy in &catalog.policies {
            let called = paths.called_by(policy);
            let mut texts: Vec<&str> =
                [&policy.using, &policy.check].into_iter().flatten().map(String::as_str).collect();
            texts.extend(called.functions.iter().map(|f| f.source.as_str()));
            texts.extend(called.relations.iter().filter_map(|r| r.definition.as_deref()));
            let tables: BTreeSet<_> =
                called.relations.iter().filter(|r| r.is_table()).map(|r| r.name.as_str()).collect();
            for table in tables {
                by_table.entry(table).or_default().push(Reader { policy, texts: texts.clone() });
            }
        }
        Self { by_table }
    }

    fn of(&self, table: &Relation) -> &[Reader<'a>] {
        self.by_table.get(table.name.as_str()).map_or(&[], Vec::as_slice)
    }

    /// The texts of the policies that read a table and of what they call, as tokens; `None` if no policy reads it.
    pub(crate) fn texts(&self, table: &Relation) -> Option<Vec<Body>> {
        let sources: BTreeSet<_> = self.sources(table).collect();
        (!sources.is_empty()).then(|| sources.into_iter().map(Body::new).collect())
    }

    /// These texts.
    pub(crate) fn sources(&self, table: &Relation) -> impl Iterator<Item = &'a str> {
        let texts: BTreeSet<_> =
            self.of(table).iter().flat_map(|r| r.texts.iter().copied()).collect();
        texts.into_iter()
    }

    /// Whether a policy of a table reads another table.
    pub(crate) fn reads(&self, table: &Relation, rights: &Relation) -> bool {
        self.of(rights).iter().any(|reader| reader.policy.table == table.name)
    }
}

/// Whether requests of a role have users, and row security limits what they reach.
pub(crate) fn has_users(table: &Relation, role: &Role) -> bool {
    !is_anonymous(&role.name) && role.schemas.contains(&table.schema) && binds(table, role)
}

/// Whether users could write a table: the role has a grant and a policy for it.
pub(crate) fn may_write(catalog: &AccessCatalog, table: &Relation, role: &Role) -> bool {
    let commands = [SqlCommand::Insert, SqlCommand::Update].into_iter();
    has_users(table, role)
        && commands
            .filter(|c| table.is_granted(&role.name, *c))
            .any(|c| applicable(catalog, table, role, c).any(|policy| policy.permissive))
}

/// The conditions of the commands by which a role reaches rows of a table, each once.
pub(crate) fn conditions(catalog: &AccessCatalog, table: &Relation, role: &Role) -> Vec<String> {
    let mut found = Vec::new();
    for command in [SqlCommand::Select, SqlCommand::Update, SqlCommand::Delete] {
        found.extend(condition(catalog, table, role, command).filter(|c| !found.contains(c)));
    }
    found
}

/// The condition of the rows that a role reaches by a command.
pub(crate) fn condition(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> Option<String> {
    if !has_users(table, role) || !table.is_granted(&role.name, command) {
        return None;
    }
    let policies: Vec<_> = applicable(catalog, table, role, command).collect();
    let first = sides(&policies, command).into_iter().next();
    first.filter(|side| !side.permissive.is_empty()).map(|side| side.sql())
}

/// A policy that reads a table without a comparison of the workspace that the rows of both have.
pub(crate) struct Unscoped<'a> {
    /// Table of the policy.
    pub(crate) table: &'a Relation,
    /// Policy.
    pub(crate) policy: &'a Policy,
    /// Columns of the other table, and of this one, that hold the same ids.
    pub(crate) shared: Vec<(&'a str, &'a str)>,
}

/// The policies that read a table and do not use the columns that both tables share.
pub(crate) fn unscoped<'a>(
    catalog: &'a AccessCatalog,
    readers: &Readers<'a>,
    rights: &'a Relation,
) -> Vec<Unscoped<'a>> {
    let mut found = Vec::new();
    for reader in readers.of(rights).iter().filter(|r| r.policy.permissive) {
        let Some(table) = catalog.relation(&reader.policy.table) else { continue };
        if table.name == rights.name || !table.exposed {
            continue;
        }
        let shared = shared_columns(rights, table);
        let is_used =
            |(_, column): &(&str, &str)| reader.policy.columns.iter().any(|c| c == column);
        // A reference to the whole row is not among the columns.
        let whole_row = format!("{}.*", table.local_name());
        let texts = [&reader.policy.using, &reader.policy.check];
        let is_whole = texts.into_iter().flatten().any(|t| t.contains(&whole_row));
        if !shared.is_empty() && !shared.iter().any(is_used) && !is_whole {
            found.push(Unscoped { table, policy: reader.policy, shared });
        }
    }
    found
}

/// Columns of two tables with the same ids, by their names: `workspace_id` of both, or `workspace_id` and the key of
/// `workspaces`.
fn shared_columns<'a>(rights: &'a Relation, table: &'a Relation) -> Vec<(&'a str, &'a str)> {
    let ids = rights.types.iter().filter(|c| c.column.ends_with("_id"));
    let ids = ids.filter(|c| !rights.unique_columns.contains(&c.column));
    let same = |id: &'a ColumnType| {
        let subject = id.column.trim_end_matches("_id");
        let is_same = |c: &&ColumnType| {
            let is_key = c.column == "id" && local(&table.name).trim_end_matches('s') == subject;
            c.base == id.base && (c.column == id.column || is_key)
        };
        let column = table.types.iter().find(is_same)?;
        Some((id.column.as_str(), column.column.as_str()))
    };
    ids.filter_map(same).collect()
}

//! Tables that policies read for rights: memberships, profiles, lists of administrators.

use std::collections::{BTreeMap, BTreeSet};

use super::body::Body;
use super::compute::{applicable, applies_to, binds, sides};
use super::paths::{Paths, local};
use super::policies::{Combined, Side};
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
            let mut tables: BTreeSet<_> =
                called.relations.iter().filter(|r| r.is_table()).map(|r| r.name.as_str()).collect();
            // pg_depend does not tell whether a policy reads its own table again.
            let own = [&policy.using, &policy.check].into_iter().flatten();
            if own.map(|text| Body::new(text)).any(|body| body.reads(&policy.table)) {
                tables.insert(&policy.table);
            }
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

    /// The policies that read a table.
    pub(crate) fn policies(&self, table: &Relation) -> impl Iterator<Item = &'a Policy> {
        self.of(table).iter().map(|reader| reader.policy)
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

/// The condition of the rows that a role reaches by a command with one permissive policy only.
pub(crate) fn condition_of_policy(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
    policy: &Policy,
) -> Option<String> {
    let is_asked = policy.permissive && policy.covers(command) && applies_to(policy, role);
    if !is_asked || !has_users(table, role) || !table.is_granted(&role.name, command) {
        return None;
    }
    let restrictive = applicable(catalog, table, role, command).filter(|p| !p.permissive);
    let side = Combined::new(std::iter::once(policy).chain(restrictive), Side::Using);
    (!side.permissive.is_empty()).then(|| side.sql())
}

/// The columns of a table of memberships that say what the membership is of: those with the ids of other tables, in which
/// several rows may have the same value. Empty if no other column can name the member.
pub(crate) fn workspace_columns<'a>(
    catalog: &'a AccessCatalog,
    rights: &'a Relation,
) -> Vec<&'a str> {
    let others = catalog.tables().filter(|table| table.name != rights.name);
    let shared: BTreeSet<_> =
        others.flat_map(|table| shared_columns(rights, table)).map(|(column, _)| column).collect();
    let names_member = |c: &ColumnType| {
        matches!(c.base.as_str(), "uuid" | "text" | "varchar" | "citext")
            && !rights.unique_columns.contains(&c.column)
    };
    let is_of_member =
        |workspace: &&str| rights.types.iter().any(|c| c.column != *workspace && names_member(c));
    shared.into_iter().filter(is_of_member).collect()
}

/// Columns of two tables with the same ids, by their names: `workspace_id` of both, or `workspace_id` and the key of
/// `workspaces`.
pub(crate) fn shared_columns<'a>(
    rights: &'a Relation,
    table: &'a Relation,
) -> Vec<(&'a str, &'a str)> {
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

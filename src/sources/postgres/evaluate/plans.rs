//! What the planner says: commands that fail for a role, and conditions that no row can meet.

use crate::access::expression::{normalise, replace_call};
use crate::facts::access::SqlCommand;
use crate::facts::access::catalog::{AccessCatalog, Relation, RelationKind, Role, SqlFunction};
use crate::facts::access::evaluated::{SqlFailure, is_anonymous};
use crate::queue::sql::{ident, literal};
use crate::sources::postgres::probe::probe_batch::{ProbeError, ProbeResult};

/// Returns the commands that a role holds a grant for on a relation that can make them fail.
pub(crate) fn commands<'a>(
    relation: &'a Relation,
    role: &'a Role,
) -> impl Iterator<Item = SqlCommand> + 'a {
    let can_fail = match relation.kind {
        RelationKind::Table | RelationKind::Partitioned => relation.rls,
        RelationKind::View => true,
        RelationKind::Materialised | RelationKind::Foreign => false,
    };
    let usable = can_fail && relation.exposed && role.schemas.contains(&relation.schema);
    SqlCommand::ALL.into_iter().filter(move |c| {
        usable && (relation.has(&role.name, c.sql()) || relation.has_column(&role.name, c.sql()))
    })
}

/// Returns the EXPLAIN of a command. Writes read no column, because that would need more rights.
pub(crate) fn explain(
    catalog: &AccessCatalog,
    relation: &Relation,
    role: &str,
    command: SqlCommand,
) -> Option<String> {
    let name = &relation.name;
    let column = || {
        let granted = relation.only_columns(role, command.sql());
        let candidates = if granted.is_empty() { &relation.columns } else { &granted };
        // A view that uses the rights of the role may pass on some columns only.
        let written = relation.written_relations().into_iter();
        let behind = written.filter_map(|name| catalog.relation(name));
        let passed_on: Vec<_> = behind
            .filter(|_| relation.security_invoker)
            .flat_map(|table| table.only_columns(role, command.sql()))
            .collect();
        let usable = candidates.iter().find(|column| passed_on.contains(column));
        usable.or(candidates.first()).map(|column| ident(column))
    };
    let statement = match command {
        SqlCommand::Select => format!("select 1 from {name}"),
        SqlCommand::Insert => format!("insert into {name} ({}) values (default)", column()?),
        SqlCommand::Update => format!("update {name} set {} = default", column()?),
        SqlCommand::Delete => format!("delete from {name}"),
    };
    Some(format!("explain (costs off) {statement}"))
}

/// Returns the failure of an EXPLAIN that the command itself would have, too. Views that cannot be written are not
/// meant.
pub(crate) fn failure(result: ProbeResult) -> Option<SqlFailure> {
    match result {
        Err(ProbeError::Denied(message) | ProbeError::Unresolved(message)) => {
            Some(SqlFailure { code: "42501".to_owned(), message })
        }
        Err(ProbeError::Failed(code, message)) if matches!(code.get(..2), Some("42" | "54")) => {
            Some(SqlFailure { code, message })
        }
        _ => None,
    }
}

/// A function without arguments whose value is the same for every request of a role.
#[derive(Debug, Clone)]
pub(crate) struct RoleValue {
    /// Qualified name.
    name: String,
    /// Value as SQL.
    value: String,
}

/// Returns the functions that tell who calls and whose value is known for a role: its name, and for anonymous
/// requests everything.
pub(crate) fn role_functions<'a>(catalog: &'a AccessCatalog, role: &str) -> Vec<&'a SqlFunction> {
    let names: &[&str] =
        if is_anonymous(role) { &["auth.role", "auth.uid", "auth.jwt"] } else { &["auth.role"] };
    let is_known = |f: &&SqlFunction| {
        names.contains(&f.name.as_str())
            && f.arguments.is_empty()
            && f.executable_by.iter().any(|r| r == role)
    };
    catalog.functions.iter().filter(is_known).collect()
}

/// Returns the value of a function as SQL.
pub(crate) fn role_value(function: &SqlFunction, result: &ProbeResult) -> Option<RoleValue> {
    let value = result.as_ref().ok()?.first()?;
    let value = value.as_deref().map_or("NULL".to_owned(), literal);
    let value = format!("{value}::{}", function.returns);
    Some(RoleValue { name: function.name.clone(), value })
}

/// Returns the EXPLAIN that shows whether the planner can prove that a condition holds for no row, with the known
/// values in place of the calls.
pub(crate) fn never_statement(
    table: &Relation,
    condition: &str,
    role: &str,
    values: &[RoleValue],
) -> String {
    let mut text = condition.to_owned();
    for value in values {
        text = replace_call(&text, &format!("{}()", value.name), &value.value);
    }
    let role = format!("{}::text", literal(role));
    text = replace_call(&text, "(auth.jwt() ->> 'role'::text)", &role);
    text = replace_call(&text, "CURRENT_USER", &role);
    format!(
        "explain (costs off) select from pg_catalog.unnest(null::{}[]) as {} where {}",
        table.name,
        table.local_name(),
        normalise(&text)
    )
}

/// Whether a plan says that no row passes.
pub(crate) fn proves_no_row(result: &ProbeResult) -> bool {
    let lines = result.as_ref().map_or(&[][..], Vec::as_slice);
    lines.iter().flatten().any(|line| line.trim() == "One-Time Filter: false")
}

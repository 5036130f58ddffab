//! Samples of a table for access tests: a member, rows of the member's workspaces, and rows of
//! others. They are read with the rights of the login.

use std::time::Duration;

use serde::Deserialize;

use super::probe_batch::{ProbeError, ProbeGroup, ProbeResult, set_timeout};
use crate::facts::access::catalog::Relation;
use crate::facts::access::contract::{ContractRule, ContractTable};
use crate::facts::access::{AccessCatalog, Contract};
use crate::queue::sql::{ident, literals};

/// Maximum number of own rows, and of rows of others.
const ROWS: usize = 20;
/// Maximum number of memberships that are searched for a member with rows, and for other
/// workspaces.
const CANDIDATES: usize = 200;
/// Maximum number of own workspaces, and of others, that a helper is called with.
const TENANTS: usize = 3;

/// Returns the SQL that prepares a transaction for sampling. With `row_security = off` a login that
/// is subject to policies gets an error instead of a part of the rows.
pub(crate) fn setup(budget: Duration) -> String {
    format!("{}; SET LOCAL row_security = off", set_timeout(budget))
}

/// Primary key of a row, one text per column.
pub(crate) type RowKey = Vec<String>;

/// Member, non-member, and rows and workspaces of the member and of others.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ProbeSample {
    /// Claim `sub` of a member.
    pub(crate) member: Option<String>,
    /// Claim `sub` of a non-member; no user has it.
    pub(crate) stranger: String,
    /// Workspaces of the member.
    pub(crate) own_tenants: Vec<String>,
    /// Other workspaces.
    pub(crate) foreign_tenants: Vec<String>,
    /// Keys of rows in the member's workspaces.
    pub(crate) own: Vec<RowKey>,
    /// Keys of rows in other workspaces.
    pub(crate) foreign: Vec<RowKey>,
    /// Row of the member as JSON, if writes are tested.
    #[serde(default)]
    pub(crate) own_row: Option<String>,
    /// Row of another workspace as JSON, if writes are tested.
    #[serde(default)]
    pub(crate) foreign_row: Option<String>,
}

/// Table of the contract that can be sampled.
pub(crate) struct ProbeTarget<'a> {
    /// Table in the catalog.
    pub(crate) table: &'a Relation,
    /// Table in the contract.
    pub(crate) declared: &'a ContractTable,
    /// Columns of the primary key, quoted.
    key: Vec<String>,
    binding: Option<PolicyBinding<'a>>,
}

/// Rule of the contract, with its membership table and the workspace column of the tested table.
struct PolicyBinding<'a> {
    rule: &'a ContractRule,
    members: &'a str,
    tenant: &'a str,
}

/// Returns the target for a table, or the reason why it cannot be sampled.
pub(crate) fn target<'a>(
    contract: &'a Contract,
    catalog: &'a AccessCatalog,
    table: &'a Relation,
    declared: &'a ContractTable,
) -> Result<ProbeTarget<'a>, String> {
    let key: Vec<_> = table.key.iter().map(|column| ident(column)).collect();
    if key.is_empty() {
        return Err("it has no primary key".to_owned());
    }
    let rule = declared.rules().first().and_then(|name| contract.rules.get(name));
    let binding = match (rule, &declared.workspace_column) {
        (Some(rule), Some(tenant)) => {
            let members = catalog
                .relation(&rule.membership)
                .ok_or_else(|| format!("{} is not in the examined schemas", rule.membership))?;
            Some(PolicyBinding { rule, members: &members.name, tenant })
        }
        _ => None,
    };
    Ok(ProbeTarget { table, declared, key, binding })
}

impl ProbeTarget<'_> {
    /// Returns a column that a role may update, quoted.
    pub(crate) fn written_column(&self, role: &str) -> String {
        let granted = self.table.only_columns(role, "UPDATE");
        let column =
            granted.first().or(self.declared.workspace_column.as_ref()).or(self.table.key.first());
        column.map_or_else(String::new, |column| ident(column))
    }

    /// Returns the SQL for the key of a row as a JSON array of texts. `prefix` qualifies its
    /// columns.
    pub(crate) fn key_json(&self, prefix: &str) -> String {
        let columns: Vec<_> =
            self.key.iter().map(|column| format!("{of}{column}::text", of = prefix)).collect();
        format!("pg_catalog.json_build_array({})", columns.join(", "))
    }

    /// Returns the condition for the rows with these keys, which can use the primary key index.
    pub(crate) fn key_condition(&self, keys: &[&RowKey]) -> String {
        let rows: Vec<_> = keys.iter().map(|key| format!("({})", literals(key))).collect();
        format!("({}) in ({})", self.key.join(", "), rows.join(", "))
    }
}

/// Returns the query for a sample, whose result is one JSON text. `with_rows` includes a whole row
/// of the member and one of another workspace.
pub(crate) fn query(target: &ProbeTarget<'_>, with_rows: bool) -> ProbeGroup {
    let sql = match &target.binding {
        Some(binding) => rule_query(target, binding, with_rows),
        None => any_rows_query(target, with_rows),
    };
    ProbeGroup { setup: "SELECT 1".to_owned(), queries: vec![sql], ..ProbeGroup::default() }
}

/// Returns the query for a table without a rule: any rows count as rows of others.
fn any_rows_query(target: &ProbeTarget<'_>, with_rows: bool) -> String {
    let table = &target.table.name;
    let row = format!("(select pg_catalog.to_jsonb(j)::text from {table} j limit 1)");
    format!(
        "select pg_catalog.json_build_object('stranger', pg_catalog.gen_random_uuid(), \
         'member', null, 'own_tenants', '[]'::json, 'foreign_tenants', '[]'::json, \
         'own', '[]'::json, 'foreign', {}, 'foreign_row', {})::text",
        list(&format!("select {} from {table} limit {ROWS}", target.key_json(""))),
        if with_rows { &row } else { "null" }
    )
}

/// Returns the query for a table with a rule. `mine` is the workspaces of a member, preferably one
/// with rows, and `others` is other workspaces. Rows are read workspace by workspace, so that an
/// index on the workspace can be used.
fn rule_query(target: &ProbeTarget<'_>, binding: &PolicyBinding<'_>, with_rows: bool) -> String {
    let (table, key, members) = (&target.table.name, target.key_json("j."), binding.members);
    let (user, tenant) = (ident(&binding.rule.user), ident(&binding.rule.workspace_column));
    let bound = ident(binding.tenant);
    let keys = |tenants: &str| {
        list(&format!(
            "select j.k from {tenants} o cross join lateral \
             (select {key} from {table} j where j.{bound} = o.t limit {ROWS}) j(k) limit {ROWS}"
        ))
    };
    let row = |tenants: &str| match with_rows {
        true => format!(
            "(select j.r from {tenants} o cross join lateral (select pg_catalog.to_jsonb(j)::text \
             from {table} j where j.{bound} = o.t limit 1) j(r) limit 1)"
        ),
        false => "null".to_owned(),
    };
    let workspaces =
        |tenants: &str| list(&format!("select o.t::text from {tenants} o limit {TENANTS}"));
    format!(
        "with candidates as materialized (select m.{user} as u, m.{tenant} as t from {members} m \
           where m.{user} is not null and m.{tenant} is not null limit {CANDIDATES}), \
         who as materialized (select c.u from candidates c \
           order by exists (select from {table} j where j.{bound} = c.t) desc limit 1), \
         mine as materialized (select distinct m.{tenant} as t from {members} m \
           where m.{user} = (select u from who) and m.{tenant} is not null), \
         others as materialized (select distinct c.t from candidates c where c.t not in (select t from mine)) \
         select pg_catalog.json_build_object('stranger', pg_catalog.gen_random_uuid(), \
           'member', (select u::text from who), 'own_tenants', {}, 'foreign_tenants', {}, \
           'own', {}, 'foreign', {}, 'own_row', {}, 'foreign_row', {})::text",
        workspaces("mine"),
        workspaces("others"),
        keys("mine"),
        keys("others"),
        row("mine"),
        row("others")
    )
}

/// Returns the SQL for a JSON array of the values of a query.
fn list(select: &str) -> String {
    format!("(select coalesce(pg_catalog.json_agg(v), '[]') from ({select}) as s(v))")
}

/// Parses the result of the query.
pub(crate) fn parse(result: ProbeResult) -> Result<ProbeSample, String> {
    let rows = result.map_err(|error| match error {
        ProbeError::Blocked(reason) | ProbeError::Failed(_, reason) => reason,
        ProbeError::Denied(_) | ProbeError::Unresolved(_) | ProbeError::Constraint => {
            "permission denied".to_owned()
        }
    });
    let rows = rows.map_err(|reason| format!("cannot read a sample: {why}", why = reason))?;
    let text = rows.into_iter().flatten().next().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| format!("cannot read a sample: {error}"))
}

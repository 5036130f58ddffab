//! Who to act as and which rows to try: chosen from the data by the operator's own rights.

use std::time::Duration;

use serde::Deserialize;

use super::probe_batch::{ProbeError, ProbeGroup, limited};
use crate::facts::access::catalog::Relation;
use crate::facts::access::contract::{ContractRule, ContractTable};
use crate::facts::access::{AccessCatalog, Contract};
use crate::queue::sql::{ident, literals};

/// Rows tried on either side.
const ROWS: usize = 20;
/// Memberships looked through for somebody who has rows, and tenants for foreign rows.
const CANDIDATES: usize = 200;
/// Workspaces that a helper is called with, on either side.
const TENANTS: usize = 3;

/// How a transaction that samples begins. An operator who is bound by policies gets an error then, instead
/// of a part of the rows.
pub fn opening(budget: Duration) -> String {
    format!("{}; SET LOCAL row_security = off", limited(budget))
}

/// The primary key of a row as text, column by column.
pub type RowKey = Vec<String>;

/// A member, a stranger, and rows and tenants of both sides.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ProbeSample {
    /// The claim `sub` of a real member.
    pub member: Option<String>,
    /// A `sub` that nobody has.
    pub stranger: String,
    /// Tenants of the member.
    pub own_tenants: Vec<String>,
    /// Tenants of others.
    pub foreign_tenants: Vec<String>,
    /// Keys of rows of the member's tenants.
    pub own: Vec<RowKey>,
    /// Keys of other rows.
    pub foreign: Vec<RowKey>,
    /// One own row as JSON, where writes are rehearsed.
    #[serde(default)]
    pub own_row: Option<String>,
    /// One other row as JSON, where writes are rehearsed.
    #[serde(default)]
    pub foreign_row: Option<String>,
}

/// A declared table that can be sampled.
pub struct ProbeTarget<'a> {
    /// What the catalog says of it.
    pub table: &'a Relation,
    /// What the contract says of it.
    pub declared: &'a ContractTable,
    /// The columns of its key, quoted.
    key: Vec<String>,
    binding: Option<PolicyBinding<'a>>,
}

/// A rule with the table it reads and the column it binds.
struct PolicyBinding<'a> {
    rule: &'a ContractRule,
    members: &'a str,
    tenant: &'a str,
}

/// Finds what a sample needs, or says what is missing.
pub fn target<'a>(
    contract: &'a Contract,
    catalog: &'a AccessCatalog,
    table: &'a Relation,
    declared: &'a ContractTable,
) -> Result<ProbeTarget<'a>, String> {
    let key: Vec<_> = table.key.iter().map(|column| ident(column)).collect();
    if key.is_empty() {
        return Err("it has no primary key to find sampled rows by".to_owned());
    }
    let rule = declared.rules().first().and_then(|name| contract.rules.get(name));
    let binding = match (rule, &declared.tenant) {
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
    /// A column that a role may write, quoted.
    pub fn written_column(&self, role: &str) -> String {
        let granted = self.table.only_columns(role, "UPDATE");
        let column = granted.first().or(self.declared.tenant.as_ref()).or(self.table.key.first());
        column.map_or_else(String::new, |column| ident(column))
    }

    /// The key of a row as a JSON array of texts; `of` qualifies its columns.
    pub fn key_of(&self, of: &str) -> String {
        let columns: Vec<_> = self.key.iter().map(|column| format!("{of}{column}::text")).collect();
        format!("pg_catalog.json_build_array({})", columns.join(", "))
    }

    /// The condition that finds these rows, through the index of the key.
    pub fn these(&self, keys: &[&RowKey]) -> String {
        let rows: Vec<_> = keys.iter().map(|key| format!("({})", literals(key))).collect();
        format!("({}) in ({})", self.key.join(", "), rows.join(", "))
    }
}

/// The question for a sample: its answer is one JSON text. `rows`: with a whole row of either side.
pub fn question(target: &ProbeTarget<'_>, rows: bool) -> ProbeGroup {
    let sql = match &target.binding {
        Some(binding) => by_rule(target, binding, rows),
        None => at_random(target, rows),
    };
    ProbeGroup { opening: "SELECT 1".to_owned(), questions: vec![sql] }
}

fn at_random(target: &ProbeTarget<'_>, rows: bool) -> String {
    let table = &target.table.name;
    let row = format!("(select pg_catalog.to_jsonb(j)::text from {table} j limit 1)");
    format!(
        "select pg_catalog.json_build_object('stranger', pg_catalog.gen_random_uuid(), \
         'member', null, 'own_tenants', '[]'::json, 'foreign_tenants', '[]'::json, \
         'own', '[]'::json, 'foreign', {}, 'foreign_row', {})::text",
        list(&format!("select {} from {table} limit {ROWS}", target.key_of(""))),
        if rows { &row } else { "null" }
    )
}

/// `mine`: tenants of somebody who has rows, if anybody has. `others`: tenants that are not theirs.
/// Rows are found tenant by tenant, through the index on the tenant where there is one.
fn by_rule(target: &ProbeTarget<'_>, binding: &PolicyBinding<'_>, rows: bool) -> String {
    let (table, key, members) = (&target.table.name, target.key_of("j."), binding.members);
    let (user, tenant) = (ident(&binding.rule.user), ident(&binding.rule.tenant));
    let bound = ident(binding.tenant);
    let of = |tenants: &str| {
        list(&format!(
            "select j.k from {tenants} o cross join lateral \
             (select {key} from {table} j where j.{bound} = o.t limit {ROWS}) j(k) limit {ROWS}"
        ))
    };
    let row = |tenants: &str| match rows {
        true => format!(
            "(select j.r from {tenants} o cross join lateral (select pg_catalog.to_jsonb(j)::text \
             from {table} j where j.{bound} = o.t limit 1) j(r) limit 1)"
        ),
        false => "null".to_owned(),
    };
    let some = |tenants: &str| list(&format!("select o.t::text from {tenants} o limit {TENANTS}"));
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
        some("mine"),
        some("others"),
        of("mine"),
        of("others"),
        row("mine"),
        row("others")
    )
}

fn list(select: &str) -> String {
    format!("(select coalesce(pg_catalog.json_agg(v), '[]') from ({select}) as s(v))")
}

/// Reads the answer.
pub fn parse(answer: Result<Vec<Option<String>>, ProbeError>) -> Result<ProbeSample, String> {
    let text = answer.map_err(|refusal| match refusal {
        ProbeError::Blocked(why) | ProbeError::Failed(why) => why,
        ProbeError::Denied | ProbeError::Constraint => "permission denied".to_owned(),
    });
    let text = text.map_err(|why| format!("no sample could be taken: {why}"))?;
    let text = text.into_iter().flatten().next().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| format!("no sample could be taken: {error}"))
}

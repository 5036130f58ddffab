//! Counts the rows that a user reaches, by acting as the user, and the memberships of the user.

use std::time::Duration;

use serde::Deserialize;

use super::Database;
use super::evaluate::is_user_column;
use super::probe::probe_batch::{ProbeError, ProbeGroup, ProbeResult, claims_of, run_as};
use super::probe::{probe_batch, sample_setup};
use crate::access::body::Body;
use crate::access::compute::{applicable, binds, compute_access};
use crate::access::policies::{Combined, Side};
use crate::facts::SourceError;
use crate::facts::access::catalog::{AccessCatalog, Relation, Role};
use crate::facts::access::user_access::{Membership, RowCount, UserTable};
use crate::facts::access::{Contract, SqlCommand};
use crate::queue::sql::{ident, literal};

/// Rows are counted up to this number.
const COUNT_LIMIT: u64 = 10_000;
/// Number of ids shown of a table.
const IDS: usize = 3;
/// Number of workspaces shown of a membership.
const GROUPS: usize = 5;

/// Reads what the user with this id reaches in tables, as `role`.
pub(crate) async fn read(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    contract: &Contract,
    tables: &[&Relation],
    role: &Role,
    user: &str,
) -> Result<Vec<UserTable>, SourceError> {
    let memberships = memberships(db, budget, catalog, contract, user).await?;
    let queries: Vec<_> = tables.iter().map(|table| queries(catalog, table, role)).collect();
    let setup = claims_of(&role.name, Some(user));
    let all = queries.iter().flatten().filter_map(|q| q.as_ref().ok().cloned()).collect();
    let groups = vec![ProbeGroup { setup, queries: all, ..ProbeGroup::default() }];
    let results = run_as(db, budget, &role.name, groups).await?;
    let mut results = results.into_iter().flatten();
    let mut found = Vec::new();
    for (table, queries) in tables.iter().zip(queries) {
        let mut answers = queries.into_iter().map(|query| match query {
            Ok(_) => results.next().ok_or_else(|| "no answer".to_owned()).map(Answer::Result),
            Err(denied) => Ok(Answer::Denied(denied)),
        });
        let mut next = || answers.next().unwrap_or_else(|| Err("no answer".to_owned()));
        let (select, update, delete) = (count(next()), count(next()), count(next()));
        let ids = match next() {
            Ok(Answer::Result(Ok(rows))) => rows.into_iter().flatten().collect(),
            _ => vec![],
        };
        let insert = compute_access(catalog, table, role, SqlCommand::Insert).to_string();
        let related = related(catalog, contract, table, &memberships);
        let table = table.name.clone();
        found.push(UserTable { table, select, update, delete, insert, ids, memberships: related });
    }
    Ok(found)
}

/// Answer to a query, or why it was not asked.
enum Answer {
    Result(ProbeResult),
    Denied(String),
}

fn count(answer: Result<Answer, String>) -> RowCount {
    let rows = match answer {
        Ok(Answer::Result(Ok(rows))) => rows,
        Ok(Answer::Denied(why)) => return RowCount::Denied(why),
        Ok(Answer::Result(Err(error))) => {
            return RowCount::Unknown(match error {
                ProbeError::Denied(message)
                | ProbeError::Unresolved(message)
                | ProbeError::Failed(_, message) => message,
                ProbeError::Blocked(reason) => reason,
                ProbeError::Constraint => "a constraint".to_owned(),
            });
        }
        Err(why) => return RowCount::Unknown(why),
    };
    let number = rows.into_iter().flatten().next().and_then(|n| n.parse().ok());
    match number {
        Some(n) if n > COUNT_LIMIT => RowCount::AtLeast(COUNT_LIMIT),
        Some(n) => RowCount::Exact(n),
        None => RowCount::Unknown("no number".to_owned()),
    }
}

/// Returns the queries for one table: rows to read, to change, to delete, and ids; or why one is not allowed.
fn queries(catalog: &AccessCatalog, table: &Relation, role: &Role) -> [Result<String, String>; 4] {
    let name = &table.name;
    let is_granted = |command: SqlCommand| {
        let sql = command.sql();
        let granted = table.has(&role.name, sql) || table.has_column(&role.name, sql);
        let usage = role.schemas.contains(&table.schema);
        if granted && usage { Ok(()) } else { Err(format!("no grant of {sql}")) }
    };
    let counted = |command: SqlCommand| {
        is_granted(command)?;
        is_granted(SqlCommand::Select)?;
        let condition = if binds(table, role) {
            let policies: Vec<_> = applicable(catalog, table, role, command).collect();
            Combined::new(policies, Side::Using).sql()
        } else {
            "true".to_owned()
        };
        // The table's own policies limit a SELECT already.
        let condition = if command == SqlCommand::Select { "true" } else { &condition };
        Ok(format!(
            "select count(*)::text from (select from {name} where {condition} limit {}) s",
            COUNT_LIMIT + 1
        ))
    };
    let key: Vec<_> = table.key.iter().map(|c| format!("{}::text", ident(c))).collect();
    let ids = if key.is_empty() {
        Err("no primary key".to_owned())
    } else {
        is_granted(SqlCommand::Select).map(|()| {
            let key = key.join(", ");
            format!("select pg_catalog.concat_ws(', ', {key}) from {name} limit {IDS}")
        })
    };
    [counted(SqlCommand::Select), counted(SqlCommand::Update), counted(SqlCommand::Delete), ids]
}

#[derive(Deserialize)]
struct MembershipJson {
    rows: u64,
    groups: Vec<String>,
}

/// Reads the rows that name the user, in tables with a column for user ids, with the rights of the login.
async fn memberships(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    contract: &Contract,
    user: &str,
) -> Result<Vec<Membership>, SourceError> {
    let rules = contract.rules.values();
    let mut asked: Vec<Membership> = rules
        .filter(|rule| catalog.relation(&rule.membership).is_some())
        .map(|rule| membership(&rule.membership, &rule.user, Some(&rule.workspace_column)))
        .collect();
    for table in catalog.relations.iter().filter(|r| r.is_table()) {
        let user_column = table.types.iter().find(|c| is_user_column(&c.column, &c.base));
        let Some(column) = user_column.filter(|_| asked.iter().all(|m| m.table != table.name))
        else {
            continue;
        };
        let is_group = |c: &&crate::facts::access::catalog::ColumnType| {
            c.column.ends_with("_id") && !is_user_column(&c.column, &c.base)
        };
        let group = table.types.iter().find(is_group).map(|c| c.column.as_str());
        asked.push(membership(&table.name, &column.column, group));
    }
    let queries = asked.iter().map(|m| statement(m, user)).collect();
    let group = [ProbeGroup { setup: "SELECT 1".to_owned(), queries, ..ProbeGroup::default() }];
    let setup = sample_setup(budget);
    let results = probe_batch::run(db, budget, &setup, &group).await?;
    for (membership, result) in asked.iter_mut().zip(results.into_iter().flatten()) {
        let text = result.ok().and_then(|rows| rows.into_iter().flatten().next());
        if let Some(json) = text.and_then(|t| serde_json::from_str::<MembershipJson>(&t).ok()) {
            (membership.rows, membership.groups) = (json.rows, json.groups);
        }
    }
    Ok(asked)
}

fn membership(table: &str, column: &str, group: Option<&str>) -> Membership {
    Membership {
        table: table.to_owned(),
        column: column.to_owned(),
        group: group.map(str::to_owned),
        rows: 0,
        groups: vec![],
    }
}

fn statement(membership: &Membership, user: &str) -> String {
    let (table, column) = (&membership.table, ident(&membership.column));
    let condition = format!("{column}::text = {}", literal(user));
    let groups = membership.group.as_ref().map_or("'[]'::json".to_owned(), |group| {
        let group = ident(group);
        format!(
            "(select coalesce(pg_catalog.json_agg(g.v), '[]') from (select distinct {group}::text as v \
             from {table} where {condition} and {group} is not null limit {GROUPS}) g)"
        )
    });
    format!(
        "select pg_catalog.json_build_object('rows', (select count(*) from (select from {table} \
         where {condition} limit {COUNT_LIMIT}) s), 'groups', {groups})::text"
    )
}

/// The memberships that the policies of a table or their helpers look at, and the table's own user column.
fn related(
    catalog: &AccessCatalog,
    contract: &Contract,
    table: &Relation,
    memberships: &[Membership],
) -> Vec<Membership> {
    let policies: Vec<_> = catalog.policies_on(&table.name).collect();
    let helpers = policies.iter().flat_map(|p| &p.functions).filter_map(|f| catalog.function(f));
    let bodies: Vec<_> = helpers.map(|f| Body::new(&f.source)).collect();
    let declared = contract.tables.get(&table.name).map(|t| t.rules()).unwrap_or_default();
    let is_declared = |name: &str| {
        declared.iter().filter_map(|rule| contract.rules.get(rule)).any(|r| r.membership == name)
    };
    let is_used = |m: &&Membership| {
        m.table == table.name
            || is_declared(&m.table)
            || policies.iter().any(|p| p.relations.contains(&m.table))
            || bodies.iter().any(|b| b.reads(&m.table))
    };
    memberships.iter().filter(is_used).cloned().collect()
}

//! Who to act as and which rows to try: chosen from the data by the operator's own rights.

use std::time::Duration;

use tokio_postgres::Client;

use crate::facts::SourceError;
use crate::facts::access::catalog::Relation;
use crate::facts::access::contract::Rule;
use crate::sources::postgres::Database;
use crate::sources::postgres::sql::{ident, literal};

/// Rows tried on either side.
pub const ROWS: usize = 20;
/// Memberships looked through for somebody who has rows, and tenants for foreign rows.
const CANDIDATES: usize = 200;
/// Workspaces that a helper is called with, on either side.
const TENANTS: usize = 3;

/// A member, a stranger, and rows and tenants of both sides.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// The claim `sub` of a real member.
    pub member: Option<String>,
    /// A `sub` that nobody has.
    pub stranger: String,
    /// Tenants of the member.
    pub own_tenants: Vec<String>,
    /// Tenants of others.
    pub foreign_tenants: Vec<String>,
    /// Keys of rows of the member's tenants.
    pub own: Vec<String>,
    /// Keys of other rows.
    pub foreign: Vec<String>,
}

/// A rule with the table it reads and the column it binds.
#[derive(Debug, Clone, Copy)]
pub struct Binding<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The table of memberships, as the catalog writes it.
    pub membership: &'a Relation,
    /// The column of the protected table.
    pub tenant: &'a str,
}

/// Takes a sample of a table. Row security must not hide anything from us: then this is an error.
pub async fn take(
    db: &Database,
    limit: Duration,
    table: &Relation,
    key: &str,
    binding: Option<Binding<'_>>,
) -> Result<Sample, SourceError> {
    db.read(limit, async |tx| {
        // With this an operator who is bound by policies gets an error instead of a part of the rows.
        tx.batch_execute("SET LOCAL row_security = off").await?;
        let mut sample = Sample { stranger: stranger(tx).await?, ..Sample::default() };
        match binding {
            Some(binding) => by_rule(tx, table, key, binding, &mut sample).await?,
            None => {
                let any = format!("select {}::text from {} limit {ROWS}", ident(key), table.name);
                sample.foreign = texts(tx, &any).await?;
            }
        }
        Ok(sample)
    })
    .await
}

async fn stranger(tx: &Client) -> Result<String, SourceError> {
    Ok(tx.query_typed_one("select pg_catalog.gen_random_uuid()::text", &[]).await?.get(0))
}

async fn by_rule(
    tx: &Client,
    table: &Relation,
    key: &str,
    binding: Binding<'_>,
    sample: &mut Sample,
) -> Result<(), SourceError> {
    let (rows, members, key) = (&table.name, &binding.membership.name, ident(key));
    let (user, tenant) = (ident(&binding.rule.user), ident(&binding.rule.tenant));
    let bound = ident(binding.tenant);
    let member = format!(
        "select m.{user}::text from (select * from {members} limit {CANDIDATES}) m \
         where m.{user} is not null \
         order by exists (select from {rows} j where j.{bound} = m.{tenant}) desc limit 1"
    );
    let Some(member) = texts(tx, &member).await?.pop() else { return Ok(()) };
    let mine = format!("select o.{tenant} from {members} o where o.{user} = {}", literal(&member));
    let own_tenants =
        format!("select t::text from ({mine}) as o(t) where t is not null limit {TENANTS}");
    let others = format!(
        "select distinct m.{tenant} as t from (select * from {members} limit {CANDIDATES}) m \
         where m.{tenant} not in ({mine})"
    );
    let foreign_tenants = format!("select t::text from ({others}) as o limit {TENANTS}");
    let own =
        format!("select j.{key}::text from {rows} j where j.{bound} in ({mine}) limit {ROWS}");
    let foreign = format!(
        "select j.k from ({others}) as o cross join lateral \
         (select j.{key}::text as k from {rows} j where j.{bound} = o.t limit {ROWS}) j limit {ROWS}"
    );
    sample.own_tenants = texts(tx, &own_tenants).await?;
    sample.foreign_tenants = texts(tx, &foreign_tenants).await?;
    sample.own = texts(tx, &own).await?;
    sample.foreign = texts(tx, &foreign).await?;
    sample.member = Some(member);
    Ok(())
}

async fn texts(tx: &Client, sql: &str) -> Result<Vec<String>, SourceError> {
    let rows = tx.query_typed(sql, &[]).await?;
    Ok(rows.iter().filter_map(|row| row.get(0)).collect())
}

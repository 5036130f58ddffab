//! Tests access by acting as each test role on sampled rows and recording the results as
//! [`AccessTests`].
//!
//! Without a [`WritePermit`] nothing is written; with one, writes are tested in transactions that are
//! always rolled back. Only sampled rows are read, never a whole table, because policies call their
//! helper functions once per row.

mod helpers;
pub(crate) mod probe_batch;
mod sample;
mod table_probe;
mod write;

use std::time::Duration;

use probe_batch::{ProbeGroup, ProbeResult, claims, run_as_each, run_rolled_back_as};
pub(crate) use sample::setup as sample_setup;
use sample::{ProbeSample, ProbeTarget};
use table_probe::TableProbe;

use super::Database;
use crate::facts::SourceError;
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::tested::TestRole;
use crate::facts::access::{AccessCatalog, AccessTests, Contract};
use crate::permit::WritePermit;

/// Table with its sample and the helper functions to test.
struct ProbedTable<'a> {
    target: ProbeTarget<'a>,
    sample: ProbeSample,
    helpers: Vec<&'a SqlFunction>,
}

/// Tests every table of the contract as each test role: reads the sampled rows, plans writes with
/// EXPLAIN and calls the helper functions of its policies. With a permit, writes are executed and
/// rolled back. Errors and timeouts are part of the result.
pub(crate) async fn observe(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &AccessCatalog,
    permit: Option<&WritePermit>,
) -> AccessTests {
    let mut observations =
        AccessTests { writes_tested: permit.is_some(), ..AccessTests::default() };
    let all_tests = observe_all(db, budget, contract, catalog, permit, &mut observations);
    if tokio::time::timeout(budget, all_tests).await.is_err() {
        let reason = "the time was up: see --timeout".to_owned();
        observations.block("the remaining tests".to_owned(), reason);
    }
    observations
}

async fn observe_all(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &AccessCatalog,
    permit: Option<&WritePermit>,
    observations: &mut AccessTests,
) {
    let roles = assumable_roles(catalog, observations);
    let tables =
        sampled_tables(db, budget, contract, catalog, permit.is_some(), observations).await;
    if tables.is_empty() {
        return;
    }
    // On one connection: a new session with cold caches costs more than all queries of one test role.
    let reads: Vec<_> = roles.iter().map(|role| RoleReads::new(catalog, &tables, *role)).collect();
    let queries: Vec<_> = reads.iter().map(|reads| (reads.role.role(), reads.groups())).collect();
    let results = run_as_each(db, budget, &queries).await;
    for (reads, results) in reads.into_iter().zip(results) {
        let role = reads.role;
        let result = match (results.map(|results| reads.record(results, observations)), permit) {
            (Ok(()), Some(permit)) => {
                run_rolled_back_writes(permit, db, budget, &tables, role, observations).await
            }
            (result, _) => result,
        };
        if let Err(error) = result {
            let what = format!("acting as {}", role.as_str());
            observations.block(what, error.to_string());
        }
    }
}

/// Returns the test roles that this login may assume; the others are recorded as blocked.
fn assumable_roles(catalog: &AccessCatalog, observations: &mut AccessTests) -> Vec<TestRole> {
    let all = [TestRole::Anonymous, TestRole::NonMember, TestRole::Member, TestRole::Service];
    let mut roles = Vec::new();
    for test_role in all {
        match catalog.role(test_role.role()) {
            Some(role) if role.assumable => roles.push(test_role),
            Some(role) if test_role != TestRole::Member => {
                let reason = format!("{} may not SET ROLE {}", catalog.session.user, role.name);
                observations.block_role(&role.name, reason);
            }
            _ => {}
        }
    }
    roles
}

/// Samples the tables of the contract; tables that cannot be sampled are recorded as blocked.
/// `with_rows` includes whole rows, for tests of inserts.
async fn sampled_tables<'a>(
    db: &Database,
    budget: Duration,
    contract: &'a Contract,
    catalog: &'a AccessCatalog,
    with_rows: bool,
    observations: &mut AccessTests,
) -> Vec<ProbedTable<'a>> {
    let mut targets = Vec::new();
    for (name, declared) in &contract.tables {
        let Some(table) = catalog.relation(name) else { continue };
        match sample::target(contract, catalog, table, declared) {
            Ok(target) => targets.push(target),
            // Without a rule nothing is compared row by row; the evaluation of the policies is enough.
            Err(reason) if declared.rules().is_empty() => {
                observations.untested.push((name.clone(), reason));
            }
            Err(reason) => observations.block(name.clone(), reason),
        }
    }
    let queries: Vec<_> = targets.iter().map(|target| sample::query(target, with_rows)).collect();
    let setup = sample::setup(budget);
    let results = probe_batch::run(db, budget, &setup, &queries).await;
    let results = results.unwrap_or_else(|error| {
        observations.block("samples".to_owned(), error.to_string());
        vec![]
    });
    let mut tables = Vec::new();
    for (target, result) in targets.into_iter().zip(results.into_iter().flatten()) {
        match sample::parse(result) {
            Ok(sample) => {
                record_gaps(&target, &sample, observations);
                let helpers = helpers::find(catalog, &target, observations);
                tables.push(ProbedTable { target, sample, helpers });
            }
            Err(reason) => observations.block(target.table.name.clone(), reason),
        }
    }
    tables
}

/// Records what could not be tested because the sample has no rows for it.
fn record_gaps(target: &ProbeTarget<'_>, sample: &ProbeSample, observations: &mut AccessTests) {
    let has_rules = !target.declared.rules().is_empty();
    let reason = match (sample.own.is_empty(), sample.foreign.is_empty()) {
        (true, true) => "the table is empty",
        (true, false) if has_rules => "no member has a row of their own",
        (false, true) => "there is no row of another workspace",
        _ => return,
    };
    observations.untested.push((target.table.name.clone(), reason.to_owned()));
}

/// Returns the claim `sub` of a test role (`Some(None)` if it has none); `None` if the sample has
/// no member.
fn sub_claim(sample: &ProbeSample, role: TestRole) -> Option<Option<&str>> {
    match role {
        TestRole::Anonymous | TestRole::Service => Some(None),
        TestRole::NonMember => Some(Some(sample.stranger.as_str())),
        TestRole::Member => sample.member.as_deref().map(Some),
    }
}

/// The tests of a role that do not write.
struct RoleReads<'a> {
    role: TestRole,
    /// Tables with the claim `sub` of the role and their tests.
    tables: Vec<(&'a ProbedTable<'a>, Option<&'a str>, Vec<TableProbe<'a>>)>,
}

impl<'a> RoleReads<'a> {
    fn new(catalog: &AccessCatalog, tables: &'a [ProbedTable<'a>], role: TestRole) -> Self {
        let tables = tables.iter().filter_map(|table| {
            let sub = sub_claim(&table.sample, role)?;
            // Helpers depend on the user, so they are called only as users.
            let helpers = table.helpers.iter().copied().filter(|_| sub.is_some());
            let helpers: Vec<_> =
                helpers.filter(|helper| helpers::may_call(catalog, role, helper)).collect();
            Some((table, sub, table_probe::all(&table.target, &table.sample, role, &helpers)))
        });
        Self { role, tables: tables.collect() }
    }

    /// The queries, a group for each table.
    fn groups(&self) -> Vec<ProbeGroup> {
        let group = |(_, sub, probes): &(_, Option<&str>, Vec<TableProbe<'_>>)| ProbeGroup {
            setup: claims(self.role, *sub),
            queries: probes.iter().map(|probe| probe.sql.clone()).collect(),
            ..ProbeGroup::default()
        };
        self.tables.iter().map(group).collect()
    }

    fn record(self, results: Vec<Vec<ProbeResult>>, observations: &mut AccessTests) {
        for ((table, _, probes), results) in self.tables.into_iter().zip(results) {
            for (probe, result) in probes.into_iter().zip(results) {
                table_probe::record(
                    probe,
                    result,
                    &table.target,
                    &table.sample,
                    self.role,
                    observations,
                );
            }
        }
    }
}

/// Runs all writes of a role and rolls them back.
async fn run_rolled_back_writes(
    permit: &WritePermit,
    db: &Database,
    budget: Duration,
    tables: &[ProbedTable<'_>],
    role: TestRole,
    observations: &mut AccessTests,
) -> Result<(), SourceError> {
    let (mut groups, mut writes_by_table) = (Vec::new(), Vec::new());
    for table in tables {
        let Some(sub) = sub_claim(&table.sample, role) else { continue };
        let writes = write::all(&table.target, &table.sample, role.role());
        let queries = writes.iter().map(|write| write.sql.clone()).collect();
        groups.push(ProbeGroup { setup: claims(role, sub), queries, ..ProbeGroup::default() });
        writes_by_table.push((table.target.table.name.as_str(), writes));
    }
    let results = run_rolled_back_as(permit, db, budget, role.role(), &groups).await?;
    for ((table, writes), results) in writes_by_table.iter().zip(results) {
        write::record(writes, results, table, role, observations);
    }
    Ok(())
}

//! Evaluates policies as each role: PostgreSQL plans every command and evaluates the expressions of every policy on
//! sampled and synthetic rows, in read-only transactions with the claims that the API sets.
//!
//! The expressions run on values of the row type, not on the table, so that rows that the role cannot see are tested
//! as well. Nothing is written; every setting is local to its transaction.

mod plans;
mod sample;
mod synthetic;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plans::RoleValue;
use sample::Samples;
use synthetic::Material;
use units::{Run, Target, Unit};

use super::Database;
use super::probe::probe_batch::{ProbeGroup, claims_of, run_as};
use crate::access::body::Body;
use crate::access::compute::{applicable, applies_to, binds, policy_result, sides};
use crate::facts::SourceError;
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::evaluated::{
    EvaluatedTable, Evaluations, Identity, PolicyResult, is_anonymous,
};
use crate::facts::access::{AccessCatalog, Contract, SqlCommand};

pub(crate) use sample::is_user_column;

/// Maximum number of users of the database that are tried for a table. A condition can exclude some of them only, such as
/// `NOT EXISTS (… the user is an administrator …)`.
const USERS: usize = 4;
/// Rounds of splitting: by expression, by row, then the row alone.
const ROUNDS: usize = 4;

/// Evaluates the policies of all exposed tables as all roles that this login can assume. Errors and timeouts are
/// part of the result.
pub(crate) async fn read(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &AccessCatalog,
) -> Evaluations {
    let mut evaluations = Evaluations::default();
    let samples = read_samples(db, budget, catalog).await;
    evaluations.untested.extend(samples.failed.iter().cloned());
    let mut targets = targets(catalog, contract, &samples);
    sample::remove_impossible_rows(db, budget, &mut targets).await;
    let non_member = samples.random.first().cloned().unwrap_or_default();
    for role in catalog.roles.iter().filter(|role| role.assumable) {
        let result =
            evaluate_role(db, budget, catalog, &targets, role, &non_member, &mut evaluations).await;
        if let Err(error) = result {
            let what = format!("policies as {}", role.name);
            evaluations.untested.push((what, error.to_string()));
        }
    }
    for target in targets {
        let table = evaluations.tables.entry(target.table.name.clone()).or_default();
        table.rows = target.rows.into_iter().map(|row| row.row).collect();
    }
    evaluations
}

async fn read_samples(db: &Database, budget: Duration, catalog: &AccessCatalog) -> Samples {
    let mut tables: Vec<(&Relation, BTreeSet<&str>)> = Vec::new();
    for table in catalog.relations.iter().filter(|r| r.is_table() && !r.types.is_empty()) {
        let used = used_columns(catalog, table);
        let has_policy = table.rls && catalog.policies_on(&table.name).next().is_some();
        let has_users = table.types.iter().any(|c| is_user_column(&c.column, &c.base));
        let is_read = catalog.policies.iter().any(|p| p.relations.contains(&table.name));
        if has_policy || is_read || (table.exposed && has_users) {
            tables.push((table, used));
        }
    }
    sample::read(db, budget, &tables).await
}

/// The columns that the policies of a table use; all columns if one refers to the whole row.
fn used_columns<'a>(catalog: &'a AccessCatalog, table: &'a Relation) -> BTreeSet<&'a str> {
    let whole_row = format!("{}.*", table.local_name());
    let policies: Vec<_> = catalog.policies_on(&table.name).collect();
    let mut expressions = policies.iter().flat_map(|p| [&p.using, &p.check]).flatten();
    if expressions.any(|e| e.contains(&whole_row)) {
        return table.types.iter().map(|c| c.column.as_str()).collect();
    }
    policies.iter().flat_map(|p| &p.columns).map(String::as_str).collect()
}

fn targets<'a>(
    catalog: &'a AccessCatalog,
    contract: &Contract,
    samples: &Samples,
) -> Vec<Target<'a>> {
    let tables = catalog.tables().filter(|t| t.rls && !t.types.is_empty());
    let target = |table: &'a Relation| {
        let policies: Vec<_> = catalog.policies_on(&table.name).collect();
        let expressions: BTreeSet<&str> = policies
            .iter()
            .flat_map(|p| [&p.using, &p.check])
            .flatten()
            .map(String::as_str)
            .collect();
        if expressions.is_empty() {
            return None;
        }
        let used = used_columns(catalog, table);
        let bodies = policies.iter().flat_map(|p| &p.functions).filter_map(|f| catalog.function(f));
        let texts = expressions.iter().copied().chain(bodies.map(|f| f.source.as_str()));
        let mut literals: Vec<_> = texts.flat_map(synthetic::literals).collect();
        let mut known = BTreeSet::new();
        literals.retain(|l| known.insert(l.clone()));
        let material = Material { uuids: samples.random.clone(), literals };
        let real = samples.tables.get(&table.name);
        let mut rows = real.map(|s| s.rows.clone()).unwrap_or_default();
        rows.extend(synthetic::rows(&table.types, &used, &material));
        let users = users(catalog, contract, samples, table, &policies);
        Some(Target { table, expressions: expressions.into_iter().collect(), rows, users })
    };
    tables.filter_map(target).collect()
}

/// The users to act as: of the table itself, of the tables that its policies and their helpers read, and members of
/// the contract.
fn users(
    catalog: &AccessCatalog,
    contract: &Contract,
    samples: &Samples,
    table: &Relation,
    policies: &[&Policy],
) -> Vec<String> {
    let helpers = policies.iter().flat_map(|p| &p.functions).filter_map(|f| catalog.function(f));
    let bodies: Vec<_> = helpers.map(|f| Body::new(&f.source)).collect();
    let is_read = |name: &String| {
        policies.iter().any(|p| p.relations.contains(name)) || bodies.iter().any(|b| b.reads(name))
    };
    let rules = contract.rules.values().map(|rule| &rule.membership);
    let related = samples.tables.keys().filter(|name| **name != table.name && is_read(name));
    let sources = [&table.name].into_iter().chain(related).chain(rules);
    let mut users: Vec<String> = Vec::new();
    let found =
        sources.filter_map(|name| samples.tables.get(name)).flat_map(|sample| &sample.users);
    for user in found {
        if users.len() < USERS && !users.contains(user) {
            users.push(user.clone());
        }
    }
    users
}

async fn evaluate_role(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    targets: &[Target<'_>],
    role: &Role,
    non_member: &str,
    evaluations: &mut Evaluations,
) -> Result<(), SourceError> {
    let mut runs = runs(catalog, targets, role);
    let pending: Vec<Unit> = runs.iter().enumerate().map(|(at, run)| run.unit(at)).collect();
    let values = {
        let mut work = RoleWork { db, budget, catalog, role, non_member, evaluations };
        let values = work.evaluate(&mut runs, pending, true).await?;
        let combined = combined_units(catalog, role, &mut runs);
        work.evaluate(&mut runs, combined, false).await?;
        values
    };
    store_runs(runs, evaluations);
    prove_empty(db, budget, catalog, targets, role, &values, evaluations).await
}

/// What the statements of one role need.
struct RoleWork<'w> {
    db: &'w Database,
    budget: Duration,
    catalog: &'w AccessCatalog,
    role: &'w Role,
    non_member: &'w str,
    evaluations: &'w mut Evaluations,
}

impl RoleWork<'_> {
    /// Evaluates units and splits those that fail. With `plan`, plans the commands of the role in the same round trip
    /// and returns the values of the functions that tell who calls.
    async fn evaluate(
        &mut self,
        runs: &mut [Run<'_>],
        mut pending: Vec<Unit>,
        plan: bool,
    ) -> Result<Vec<RoleValue>, SourceError> {
        let (catalog, role) = (self.catalog, self.role);
        let plans = if plan { plan_queries(catalog, role) } else { vec![] };
        let functions = if plan { plans::role_functions(catalog, &role.name) } else { vec![] };
        let sub = (!is_anonymous(&role.name)).then_some(self.non_member);
        let mut first = ProbeGroup { setup: claims_of(&role.name, sub), queries: vec![] };
        first.queries.extend(plans.iter().map(|(_, _, sql)| sql.clone()));
        first.queries.extend(functions.iter().map(|f| format!("select {}()::text", f.name)));
        self.evaluations.planned += plans.len();
        let mut values: Vec<RoleValue> = Vec::new();
        for round in 0..ROUNDS {
            let mut groups = unit_groups(runs, &pending, self.non_member);
            groups.insert(0, std::mem::take(&mut first));
            if groups.iter().all(|group| group.queries.is_empty()) {
                break;
            }
            self.evaluations.evaluated += pending.len();
            let mut results = run_as(self.db, self.budget, &role.name, &groups).await?;
            let mut answers = results.remove(0).into_iter();
            if round == 0 {
                for ((relation, command, _), result) in plans.iter().zip(answers.by_ref()) {
                    if let Some(failure) = plans::failure(result) {
                        let key = (relation.name.clone(), role.name.clone(), *command);
                        self.evaluations.failing.insert(key, failure);
                    }
                }
                let found = functions.iter().zip(answers);
                values = found.filter_map(|(f, result)| plans::role_value(f, &result)).collect();
            }
            let units = std::mem::take(&mut pending);
            for (unit, result) in units.iter().zip(results.into_iter().flatten()) {
                let split = runs[unit.run].record(unit, result);
                pending.extend(split);
            }
            pending.sort_by_key(|unit| unit.run);
        }
        Ok(values)
    }
}

/// The conditions of whole commands in which an expression fails by itself: the server does not evaluate what another
/// policy decides, so that the command may work.
fn combined_units(catalog: &AccessCatalog, role: &Role, runs: &mut [Run<'_>]) -> Vec<Unit> {
    let mut units = Vec::new();
    for (at, run) in runs.iter_mut().enumerate().filter(|(_, run)| !run.result.failures.is_empty())
    {
        for command in SqlCommand::ALL {
            let policies: Vec<_> = applicable(catalog, run.target.table, role, command).collect();
            for side in sides(&policies, command) {
                if side.contains_any(|expression| run.result.failures.contains_key(expression)) {
                    units.extend(run.add(at, side.sql()));
                }
            }
        }
    }
    units
}

/// The runs of a role: each table with a policy for it, as each identity.
fn runs<'a>(catalog: &AccessCatalog, targets: &'a [Target<'a>], role: &Role) -> Vec<Run<'a>> {
    let mut runs = Vec::new();
    for target in targets {
        let table = target.table;
        let applies = catalog.policies_on(&table.name).any(|p| applies_to(p, role));
        if !applies || !role.schemas.contains(&table.schema) {
            continue;
        }
        let identities = if is_anonymous(&role.name) {
            vec![Identity::NoUser]
        } else {
            let users = target.users.iter().cloned().map(Identity::User);
            [Identity::NonMember].into_iter().chain(users).collect()
        };
        runs.extend(identities.into_iter().filter_map(|id| Run::new(target, role, id)));
    }
    runs
}

/// Groups units by identity and table, so that claims are set once for each run.
fn unit_groups(runs: &[Run<'_>], units: &[Unit], non_member: &str) -> Vec<ProbeGroup> {
    let group = |unit: &Unit| {
        let run = &runs[unit.run];
        let sub = match &run.result.identity {
            Identity::NoUser => None,
            Identity::NonMember => Some(non_member),
            Identity::User(sub) => Some(sub.as_str()),
        };
        let setup = claims_of(&run.result.role, sub);
        ProbeGroup { setup, queries: vec![run.statement(unit)] }
    };
    let mut groups: Vec<ProbeGroup> = Vec::new();
    for group in units.iter().map(group) {
        match groups.last_mut() {
            Some(last) if last.setup == group.setup => last.queries.extend(group.queries),
            _ => groups.push(group),
        }
    }
    groups
}

/// The commands of a role to plan.
fn plan_queries<'a>(
    catalog: &'a AccessCatalog,
    role: &Role,
) -> Vec<(&'a Relation, SqlCommand, String)> {
    // A table whose row security does not bind the role evaluates no policy.
    let can_fail = |r: &&Relation| r.exposed && (!r.is_table() || binds(r, role));
    let relations = catalog.relations.iter().filter(can_fail);
    let plans = relations.flat_map(|relation| {
        let commands: Vec<_> = plans::commands(relation, role).collect();
        commands.into_iter().filter_map(move |command| {
            Some((relation, command, plans::explain(relation, &role.name, command)?))
        })
    });
    plans.collect()
}

fn store_runs(runs: Vec<Run<'_>>, evaluations: &mut Evaluations) {
    let mut untested: BTreeMap<String, String> = BTreeMap::new();
    for run in runs {
        let name = &run.target.table.name;
        if let Some(reason) = run.untested {
            untested.entry(format!("{name} as {}", run.result.role)).or_insert(reason);
        }
        let table = evaluations.tables.entry(name.clone()).or_default();
        table.runs.push(run.result);
    }
    evaluations.untested.extend(untested);
}

/// Asks the planner about the conditions that held for no tested row.
async fn prove_empty(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    targets: &[Target<'_>],
    role: &Role,
    values: &[RoleValue],
    evaluations: &mut Evaluations,
) -> Result<(), SourceError> {
    let mut candidates: Vec<(&Relation, String)> = Vec::new();
    for target in targets {
        let Some(evaluated) = evaluations.tables.get(&target.table.name) else { continue };
        for command in SqlCommand::ALL {
            let policies: Vec<_> = applicable(catalog, target.table, role, command).collect();
            for side in sides(&policies, command) {
                let condition = side.sql();
                let side = std::slice::from_ref(&side);
                let known =
                    candidates.iter().any(|(t, c)| t.name == target.table.name && *c == condition);
                if !known
                    && !policies.is_empty()
                    && admits_nothing(evaluated, &role.name, side, target.rows.len())
                {
                    candidates.push((target.table, condition));
                }
            }
        }
    }
    if candidates.is_empty() {
        return Ok(());
    }
    let statement = |(table, condition): &(&Relation, String)| {
        plans::never_statement(table, condition, &role.name, values)
    };
    let queries = candidates.iter().map(statement).collect();
    let groups = [ProbeGroup { setup: claims_of(&role.name, None), queries }];
    let results = run_as(db, budget, &role.name, &groups).await?;
    for ((table, condition), result) in candidates.into_iter().zip(results.into_iter().flatten()) {
        if plans::proves_no_row(&result)
            && let Some(evaluated) = evaluations.tables.get_mut(&table.name)
        {
            evaluated.never.insert((role.name.clone(), condition));
        }
    }
    Ok(())
}

fn admits_nothing(
    evaluated: &EvaluatedTable,
    role: &str,
    side: &[crate::access::policies::Combined<'_>],
    rows: usize,
) -> bool {
    let mut runs = evaluated.deciding_runs(role).peekable();
    runs.peek().is_some()
        && runs.all(|run| {
            let results = (0..rows).map(|row| policy_result(side, run, row));
            results.filter(|v| *v != PolicyResult::Impossible).all(|v| v == PolicyResult::Rejects)
        })
}

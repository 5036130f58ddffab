//! Evaluates policies as each role: PostgreSQL plans every command and evaluates the expressions of every policy on
//! sampled and synthetic rows, in read-only transactions with the claims that the API sets.
//!
//! The expressions run on values of the row type, not on the table, so that rows that the role cannot see are tested
//! as well. Nothing is written; every setting is local to its transaction.

mod effects;
mod entries;
mod plans;
mod rights_table;
mod sample;
mod synthetic;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use effects::EffectWork;
use plans::RoleValue;
use rights_table::RightsTable;
use sample::Samples;
use synthetic::Material;
use units::{Run, Target, Unit};

use super::Database;
use super::probe::probe_batch::{Names, ProbeGroup, ProbeResult, claims_of, run_as_each};
use crate::access::body::Body;
use crate::access::compute::{applicable, applies_to, binds, policy_result, sides};
use crate::access::paths::Paths;
use crate::access::rights::{Readers, may_write};
use crate::facts::access::catalog::{Policy, Relation, Role, SqlFunction};
use crate::facts::access::evaluated::{
    EvaluatedEntries, EvaluatedTable, Evaluations, Identity, PolicyResult, is_anonymous,
};
use crate::facts::access::{AccessCatalog, Contract, SqlCommand};

pub(crate) use synthetic::is_user_column;

/// Maximum number of users of the database that are tried for a table. A condition can exclude some of them only, such as
/// `NOT EXISTS (… the user is an administrator …)`.
const USERS: usize = 4;
/// Rounds of splitting: by expression, with the names of the login, by row, then the row alone.
const ROUNDS: usize = 5;

/// Evaluates the policies of all exposed tables as all roles that this login can assume. Errors and timeouts are
/// part of the result.
pub(crate) async fn read(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &AccessCatalog,
) -> Evaluations {
    let mut evaluations = Evaluations::default();
    let readers = Readers::new(catalog, &Paths::new(catalog, contract));
    let rights =
        rights_table::rights_tables(catalog, &readers, |table| used_columns(catalog, table));
    let samples = read_samples(db, budget, catalog, &rights).await;
    evaluations.untested.extend(samples.failed.iter().cloned());
    evaluations.non_member = samples.random.first().cloned().unwrap_or_default();
    let mut targets = targets(catalog, contract, &samples);
    let (mut entry_targets, mut unrelated) = (Vec::new(), BTreeMap::new());
    for table in &rights {
        let Some(found) = entries::entries(catalog, table, &samples) else { continue };
        let name = &found.target.table.name;
        let (rows, of_rows): (Vec<_>, Vec<_>) = found.unrelated.into_iter().unzip();
        let evaluated = EvaluatedEntries {
            entries: found.entries,
            unrelated: of_rows,
            ..EvaluatedEntries::default()
        };
        evaluations.entries.insert(name.clone(), evaluated);
        unrelated.insert(name.clone(), rows);
        entry_targets.push(found.target);
    }
    sample::remove_impossible_rows(db, budget, &mut targets).await;
    let work = RoleWork {
        db,
        budget,
        catalog,
        targets: &targets,
        entry_targets: &entry_targets,
        non_member: evaluations.non_member.clone(),
    };
    work.evaluate(&mut evaluations).await;
    let effects = EffectWork {
        db,
        budget,
        catalog,
        readers: &readers,
        targets: &targets,
        entry_targets: &entry_targets,
        unrelated: &unrelated,
    };
    effects.read(&mut evaluations).await;
    for target in targets {
        let table = evaluations.tables.entry(target.table.name.clone()).or_default();
        table.rows = target.rows.into_iter().map(|row| row.row).collect();
    }
    evaluations
}

async fn read_samples(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    rights: &[RightsTable<'_>],
) -> Samples {
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
    sample::read(db, budget, &tables, rights).await
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
        let uuids = samples.random.iter().take(3).cloned().collect();
        let material = Material { uuids, literals };
        let real = samples.tables.get(&table.name);
        let mut rows = real.map(|s| s.rows.clone()).unwrap_or_default();
        rows.extend(synthetic::rows(&table.types, &used, &material));
        let users = users(catalog, contract, samples, table, &policies);
        let expressions = expressions.into_iter().collect();
        Some(Target { table, expressions, rows, users, is_of_entries: false })
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

/// What the statements of all roles need.
struct RoleWork<'w> {
    db: &'w Database,
    budget: Duration,
    catalog: &'w AccessCatalog,
    targets: &'w [Target<'w>],
    entry_targets: &'w [Target<'w>],
    non_member: String,
}

/// The evaluation of one role.
struct RoleRuns<'w> {
    role: &'w Role,
    runs: Vec<Run<'w>>,
    /// What the next round evaluates.
    pending: Vec<Unit>,
    /// The commands to plan, and the functions that tell who calls.
    plans: Vec<(&'w Relation, SqlCommand, String)>,
    functions: Vec<&'w SqlFunction>,
    /// Values of these functions.
    values: Vec<RoleValue>,
}

impl<'w> RoleWork<'w> {
    /// Evaluates all roles at once: each round is one round trip.
    async fn evaluate(&self, evaluations: &mut Evaluations) {
        let roles = self.catalog.roles.iter().filter(|role| role.assumable);
        let mut all: Vec<_> = roles.map(|role| self.runs_of(role)).collect();
        evaluations.planned += all.iter().map(|one| one.plans.len()).sum::<usize>();
        for round in 0..ROUNDS {
            self.run_round(&mut all, round == 0, evaluations).await;
        }
        for one in &mut all {
            one.pending = combined_units(self.catalog, one.role, &mut one.runs);
        }
        for _ in 0..ROUNDS {
            self.run_round(&mut all, false, evaluations).await;
        }
        let mut values = Vec::new();
        for one in all {
            store_runs(one.runs, evaluations);
            values.push((one.role, one.values));
        }
        self.prove_empty(&values, evaluations).await;
    }

    fn runs_of(&self, role: &'w Role) -> RoleRuns<'w> {
        let mut runs = runs(self.catalog, self.targets, role);
        let of_entries =
            self.entry_targets.iter().filter(|t| may_write(self.catalog, t.table, role));
        runs.extend(of_entries.filter_map(|t| Run::new(t, role, Identity::NonMember)));
        let pending = runs.iter().enumerate().map(|(at, run)| run.unit(at)).collect();
        let plans = plan_queries(self.catalog, role);
        let functions = plans::role_functions(self.catalog, &role.name);
        RoleRuns { role, runs, pending, plans, functions, values: vec![] }
    }

    /// Evaluates the pending units of all roles and splits those that fail. The first round also plans the commands
    /// of each role. A role with an error is not evaluated further, and has no results.
    async fn run_round(
        &self,
        all: &mut Vec<RoleRuns<'w>>,
        is_first: bool,
        evaluations: &mut Evaluations,
    ) {
        let mut queries = Vec::new();
        for (at, one) in all.iter().enumerate() {
            let mut groups = unit_groups(&one.runs, &one.pending, &self.non_member);
            if is_first {
                groups.insert(0, self.plan_group(one));
            }
            if groups.iter().any(|group| !group.queries.is_empty()) {
                evaluations.evaluated += one.pending.len();
                queries.push((at, (one.role.name.as_str(), groups)));
            }
        }
        let (indexes, queries): (Vec<_>, Vec<_>) = queries.into_iter().unzip();
        let results = run_as_each(self.db, self.budget, &queries).await;
        let mut failed = Vec::new();
        for (at, result) in indexes.into_iter().zip(results) {
            let one = &mut all[at];
            match result {
                Ok(results) => one.record(results, is_first, evaluations),
                Err(error) => {
                    let what = format!("policies as {}", one.role.name);
                    evaluations.untested.push((what, error.to_string()));
                    failed.push(at);
                }
            }
        }
        // From the end, so that the other indexes stay.
        for at in failed.into_iter().rev() {
            all.remove(at);
        }
    }

    /// The queries that plan the commands of a role and call the functions that tell who calls.
    fn plan_group(&self, one: &RoleRuns<'_>) -> ProbeGroup {
        let sub = (!is_anonymous(&one.role.name)).then_some(self.non_member.as_str());
        let plans = one.plans.iter().map(|(_, _, sql)| sql.clone());
        let functions = one.functions.iter().map(|f| format!("select {}()::text", f.name));
        let queries = plans.chain(functions).collect();
        ProbeGroup { setup: claims_of(&one.role.name, sub), queries, ..ProbeGroup::default() }
    }
}

impl RoleRuns<'_> {
    /// Records the results of a round, and keeps the parts of failed units for the next one.
    fn record(
        &mut self,
        results: Vec<Vec<ProbeResult>>,
        is_first: bool,
        evaluations: &mut Evaluations,
    ) {
        let mut results = results.into_iter();
        if is_first {
            let mut answers = results.next().unwrap_or_default().into_iter();
            for ((relation, command, _), result) in self.plans.iter().zip(answers.by_ref()) {
                if let Some(failure) = plans::failure(result) {
                    let key = (relation.name.clone(), self.role.name.clone(), *command);
                    evaluations.failing.insert(key, failure);
                }
            }
            let found = self.functions.iter().zip(answers);
            self.values = found.filter_map(|(f, result)| plans::role_value(f, &result)).collect();
        }
        let units = std::mem::take(&mut self.pending);
        for (unit, result) in units.iter().zip(results.flatten()) {
            let split = self.runs[unit.run].record(unit, result);
            self.pending.extend(split);
        }
        self.pending.sort_by_key(|unit| unit.run);
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
        let names = match unit.unresolved {
            None => Names::AsRole,
            Some(_) => Names::AsLogin {
                role: run.result.role.clone(),
                statement: format!("cliplyctl_{}", non_member.replace('-', "")),
            },
        };
        ProbeGroup { setup, queries: vec![run.statement(unit)], names }
    };
    let mut groups: Vec<ProbeGroup> = Vec::new();
    for group in units.iter().map(group) {
        match groups.last_mut() {
            Some(last) if last.setup == group.setup && last.names == group.names => {
                last.queries.extend(group.queries)
            }
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
            Some((relation, command, plans::explain(catalog, relation, &role.name, command)?))
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
        if run.target.is_of_entries {
            let entries = evaluations.entries.entry(name.clone()).or_default();
            entries.runs.push(run.result);
            continue;
        }
        let table = evaluations.tables.entry(name.clone()).or_default();
        table.runs.push(run.result);
    }
    evaluations.untested.extend(untested);
}

impl RoleWork<'_> {
    /// Asks the planner about the conditions that held for no tested row of a role.
    async fn prove_empty(&self, roles: &[(&Role, Vec<RoleValue>)], evaluations: &mut Evaluations) {
        let mut asked = Vec::new();
        for (role, values) in roles {
            let candidates = self.empty_conditions(role, evaluations);
            if !candidates.is_empty() {
                asked.push((*role, values, candidates));
            }
        }
        let group = |(role, values, candidates): &(&Role, &Vec<RoleValue>, Vec<_>)| {
            let statement = |(table, condition): &(&Relation, String)| {
                plans::never_statement(table, condition, &role.name, values)
            };
            let queries = candidates.iter().map(statement).collect();
            vec![ProbeGroup {
                setup: claims_of(&role.name, None),
                queries,
                ..ProbeGroup::default()
            }]
        };
        let queries: Vec<_> = asked.iter().map(|one| (one.0.name.as_str(), group(one))).collect();
        let results = run_as_each(self.db, self.budget, &queries).await;
        for ((role, _, candidates), results) in asked.into_iter().zip(results) {
            let results = match results {
                Ok(results) => results.into_iter().flatten(),
                Err(error) => {
                    let what = format!("policies as {}", role.name);
                    evaluations.untested.push((what, error.to_string()));
                    continue;
                }
            };
            for ((table, condition), result) in candidates.into_iter().zip(results) {
                if plans::proves_no_row(&result)
                    && let Some(evaluated) = evaluations.tables.get_mut(&table.name)
                {
                    evaluated.never.insert((role.name.clone(), condition));
                }
            }
        }
    }

    /// The conditions of commands of a role that held for no tested row, each with its table.
    fn empty_conditions(&self, role: &Role, evaluations: &Evaluations) -> Vec<(&Relation, String)> {
        let mut candidates: Vec<(&Relation, String)> = Vec::new();
        for target in self.targets {
            let Some(evaluated) = evaluations.tables.get(&target.table.name) else { continue };
            for command in SqlCommand::ALL {
                let policies: Vec<_> =
                    applicable(self.catalog, target.table, role, command).collect();
                for side in sides(&policies, command) {
                    let condition = side.sql();
                    let side = std::slice::from_ref(&side);
                    let known = candidates
                        .iter()
                        .any(|(t, c)| t.name == target.table.name && *c == condition);
                    if !known
                        && !policies.is_empty()
                        && admits_nothing(evaluated, &role.name, side, target.rows.len())
                    {
                        candidates.push((target.table, condition));
                    }
                }
            }
        }
        candidates
    }
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

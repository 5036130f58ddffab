//! Computed access: combines grants, the policies that apply, and what PostgreSQL answered when it evaluated them.
//!
//! The server decides which rows a role reaches. Without its answer, only the constants `true` and `false` are
//! understood. The text of the policies explains the result.

use super::expression::normalise;
use super::policies::{Combined, Side, and};
use crate::facts::access::catalog::{Policy, Relation, Role};
use crate::facts::access::computed::{ComputedAccess, DenyReason, RowFilter};
use crate::facts::access::evaluated::{EvaluatedTable, PolicyResult, PolicyRun, SqlFailure};
use crate::facts::access::{AccessCatalog, SqlCommand, contract};

/// The access of a role to a table by one command.
pub(crate) fn compute_access(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
) -> ComputedAccess {
    if role.superuser {
        return ComputedAccess::All;
    }
    if !role.schemas.contains(&table.schema) {
        return ComputedAccess::Denied(DenyReason::SchemaUsage);
    }
    if !table.is_granted(&role.name, command) {
        return ComputedAccess::Denied(DenyReason::Grant);
    }
    if let Some(failure) = failure(catalog, table, role, command) {
        return ComputedAccess::Fails(format!("{} (SQLSTATE {})", failure.message, failure.code));
    }
    if !binds(table, role) {
        return ComputedAccess::All;
    }
    let policies: Vec<_> = applicable(catalog, table, role, command).collect();
    let filter = || ComputedAccess::Rows(row_filter(policies.iter().copied(), command));
    match evaluate(catalog, table, role, command, &policies) {
        RowAccess::Every => ComputedAccess::All,
        RowAccess::None => ComputedAccess::Denied(DenyReason::Policy),
        RowAccess::Some => filter(),
        RowAccess::NotTested => constant(policies.iter().copied(), command).unwrap_or_else(filter),
    }
}

/// The rows that a role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowAccess {
    /// Every sampled and every synthetic row, as every identity.
    Every,
    /// The planner proved that there are none, or no identity reached one and no policy depends on anything.
    None,
    /// Some rows, or rows that depend on the user.
    Some,
    /// Not known.
    NotTested,
}

fn evaluate(
    catalog: &AccessCatalog,
    table: &Relation,
    role: &Role,
    command: SqlCommand,
    policies: &[&Policy],
) -> RowAccess {
    let Some(evaluated) = catalog.evaluations.tables.get(&table.name) else {
        return RowAccess::NotTested;
    };
    let sides = sides(policies, command);
    let never = sides.iter().any(|side| {
        let key = (role.name.clone(), side.sql());
        side.permissive.is_empty() || evaluated.never.contains(&key)
    });
    if never {
        return RowAccess::None;
    }
    let of_run =
        |run| (0..evaluated.rows.len()).map(|row| policy_result(&sides, run, row)).collect();
    let results = evaluated.deciding_runs(&role.name).flat_map::<Vec<_>, _>(of_run);
    let mut results = results.filter(|v| *v != PolicyResult::Impossible);
    let Some(first) = results.next() else { return RowAccess::NotTested };
    match results.fold((first, true), |(known, same), v| (known, same && v == known)) {
        (PolicyResult::Admits, true) => RowAccess::Every,
        (PolicyResult::NotTested, true) => RowAccess::NotTested,
        _ => RowAccess::Some,
    }
}

/// The combined expressions of each side of a command.
pub(crate) fn sides<'a>(policies: &[&'a Policy], command: SqlCommand) -> Vec<Combined<'a>> {
    let combine = |side: &Side| Combined::new(policies.iter().copied(), *side);
    Side::of(command).iter().map(combine).collect()
}

/// Whether a row passes all sides, as an UPDATE that does not change it.
pub(crate) fn policy_result(sides: &[Combined<'_>], run: &PolicyRun, row: usize) -> PolicyResult {
    sides.iter().map(|side| side.policy_result(run, row)).fold(PolicyResult::Admits, and)
}

/// The number of sampled rows that a run reaches by a command, and of those that were tested.
pub(crate) fn real_rows(
    evaluated: &EvaluatedTable,
    sides: &[Combined<'_>],
    run: &PolicyRun,
) -> (usize, usize) {
    let rows = evaluated.rows.iter().enumerate().filter(|(_, row)| row.real);
    let results: Vec<_> = rows.map(|(at, _)| policy_result(sides, run, at)).collect();
    let count = |wanted: PolicyResult| results.iter().filter(|v| **v == wanted).count();
    (count(PolicyResult::Admits), results.len() - count(PolicyResult::NotTested))
}

/// The error that a command of a role ends with: of the command itself, or of a policy.
pub(crate) fn failure<'a>(
    catalog: &'a AccessCatalog,
    table: &Relation,
    role: &'a Role,
    command: SqlCommand,
) -> Option<&'a SqlFailure> {
    let key = (table.name.clone(), role.name.clone(), command);
    if let Some(failure) = catalog.evaluations.failing.get(&key) {
        return Some(failure);
    }
    if !binds(table, role) {
        return None;
    }
    let evaluated = catalog.evaluations.tables.get(&table.name)?;
    let policies: Vec<_> = applicable(catalog, table, role, command).collect();
    let sides = sides(&policies, command);
    let mut runs = evaluated.deciding_runs(&role.name);
    runs.find_map(|run| {
        let failure = sides.iter().find_map(|side| side.failure(run));
        failure.or_else(|| raised(&sides, run).filter(|_| command == SqlCommand::Select))
    })
}

/// The exception that a policy raises for a stored row, which every query of the whole table ends with. Of a write it only
/// refuses the row.
fn raised<'a>(sides: &[Combined<'_>], run: &'a PolicyRun) -> Option<&'a SqlFailure> {
    let mut expressions =
        sides.iter().flat_map(|side| side.permissive.iter().chain(&side.restrictive));
    expressions.find_map(|expression| run.raised.get(*expression))
}

/// Whether row security applies to this role on this table.
pub(crate) fn binds(table: &Relation, role: &Role) -> bool {
    let owner = role.inherits.contains(&table.owner) && !table.force;
    table.rls && !role.bypass_rls && !role.superuser && !owner
}

/// The policies of a table that apply to this role and command.
pub(crate) fn applicable<'a>(
    catalog: &'a AccessCatalog,
    table: &'a Relation,
    role: &'a Role,
    command: SqlCommand,
) -> impl Iterator<Item = &'a Policy> {
    let applies = move |p: &&Policy| p.covers(command) && applies_to(p, role);
    catalog.policies_on(&table.name).filter(applies)
}

/// Whether a policy applies to this role.
pub(crate) fn applies_to(policy: &Policy, role: &Role) -> bool {
    policy.roles.iter().any(|r| r == "public" || role.inherits.contains(r))
}

/// The access that follows from the constants `true` and `false` alone.
fn constant<'a>(
    policies: impl Iterator<Item = &'a Policy>,
    command: SqlCommand,
) -> Option<ComputedAccess> {
    let policies: Vec<_> = policies.collect();
    let is = |expression: &&str, value: &str| normalise(expression) == value;
    let sides = sides(&policies, command);
    let none = |side: &Combined<'_>| {
        side.permissive.iter().all(|e| is(e, "false"))
            || side.restrictive.iter().any(|e| is(e, "false"))
    };
    let all = |side: &Combined<'_>| {
        side.permissive.iter().any(|e| is(e, "true"))
            && side.restrictive.iter().all(|e| is(e, "true"))
    };
    if sides.iter().any(none) {
        return Some(ComputedAccess::Denied(DenyReason::Policy));
    }
    sides.iter().all(all).then_some(ComputedAccess::All)
}

/// The text of the conditions under which policies admit rows, without those that are always false.
pub(crate) fn row_filter<'a>(
    policies: impl Iterator<Item = &'a Policy>,
    command: SqlCommand,
) -> RowFilter {
    let policies: Vec<_> = policies.collect();
    let sides = sides(&policies, command);
    let texts = |expressions: &[&str]| -> Vec<String> {
        expressions.iter().map(|e| normalise(e)).filter(|text| text != "false").collect()
    };
    let mut filter = RowFilter::default();
    for (index, side) in sides.iter().enumerate() {
        let restrictive = texts(&side.restrictive);
        filter.all.extend(restrictive.into_iter().filter(|text| text != "true"));
        let mut any = texts(&side.permissive);
        if any.iter().any(|text| text == "true") {
            any = vec!["true".to_owned()];
        }
        any.sort();
        any.dedup();
        if index == 0 {
            filter.any = any;
        } else if any != filter.any {
            filter.all.push(if any.len() == 1 {
                any.remove(0)
            } else {
                format!("({})", any.join(" OR "))
            });
        }
    }
    filter.normalised()
}

/// The conditions of the expected policies of a contract.
pub(crate) fn expected_filter(
    table: &contract::ContractTable,
    role: &Role,
    command: SqlCommand,
) -> RowFilter {
    let policies: Vec<Policy> = table
        .policies
        .iter()
        .filter(|p| p.covers(command))
        .map(from_contract)
        .filter(|p| applies_to(p, role))
        .collect();
    row_filter(policies.iter(), command)
}

fn from_contract(policy: &contract::ContractPolicy) -> Policy {
    Policy {
        table: String::new(),
        name: policy.name.clone(),
        command: None,
        permissive: !policy.restrictive,
        roles: policy.roles.clone(),
        using: policy.using.clone(),
        check: policy.check.clone(),
        functions: vec![],
        relations: vec![],
        columns: vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::rls::tests::{policy, role, table};

    fn catalog(policies: Vec<Policy>) -> AccessCatalog {
        AccessCatalog { relations: vec![table("public.t")], policies, ..AccessCatalog::default() }
    }

    fn select(catalog: &AccessCatalog) -> ComputedAccess {
        compute_access(catalog, &catalog.relations[0], &role("authenticated"), SqlCommand::Select)
    }

    #[test]
    fn access_requires_both_grant_and_policy() {
        let filtered = catalog(vec![policy("p", "authenticated", "(owner = auth.uid())")]);
        assert_eq!(select(&filtered).to_string(), "rows where owner = auth.uid()");
        let mut ungranted = filtered.clone();
        ungranted.relations[0].grants.clear();
        assert_eq!(select(&ungranted), ComputedAccess::Denied(DenyReason::Grant));
        let mut off = filtered.clone();
        off.relations[0].rls = false;
        assert_eq!(select(&off), ComputedAccess::All);
        assert_eq!(select(&catalog(vec![])), ComputedAccess::Denied(DenyReason::Policy));
    }

    #[test]
    fn restrictive_policy_filters_but_never_admits_rows() {
        let mut restrictive = policy("r", "public", "(x = 1)");
        restrictive.permissive = false;
        assert_eq!(
            select(&catalog(vec![restrictive.clone()])),
            ComputedAccess::Denied(DenyReason::Policy)
        );
        let both = catalog(vec![restrictive, policy("p", "public", "true")]);
        assert_eq!(select(&both).to_string(), "rows where true AND x = 1");
    }

    #[test]
    fn update_policies_add_up_by_sides() {
        let (mut a, mut b) = (policy("a", "public", "(a)"), policy("b", "public", "false"));
        (a.check, b.check) = (Some("false".into()), Some("true".into()));
        let filter = row_filter([&a, &b].into_iter(), SqlCommand::Update);
        assert_eq!(filter.to_string(), "a AND true");
    }
}

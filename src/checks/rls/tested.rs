//! `rls.observed`: access that acting as each role on sampled rows showed, compared with the contract.

use super::bypass_role::is_reported;
use super::effect::{Effect, Statement, TestDifference, sentences};
use super::{Check, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Audit, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check that the tested access is the expected one. A difference is CRITICAL. Tests that could not run
/// are UNKNOWN, and tests of empty tables are noted as OK.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.observed",
    title: "tested access is the expected access",
    section: Section::Access,
    evaluate,
};

fn evaluate(_: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    effects(audit).into_iter().map(|effect| effect.finding).collect()
}

/// Returns the findings, each difference with what it states.
pub(super) fn effects(audit: &Audit) -> Vec<Effect> {
    let (check, mut effects) = (&CHECK, Vec::new());
    for (name, table) in &audit.contract.tables {
        for role in audit.catalog.roles.iter().map(|role| role.name.as_str()) {
            let differences = compare_with_contract(audit, name, table, role);
            let Some(first) = differences.first() else { continue };
            let command = first.command.sql();
            let explain = ShellCommand::new("rls explain").arg(name).arg(role).arg(command);
            let fix = format!("-- See why: {explain}");
            let message = sentences(&differences, role, &[], false);
            let (status, source) = (Status::Critical, "acting as the role");
            let finding = table_finding(check, audit, status, name, message, source, fix);
            let statement = Statement::Tested(differences);
            effects.push(Effect { finding: finding.roles([role]), statement });
        }
    }
    for test in &audit.observations.blocked {
        let message = format!("not tested: {}", test.reason);
        let finding = check.finding(Status::Unknown, &test.subject, message);
        effects.push(Effect::of(finding.roles(test.role.clone())));
    }
    for (subject, reason) in &audit.observations.untested {
        let message = format!("not tested: {reason}");
        effects.push(Effect::of(check.finding(Status::Ok, subject, message)));
    }
    effects
}

/// Returns the differences of a role on a table. Test users with the same result are grouped.
fn compare_with_contract(
    audit: &Audit,
    name: &str,
    table: &ContractTable,
    role: &str,
) -> Vec<TestDifference> {
    let mut differences: Vec<TestDifference> = Vec::new();
    let tests = audit.observations.tests.iter();
    for test in tests.filter(|t| t.table == name && t.persona.role() == role) {
        let Some(expected) = table.permission(role, test.command) else { continue };
        if is_reported(audit, role) || is_expected(audit, &expected, test) {
            continue;
        }
        let (command, result) = (test.command, describe_test(&expected, test));
        let user = test.persona.as_str();
        match differences.iter_mut().find(|d| d.result == result && d.expected == expected) {
            Some(known) => known.users.push(user),
            None => {
                differences.push(TestDifference { users: vec![user], command, result, expected })
            }
        }
    }
    differences
}

/// Whether the result of a test is the expected one. A refused command and an empty result both match
/// `deny`.
fn is_expected(audit: &Audit, permission: &Permission, test: &AccessTest) -> bool {
    match (&test.outcome, permission) {
        (AccessTestResult::Denied, permission) => *permission == Permission::Deny,
        (AccessTestResult::Failed(_), _) => false,
        // A plan does not show which rows the command would reach; `rls.access` evaluates those.
        (AccessTestResult::Planned { nothing }, Permission::Deny) => {
            *nothing || is_computed_denied(audit, test)
        }
        (AccessTestResult::Planned { nothing }, Permission::Allow) => !nothing,
        (AccessTestResult::Planned { .. }, Permission::Rows(_)) => true,
        (AccessTestResult::Rows { own, of_own, foreign, of_foreign }, permission) => {
            match permission {
                Permission::Allow => own == of_own && foreign == of_foreign,
                Permission::Deny => own + foreign == 0,
                Permission::Rows(None) => true,
                Permission::Rows(Some(_)) if test.persona == TestRole::Member => {
                    own == of_own && *foreign == 0
                }
                Permission::Rows(Some(_)) => {
                    own + foreign == 0 || test.persona.role() == SERVICE_ROLE
                }
            }
        }
    }
}

/// Whether the catalog denies the role the tested command.
fn is_computed_denied(audit: &Audit, test: &AccessTest) -> bool {
    let table = audit.catalog.relation(&test.table);
    let role = audit.catalog.role(test.persona.role());
    table.zip(role).is_some_and(|(table, role)| {
        matches!(
            compute_access(&audit.catalog, table, role, test.command),
            ComputedAccess::Denied(_)
        )
    })
}

/// Returns `40 of 40 sampled rows were readable`.
fn describe_test(permission: &Permission, test: &AccessTest) -> String {
    let command = test.command.sql();
    let verb = match test.command {
        SqlCommand::Select => "were readable",
        SqlCommand::Insert => "could be inserted",
        SqlCommand::Update => "could be updated",
        SqlCommand::Delete => "could be deleted",
    };
    match &test.outcome {
        AccessTestResult::Denied => format!("{command} was denied"),
        AccessTestResult::Failed(error) => format!("{command} failed ({error})"),
        AccessTestResult::Planned { nothing: true } => format!("{command} reaches no row"),
        AccessTestResult::Planned { nothing: false } => format!("{command} is allowed"),
        AccessTestResult::Rows { own, of_own, foreign, of_foreign } => match permission {
            Permission::Rows(_) if *of_own > 0 => format!(
                "{own} of {of_own} own rows and {foreign} of {of_foreign} rows of other workspaces {verb}"
            ),
            _ => format!("{} of {} sampled rows {verb}", own + foreign, of_own + of_foreign),
        },
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::tests::{role, table};
    use super::*;
    use crate::facts::access::{AccessCatalog, AccessTests, Contract};

    pub(crate) fn audit(granted: bool) -> Audit {
        let mut table = table("public.t");
        table.rls = false;
        if !granted {
            table.grants.clear();
        }
        let catalog = AccessCatalog {
            relations: vec![table],
            roles: vec![role("authenticated")],
            ..AccessCatalog::default()
        };
        let (contract, observations) = (Contract::default(), AccessTests::default());
        let at = jiff::Timestamp::UNIX_EPOCH;
        Audit { contract, catalog, observations, at, today: jiff::civil::date(2026, 1, 1) }
    }

    fn matches_contract(granted: bool, permission: Permission, outcome: AccessTestResult) -> bool {
        let (table, command) = ("public.t".to_owned(), SqlCommand::Update);
        let test = AccessTest { table, persona: TestRole::Member, command, outcome };
        is_expected(&audit(granted), &permission, &test)
    }

    #[test]
    fn explain_result_is_compared_with_the_expected_permission() {
        let plan = |nothing| AccessTestResult::Planned { nothing };
        assert!(!matches_contract(true, Permission::Deny, plan(false)));
        assert!(matches_contract(true, Permission::Deny, plan(true)));
        assert!(
            matches_contract(false, Permission::Deny, plan(false)),
            "the claim decides while it runs"
        );
        assert!(!matches_contract(true, Permission::Allow, plan(true)));
        assert!(matches_contract(true, Permission::Allow, plan(false)));
        assert!(!matches_contract(true, Permission::Rows(None), AccessTestResult::Denied));
        assert!(matches_contract(true, Permission::Deny, AccessTestResult::Denied));
        assert!(!matches_contract(
            true,
            Permission::Rows(None),
            AccessTestResult::Failed("x".into())
        ));
    }

    #[test]
    fn missing_own_rows_and_other_rows_violate_the_contract() {
        let rows = |own, foreign| AccessTestResult::Rows { own, of_own: 2, foreign, of_foreign: 2 };
        let rule = || Permission::Rows(Some("member".into()));
        assert!(matches_contract(true, rule(), rows(2, 0)));
        assert!(!matches_contract(true, rule(), rows(1, 0)));
        assert!(!matches_contract(true, rule(), rows(2, 1)));
        assert!(!matches_contract(true, Permission::Deny, rows(0, 1)));
        assert!(!matches_contract(true, Permission::Allow, rows(2, 1)));
    }
}

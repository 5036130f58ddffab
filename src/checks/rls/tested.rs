//! `rls.observed`: access that acting as each role on sampled rows showed, compared with the contract.

use super::bypass_role::is_reported;
use super::{Check, table_finding};
use crate::access::compute::compute_access;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Audit, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::ShellCommand;

/// Check that the tested access is the expected one. A difference is CRITICAL. Tests that could not run
/// are UNKNOWN, and tests of empty tables are noted as OK.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.observed",
    title: "tested access is the expected access",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, table) in &audit.contract.tables {
        for role in audit.catalog.roles.iter().map(|role| role.name.as_str()) {
            let Some((command, message)) = compare_with_contract(audit, name, table, role) else {
                continue;
            };
            let suggested_fix = {
                let explain =
                    ShellCommand::new("rls explain").arg(name).arg(role).arg(command.sql());
                format!("-- See why: {explain}")
            };
            let (status, source) = (Status::Critical, "acting as the role");
            findings.push(table_finding(
                check,
                audit,
                status,
                name,
                message,
                source,
                suggested_fix,
            ));
        }
    }
    for (subject, reason) in &audit.observations.blocked {
        findings.push(check.finding(Status::Unknown, subject, format!("not tested: {reason}")));
    }
    for (subject, reason) in &audit.observations.untested {
        findings.push(check.finding(Status::Ok, subject, format!("not tested: {reason}")));
    }
    findings
}

/// Returns the first command whose test differs from the contract, and a description of all differences
/// of a role on a table. Test users with the same result are grouped.
fn compare_with_contract(
    audit: &Audit,
    name: &str,
    table: &ContractTable,
    role: &str,
) -> Option<(SqlCommand, String)> {
    let (mut differences, mut first_command): (Vec<(Vec<&str>, String)>, _) = (Vec::new(), None);
    let tests = audit.observations.tests.iter();
    for test in tests.filter(|t| t.table == name && t.persona.role() == role) {
        let Some(permission) = table.permission(role, test.command) else { continue };
        if is_reported(audit, role) || is_expected(audit, &permission, test) {
            continue;
        }
        let result = describe_test(&permission, test);
        first_command = first_command.or(Some(test.command));
        match differences.iter_mut().find(|(_, known)| *known == result) {
            Some((users, _)) => users.push(test.persona.as_str()),
            None => differences.push((vec![test.persona.as_str()], result)),
        }
    }
    let sentences: Vec<_> = differences
        .iter()
        .map(|(users, result)| {
            if users.contains(&role) {
                format!("{role}: {result}")
            } else {
                format!("{role} ({}): {result}", users.join(", "))
            }
        })
        .collect();
    first_command.map(|command| (command, sentences.join("; ")))
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

/// Returns `40 of 40 sampled rows were readable (expected: no rows)`.
fn describe_test(permission: &Permission, test: &AccessTest) -> String {
    let command = test.command.sql();
    let verb = match test.command {
        SqlCommand::Select => "were readable",
        SqlCommand::Insert => "could be inserted",
        SqlCommand::Update => "could be updated",
        SqlCommand::Delete => "could be deleted",
    };
    let result = match &test.outcome {
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
    };
    format!("{result} {}", expected_suffix(permission))
}

fn expected_suffix(permission: &Permission) -> String {
    format!("(expected: {})", super::access::expected(permission))
}

/// Returns the sentence of a test without expected access that another sentence already states.
pub(super) fn without_expected(tested: &str, other: &str) -> String {
    let suffixes = [Permission::Allow, Permission::Deny, Permission::Rows(None)];
    suffixes
        .iter()
        .map(expected_suffix)
        .filter(|suffix| other.contains(suffix))
        .fold(tested.to_owned(), |text, suffix| text.replace(&format!(" {suffix}"), ""))
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

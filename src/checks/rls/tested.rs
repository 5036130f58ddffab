//! `rls.observed`: sampled rows were reached, or refused, against the contract.

use super::bypass_role::explains;
use super::{Check, about};
use crate::access::compute::compute_access;
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::contract::{ContractTable, Permission};
use crate::facts::access::tested::{AccessTest, AccessTestResult, TestRole};
use crate::facts::access::{Audit, SERVICE_ROLE, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};

/// what roles really reach is what is declared.
pub const CHECK: Check<Audit> = Check {
    id: "rls.observed",
    title: "what roles really reach is what is declared",
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
            let remedy =
                format!("-- See why: cliplyctl rls explain {name} {role} {}", command.sql());
            let (verdict, source) = (Status::Critical, "acting as the role");
            findings.push(about(check, audit, verdict, name, message, source, remedy));
        }
    }
    for (subject, reason) in &audit.observations.blocked {
        findings.push(check.finding(Status::Unknown, subject, format!("not observed: {reason}")));
    }
    for (subject, reason) in &audit.observations.vacuous {
        findings.push(check.finding(Status::Ok, subject, format!("vacuous: {reason}")));
    }
    findings
}

/// What a role met on a table against the contract, personas that met the same together; and by which
/// command first.
fn compare_with_contract(
    audit: &Audit,
    name: &str,
    table: &ContractTable,
    role: &str,
) -> Option<(SqlCommand, String)> {
    let (mut wrong, mut first): (Vec<(Vec<&str>, String)>, _) = (Vec::new(), None);
    let trials = audit.observations.trials.iter();
    for trial in trials.filter(|t| t.table == name && t.persona.role() == role) {
        let Some(permission) = table.permission(role, trial.command) else { continue };
        if explains(audit, role) || as_declared(audit, &permission, trial) {
            continue;
        }
        let what = describe_test(&permission, trial);
        first = first.or(Some(trial.command));
        match wrong.iter_mut().find(|(_, known)| *known == what) {
            Some((who, _)) => who.push(trial.persona.as_str()),
            None => wrong.push((vec![trial.persona.as_str()], what)),
        }
    }
    let sentences: Vec<_> = wrong
        .iter()
        .map(|(who, what)| {
            if who.contains(&role) {
                format!("{role} {what}")
            } else {
                format!("{role} ({}) {what}", who.join(", "))
            }
        })
        .collect();
    first.map(|command| (command, sentences.join("; ")))
}

/// Whether a trial is what was declared. Refusal and an empty answer are both a denial.
fn as_declared(audit: &Audit, permission: &Permission, trial: &AccessTest) -> bool {
    match (&trial.outcome, permission) {
        (AccessTestResult::Denied, permission) => *permission == Permission::Deny,
        (AccessTestResult::Failed(_), _) => false,
        // Which rows a plan would reach is not observed: what is predicted for them is judged elsewhere.
        (AccessTestResult::Planned { nothing }, Permission::Deny) => {
            *nothing || predicted_denied(audit, trial)
        }
        (AccessTestResult::Planned { nothing }, Permission::Allow) => !nothing,
        (AccessTestResult::Planned { .. }, Permission::Rows(_)) => true,
        (AccessTestResult::Rows { own, of_own, foreign, of_foreign }, permission) => {
            match permission {
                Permission::Allow => own == of_own && foreign == of_foreign,
                Permission::Deny => own + foreign == 0,
                Permission::Rows(None) => true,
                Permission::Rows(Some(_)) if trial.persona == TestRole::Member => {
                    own == of_own && *foreign == 0
                }
                Permission::Rows(Some(_)) => {
                    own + foreign == 0 || trial.persona.role() == SERVICE_ROLE
                }
            }
        }
    }
}

fn predicted_denied(audit: &Audit, trial: &AccessTest) -> bool {
    let table = audit.catalog.relation(&trial.table);
    let role = audit.catalog.role(trial.persona.role());
    table.zip(role).is_some_and(|(table, role)| {
        matches!(
            compute_access(&audit.catalog, table, role, trial.command),
            ComputedAccess::Denied(_)
        )
    })
}

fn describe_test(permission: &Permission, trial: &AccessTest) -> String {
    let (command, declared) = (trial.command.sql(), String::from(permission.clone()));
    let what = match &trial.outcome {
        AccessTestResult::Denied => format!("was refused {command}"),
        AccessTestResult::Failed(why) => format!("met an error on {command} ({why})"),
        AccessTestResult::Planned { nothing: true } => format!("can {command} no row"),
        AccessTestResult::Planned { nothing: false } => format!("was let through to {command}"),
        AccessTestResult::Rows { own, of_own: 0, foreign, of_foreign } => {
            debug_assert_eq!(*own, 0);
            format!("reached {foreign} of {of_foreign} sampled rows by {command}")
        }
        AccessTestResult::Rows { own, of_own, foreign, of_foreign } => format!(
            "reached {own} of {of_own} sampled own rows and {foreign} of {of_foreign} foreign ones by {command}"
        ),
    };
    format!("{what}, declared {declared}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{role, table};
    use super::*;
    use crate::facts::access::{AccessCatalog, Contract, Observations};

    fn audit(granted: bool) -> Audit {
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
        let (contract, observations) = (Contract::default(), Observations::default());
        let at = jiff::Timestamp::UNIX_EPOCH;
        Audit { contract, catalog, observations, at, today: jiff::civil::date(2026, 1, 1) }
    }

    fn judged(granted: bool, permission: Permission, outcome: AccessTestResult) -> bool {
        let (table, command) = ("public.t".to_owned(), SqlCommand::Update);
        let trial = AccessTest { table, persona: TestRole::Member, command, outcome };
        as_declared(&audit(granted), &permission, &trial)
    }

    #[test]
    fn explain_result_is_compared_with_the_expected_permission() {
        let plan = |nothing| AccessTestResult::Planned { nothing };
        assert!(!judged(true, Permission::Deny, plan(false)));
        assert!(judged(true, Permission::Deny, plan(true)));
        assert!(judged(false, Permission::Deny, plan(false)), "the claim decides while it runs");
        assert!(!judged(true, Permission::Allow, plan(true)));
        assert!(judged(true, Permission::Allow, plan(false)));
        assert!(!judged(true, Permission::Rows(None), AccessTestResult::Denied));
        assert!(judged(true, Permission::Deny, AccessTestResult::Denied));
        assert!(!judged(true, Permission::Rows(None), AccessTestResult::Failed("x".into())));
    }

    #[test]
    fn missing_own_rows_and_other_rows_violate_the_contract() {
        let rows = |own, foreign| AccessTestResult::Rows { own, of_own: 2, foreign, of_foreign: 2 };
        let rule = || Permission::Rows(Some("member".into()));
        assert!(judged(true, rule(), rows(2, 0)));
        assert!(!judged(true, rule(), rows(1, 0)));
        assert!(!judged(true, rule(), rows(2, 1)));
        assert!(!judged(true, Permission::Deny, rows(0, 1)));
        assert!(!judged(true, Permission::Allow, rows(2, 1)));
    }
}

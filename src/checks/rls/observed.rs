//! `rls.observed`: sampled rows were read, or refused, against the contract.

use super::Check;
use super::about;
use super::bypass_role::explains;
use crate::facts::access::Audit;
use crate::facts::access::contract::Permission;
use crate::facts::access::observation::{Outcome, Persona, Read};
use crate::facts::access::{Command, SERVICE_ROLE};
use crate::facts::{Finding, Limits, Section, Verdict};

/// what roles read is what is declared.
pub const CHECK: Check<Audit> = Check {
    id: "rls.observed",
    title: "what roles read is what is declared",
    section: Section::Access,
    judge,
};

fn judge(check: &Check<Audit>, audit: &Audit, _: &Limits) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, table) in &audit.contract.tables {
        let reads = audit.observations.reads.iter();
        let reads = reads.filter(|r| r.table == *name && !explains(audit, r.persona.role()));
        let wrong: Vec<_> = reads
            .filter_map(|read| {
                let permission = table.permission(read.persona.role(), Command::Select)?;
                (!as_declared(&permission, read)).then(|| sentence(&permission, read))
            })
            .collect();
        if !wrong.is_empty() {
            let message = wrong.join("; ");
            let remedy = "-- See why: cliplyctl rls explain TABLE ROLE SELECT".to_owned();
            findings.push(about(
                check,
                audit,
                Verdict::Critical,
                name,
                message,
                "a sampled read",
                remedy,
            ));
        }
    }
    for (subject, reason) in &audit.observations.blocked {
        findings.push(check.finding(Verdict::Unknown, subject, format!("not observed: {reason}")));
    }
    for (subject, reason) in &audit.observations.vacuous {
        findings.push(check.finding(Verdict::Ok, subject, format!("vacuous: {reason}")));
    }
    findings
}

/// Whether a read is what was declared. Refusal and an empty answer are both a denial.
pub fn as_declared(permission: &Permission, read: &Read) -> bool {
    match (&read.outcome, permission) {
        (Outcome::Denied, permission) => *permission == Permission::Deny,
        (Outcome::Failed(_), _) => false,
        (Outcome::Rows { own, of_own, foreign, of_foreign }, permission) => match permission {
            Permission::Allow => own == of_own && foreign == of_foreign,
            Permission::Deny => own + foreign == 0,
            Permission::Rows(None) => true,
            Permission::Rows(Some(_)) if read.persona == Persona::Member => {
                own == of_own && *foreign == 0
            }
            Permission::Rows(Some(_)) => own + foreign == 0 || read.persona.role() == SERVICE_ROLE,
        },
    }
}

fn sentence(permission: &Permission, read: &Read) -> String {
    let who = read.persona.word();
    let declared = String::from(permission.clone());
    match &read.outcome {
        Outcome::Denied => format!("{who} was refused, declared {declared}"),
        Outcome::Failed(why) => format!("the query of {who} failed ({why}), declared {declared}"),
        Outcome::Rows { own, of_own, foreign, of_foreign } => format!(
            "{who} read {own} of {of_own} sampled own rows and {foreign} of {of_foreign} foreign ones, \
             declared {declared}"
        ),
    }
}

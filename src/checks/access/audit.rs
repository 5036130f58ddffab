//! `access.audit`: the CRITICAL findings of the last access audit.

use crate::checks::Check;
use crate::facts::access::last_audit::LastAudit;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};
use crate::suggest::ShellCommand;
use crate::text;

/// Check that no role can do more or less than the access contract says. Warnings are left to `rls audit`; tests
/// that could not run yield no finding, because they are no problem of the system.
pub(crate) const CHECK: Check<LastAudit> = Check {
    id: "access.audit",
    title: "access matches the access contract",
    section: Section::Access,
    evaluate,
};

fn evaluate(check: &Check<LastAudit>, audit: &LastAudit, _: &Thresholds) -> Vec<Finding> {
    if audit.skipped().is_some() {
        return vec![];
    }
    let source = "rls audit";
    let Some(first) = audit.violations.first() else {
        let tables = text::plural(audit.tables, "table", "tables");
        let message = format!("no access violations on {tables}");
        let evidence = Evidence::flag(true, audit.at, source);
        return vec![check.finding(Status::Ok, "access", message).evidence(evidence)];
    };
    let message = match audit.violations.len() as u64 - 1 {
        0 => first.brief.clone(),
        more => format!(
            "{}; {}",
            first.brief,
            text::plural(more, "more access violation", "more access violations")
        ),
    };
    let finding = check.finding(Status::Critical, first.subject.clone(), message);
    vec![
        finding
            .evidence(Evidence::text(first.brief.clone(), audit.at, source))
            .next(ShellCommand::new("rls audit")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::access::last_audit::AccessViolation;
    use crate::triage::testing::audit;

    fn violation(brief: &str) -> AccessViolation {
        AccessViolation { subject: "public.jobs".to_owned(), brief: brief.to_owned() }
    }

    #[test]
    fn violations_are_critical_and_an_audit_without_any_is_ok() {
        let run = |audit: &LastAudit| CHECK.run(audit, &Thresholds::default());
        let mut audit = audit();
        assert_eq!(run(&audit)[0].status, Status::Ok);
        audit.not_tested = vec!["this login may not act as anon".to_owned()];
        assert!(run(&audit).is_empty(), "an untested role is neither OK nor a problem");
        audit.violations =
            vec![violation("anon can read every row of public.jobs"), violation("second")];
        let finding = run(&audit).remove(0);
        assert_eq!(finding.status, Status::Critical);
        let expected = "anon can read every row of public.jobs; 1 more access violation";
        assert_eq!(finding.message, expected);
    }
}

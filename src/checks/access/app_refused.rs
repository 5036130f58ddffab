//! `access.app`: permission errors in the readiness report of the app.

use crate::checks::Check;
use crate::facts::service::Readiness;
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};
use crate::suggest::ShellCommand;

/// Check that the readiness report contains no permission error; if it does, a WARNING that points to
/// section 4.2. The status of the component itself comes from the `ready.*` checks.
pub(crate) const CHECK: Check<Observed<Readiness>> = Check {
    id: "access.app",
    title: "the app has its database permissions",
    section: Section::Access,
    evaluate,
};

/// Text that PostgreSQL and its REST layer put into permission errors.
const REFUSALS: [&str; 4] = ["permission denied", "42501", "row-level security", "JWT"];

fn evaluate(
    check: &Check<Observed<Readiness>>,
    observed: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let Ok(report) = &observed.result else { return vec![] };
    let messages = report.components.iter().filter_map(|component| component.message.as_deref());
    let mut texts = messages.chain(report.errors.iter().map(String::as_str));
    let refusal = texts.find(|text| REFUSALS.iter().any(|refusal| text.contains(refusal)));
    let finding = |text: &str| {
        let summary: Vec<&str> = text.split_whitespace().take(20).collect();
        check
            .finding(
                Status::Warning,
                "app",
                format!("the database denies the app: {}", summary.join(" ")),
            )
            .evidence(Evidence::text(text, observed.at, &observed.source))
            .next(ShellCommand::new("rls audit"))
    };
    refusal.map(finding).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::service::ReportedFlag;
    use crate::triage::testing::healthy;

    #[test]
    fn permission_denied_in_readyz_points_to_rls_audit() {
        let mut observed = healthy().readiness;
        assert!(CHECK.run(&observed, &Thresholds::default()).is_empty());
        let report = observed.result.as_mut().unwrap();
        report.components[0].ok = ReportedFlag::Is(false);
        report.components[0].message = Some("permission denied for table jobs".to_owned());
        let finding = CHECK.run(&observed, &Thresholds::default()).remove(0);
        assert_eq!(finding.status, Status::Warning);
        assert_eq!(finding.next_command(), Some(&ShellCommand::new("rls audit")));
    }
}

//! `access.app`: does the database refuse the app?

use crate::checks::Check;
use crate::facts::service::Readiness;
use crate::facts::{Evidence, Finding, Observed, Section, Status, Thresholds};

/// WARNING when the readiness report quotes a refusal: which key the app uses is section 4.2's
/// question. How bad it is, the part that reports it says.
pub const CHECK: Check<Observed<Readiness>> = Check {
    id: "access.app",
    title: "the database does not refuse the app",
    section: Section::Access,
    evaluate,
};

/// How Postgres and its REST layer say no.
const REFUSALS: [&str; 4] = ["permission denied", "42501", "row-level security", "JWT"];

fn evaluate(
    check: &Check<Observed<Readiness>>,
    seen: &Observed<Readiness>,
    _: &Thresholds,
) -> Vec<Finding> {
    let Ok(report) = &seen.result else { return vec![] };
    let messages = report.components.iter().filter_map(|part| part.message.as_deref());
    let mut texts = messages.chain(report.errors.iter().map(String::as_str));
    let refusal = texts.find(|text| REFUSALS.iter().any(|refusal| text.contains(refusal)));
    let finding = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().take(20).collect();
        check
            .finding(Status::Warning, "app", format!("the app is refused: {}", words.join(" ")))
            .evidence(Evidence::text(text, seen.at, &seen.source))
            .next("cliplyctl rls audit")
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
        let mut seen = healthy().readiness;
        assert!(CHECK.run(&seen, &Thresholds::default()).is_empty());
        let report = seen.result.as_mut().unwrap();
        report.components[0].ok = ReportedFlag::Is(false);
        report.components[0].message = Some("permission denied for table jobs".to_owned());
        let finding = CHECK.run(&seen, &Thresholds::default()).remove(0);
        assert_eq!(finding.status, Status::Warning);
        assert_eq!(finding.next.as_deref(), Some("cliplyctl rls audit"));
    }
}

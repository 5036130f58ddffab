//! `cross.db`: database connections of the app and of this tool.

use super::{Check, TriageFacts};
use crate::checks::next;
use crate::checks::server::obstacle;
use crate::facts::service::ReportedFlag;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};

/// Check that both or neither reach the database. A difference is a WARNING: the network path or the
/// settings of one side are broken, not the database.
pub(crate) const CHECK: Check<TriageFacts> = Check {
    id: "cross.db",
    title: "app and cliplyctl agree on whether the database is reachable",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    let component = facts.readiness.value().and_then(|report| report.component("db"));
    let Some(ReportedFlag::Is(reported)) = component.map(|component| component.ok.clone()) else {
        return vec![];
    };
    let (status, message, next) = match (reported, obstacle(facts)) {
        (true, None) => (Status::Ok, "the app and cliplyctl reach the database".to_owned(), None),
        (false, None) => (
            Status::Warning,
            "readyz reports db: false, but this tool reaches the database; check the settings and the \
             network of the app"
                .to_owned(),
            Some(next::CONFIG_CHECK),
        ),
        (true, Some(error)) => (
            Status::Warning,
            format!(
                "readyz reports db: true, but this tool does not reach the database ({}); check the \
                 network from here",
                error.kind.as_str()
            ),
            Some(next::CONFIG_CHECK),
        ),
        // Both fail: db.reachable reports it.
        (false, Some(_)) => return vec![],
    };
    let readiness = &facts.readiness;
    let finding = check.finding(status, "db", message).evidence(Evidence::flag(
        reported,
        readiness.at,
        &readiness.source,
    ));
    vec![match next {
        Some(next) => finding.next_step(next),
        None => finding,
    }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, with_readiness};
    use super::*;
    use crate::facts::SourceErrorKind;
    use crate::triage::testing::{failed, healthy};

    #[test]
    fn disagreement_of_app_and_tool_names_the_source_to_trust() {
        let app = with_readiness(|report| report.components[0].ok = ReportedFlag::Is(false));
        let finding = evaluate(&CHECK, &app).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(
            finding.message.contains("settings and the network of the app"),
            "{}",
            finding.message
        );

        let mut own = healthy();
        failed(&mut own.layout, SourceErrorKind::Refused);
        failed(&mut own.server, SourceErrorKind::Refused);
        let finding = evaluate(&CHECK, &own).unwrap();
        assert!(finding.message.contains("network from here"), "{}", finding.message);
    }
}

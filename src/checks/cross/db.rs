//! `cross.db`: the app and this tool, asking for the same database.

use super::{Check, TriageFacts};
use crate::checks::server::obstacle;
use crate::facts::service::ReportedFlag;
use crate::facts::{Evidence, Finding, Section, Status, Thresholds};

/// WARNING when one of them reaches it and the other does not: then it is the way, not the database.
pub const CHECK: Check<TriageFacts> = Check {
    id: "cross.db",
    title: "the app and this tool agree that the database is there",
    section: Section::NotReady,
    evaluate,
};

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    let said = facts.readiness.value().and_then(|report| report.component("db"));
    let Some(ReportedFlag::Is(said)) = said.map(|component| component.ok.clone()) else {
        return vec![];
    };
    let (verdict, message, next) = match (said, obstacle(facts)) {
        (true, None) => (Status::Ok, "both reach the database".to_owned(), None),
        (false, None) => (
            Status::Warning,
            "readyz says db: false, yet this tool reaches the database; trust this tool: the app's \
             own settings or way are broken"
                .to_owned(),
            Some("cliplyctl config check"),
        ),
        (true, Some(error)) => (
            Status::Warning,
            format!(
                "readyz says db: true, yet this tool does not reach it ({}); trust readyz: the way \
                 from here is broken",
                error.kind.as_str()
            ),
            Some("cliplyctl config check"),
        ),
        // Both say no: nothing to add.
        (false, Some(_)) => return vec![],
    };
    let readiness = &facts.readiness;
    let finding = check.finding(verdict, "db", message).evidence(Evidence::flag(
        said,
        readiness.at,
        &readiness.source,
    ));
    vec![match next {
        Some(next) => finding.next(next),
        None => finding,
    }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{evaluate, with};
    use super::*;
    use crate::facts::SourceErrorKind;
    use crate::triage::testing::{failed, healthy};

    #[test]
    fn disagreement_of_app_and_tool_names_the_source_to_trust() {
        let app = with(|report| report.components[0].ok = ReportedFlag::Is(false));
        let finding = evaluate(&CHECK, &app).unwrap();
        assert_eq!(finding.status, Status::Warning);
        assert!(finding.message.contains("trust this tool"), "{}", finding.message);

        let mut own = healthy();
        failed(&mut own.layout, SourceErrorKind::Refused);
        failed(&mut own.server, SourceErrorKind::Refused);
        let finding = evaluate(&CHECK, &own).unwrap();
        assert!(finding.message.contains("trust readyz"), "{}", finding.message);
    }
}

//! The subjects that triage does not examine by design. They do not change the status, but are
//! reported.

use crate::facts::SourceErrorKind;
use crate::facts::triage::TriageFacts;
use crate::suggest::ShellCommand;

/// The access of other roles, if the audit could not test it.
pub const OTHER_ROLES: &str = "access of other roles";
/// The command that checks the access of other roles.
pub const AUDIT: ShellCommand = ShellCommand::new("rls audit");

/// Returns subject and reason of everything that could not be examined and is not a problem.
pub fn not_examined(facts: &TriageFacts) -> Vec<(String, String)> {
    let mut notes = Vec::new();
    let mut note = |subject: &str, reason: String| notes.push((subject.to_owned(), reason));
    match &facts.server.result {
        Ok(server) if server.hidden_sessions > 0 => note(
            "transactions of other roles",
            format!(
                "{} of {} sessions belong to other roles; grant pg_read_all_stats to see them",
                server.hidden_sessions, server.sessions
            ),
        ),
        Err(error) if error.kind == SourceErrorKind::Permission => {
            note("the server's statistics", error.message.clone());
        }
        _ => {}
    }
    match &facts.failures {
        None if facts.layout.result.is_ok() => {
            note("failed attempts", "the events of this table have no order".to_owned());
        }
        Some(observed) => {
            if let Some(error) = observed.error().filter(|e| e.kind == SourceErrorKind::Permission)
            {
                note("failed attempts", error.message.clone());
            }
        }
        None => {}
    }
    for component in facts.readiness.value().into_iter().flat_map(|report| &report.ignored) {
        let reason = "ignored by the context (ignored_components)";
        note(&format!("component {}", component.name), reason.to_owned());
    }
    if facts.layout.result.is_ok() {
        match &facts.access {
            None => note(OTHER_ROLES, format!("run {AUDIT}")),
            Some(audit) => {
                if let Some(reason) = audit.not_tested.first() {
                    note(OTHER_ROLES, reason.clone());
                }
            }
        }
    }
    if facts.environment.is_none() {
        let reason = match facts.saved {
            true => "not part of a saved triage",
            false => "no schema in this directory",
        };
        note("environment", reason.to_owned());
    }
    notes
}

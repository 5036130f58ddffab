//! What nobody looked at, by design: it raises no verdict, and it is not passed over in silence.

use crate::facts::SourceErrorKind;
use crate::facts::triage::TriageFacts;

/// What triage leaves to a command of its own: it knows no contract, and acts as nobody else.
pub const OTHER_ROLES: &str = "what other roles may";
/// That command.
pub const AUDIT: &str = "cliplyctl rls audit";

/// Subject and reason of everything that could not be observed and is no fault.
#[must_use]
pub fn not_observed(facts: &TriageFacts) -> Vec<(String, String)> {
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
            note("failed attempts", "this schema keeps no events in order".to_owned());
        }
        Some(seen) => {
            if let Some(error) = seen.error().filter(|e| e.kind == SourceErrorKind::Permission) {
                note("failed attempts", error.message.clone());
            }
        }
        None => {}
    }
    if facts.layout.result.is_ok() {
        note(OTHER_ROLES, format!("{AUDIT} judges it"));
    }
    if facts.environment.is_none() {
        let why = match facts.saved {
            true => "it is not part of a saved triage",
            false => "no schema in the usual places of this directory",
        };
        note("environment", why.to_owned());
    }
    notes
}

//! `db.reachable`: the connection to the database.

use crate::checks::Check;
use crate::checks::next;
use crate::facts::triage::TriageFacts;
use crate::facts::{Evidence, Finding, Section, SourceError, SourceErrorKind, Status, Thresholds};

/// Check that the database can be reached, which all SQL facts depend on. A failure is UNKNOWN, not
/// CRITICAL, because only the network path from this machine may be broken.
pub(crate) const REACHABLE: Check<TriageFacts> = Check {
    id: "db.reachable",
    title: "cliplyctl reaches the database",
    section: Section::NotReady,
    evaluate,
};

/// Returns the error that prevents a connection to the database.
///
/// `None` if the catalog query failed, but the server statistics could be read: then the connection
/// works, and for example a lock on the table caused a timeout.
pub(crate) fn obstacle(facts: &TriageFacts) -> Option<&SourceError> {
    let error = facts.layout.error().filter(|error| is_reachability(error.kind));
    error.filter(|_| facts.server.result.is_err())
}

/// Whether an error means that the database cannot be reached, and not that an object cannot be read.
fn is_reachability(kind: SourceErrorKind) -> bool {
    use SourceErrorKind::{
        Authentication, Disconnected, Dns, Hidden, Intercepted, InvalidSetting, Malformed,
        NotConfigured, NotFound, Other, Permission, Proxy, RateLimited, Refused, Stale, Timeout,
        Tls, Unavailable, Undeployed, UnknownLayout, Unrecognized,
    };
    match kind {
        NotConfigured | InvalidSetting | Refused | Dns | Tls | Timeout | Disconnected
        | Authentication | Proxy | Intercepted | Undeployed | RateLimited | Unavailable | Other => {
            true
        }
        Permission | Hidden | NotFound | UnknownLayout | Malformed | Unrecognized | Stale => false,
    }
}

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    let (subject, layout) = ("database", &facts.layout);
    vec![match obstacle(facts) {
        None => {
            let message = match layout.value() {
                Some(layout) if layout.in_recovery => "reachable (hot standby)",
                _ => "reachable",
            };
            check.finding(Status::Ok, subject, message).evidence(Evidence::flag(
                true,
                layout.at,
                &layout.source,
            ))
        }
        Some(error) => {
            let next = match error.kind {
                kind if kind.is_configuration() => next::CONFIG_SHOW,
                _ => next::CONFIG_CHECK,
            };
            let message = match error.kind {
                kind if kind.is_configuration() => error.message.clone(),
                _ => format!("database: {}", error.message),
            };
            check
                .finding(Status::Unknown, subject, message)
                .evidence(Evidence::text(error.kind.as_str(), layout.at, &layout.source))
                .next_step(next)
        }
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::testing::{failed, healthy};

    fn evaluate(layout: SourceErrorKind, server: Option<SourceErrorKind>) -> Finding {
        let mut facts = healthy();
        failed(&mut facts.layout, layout);
        if let Some(kind) = server {
            failed(&mut facts.server, kind);
        }
        REACHABLE.run(&facts, &Thresholds::default()).remove(0)
    }

    #[test]
    fn failed_connection_is_unknown_and_names_the_cause() {
        let finding = evaluate(SourceErrorKind::Refused, Some(SourceErrorKind::Refused));
        assert_eq!(finding.status, Status::Unknown);
        assert_eq!(finding.message, "database: the cause is refused");
        assert_eq!(finding.next, Some(next::CONFIG_CHECK));
        let finding =
            evaluate(SourceErrorKind::NotConfigured, Some(SourceErrorKind::NotConfigured));
        assert_eq!(finding.next, Some(next::CONFIG_SHOW));
    }

    #[test]
    fn server_that_denies_or_times_out_one_query_is_reachable() {
        let permission = SourceErrorKind::Permission;
        assert_eq!(evaluate(permission, Some(permission)).status, Status::Ok);
        assert_eq!(evaluate(SourceErrorKind::Timeout, None).status, Status::Ok);
    }
}

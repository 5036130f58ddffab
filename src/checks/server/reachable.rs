//! `db.reachable`: does this tool reach the database at all?

use crate::checks::Check;
use crate::facts::triage::TriageFacts;
use crate::facts::{Evidence, Finding, Section, SourceError, SourceErrorKind, Status, Thresholds};

/// Everything that SQL tells depends on it. UNKNOWN, not CRITICAL: the way from here may be what is
/// broken.
pub const REACHABLE: Check<TriageFacts> = Check {
    id: "db.reachable",
    title: "this tool reaches the database",
    section: Section::NotReady,
    evaluate,
};

/// What stands between this tool and the database. A catalog that does not answer in time is no such
/// thing while the server's statistics do: then something holds a lock on the table.
#[must_use]
pub fn obstacle(facts: &TriageFacts) -> Option<&SourceError> {
    let error = facts.layout.error().filter(|error| is_reachability(error.kind));
    error.filter(|_| facts.server.result.is_err())
}

/// Whether this obstacle stands before the database, rather than before what it holds.
fn is_reachability(kind: SourceErrorKind) -> bool {
    use SourceErrorKind::{
        Authentication, Disconnected, Dns, Hidden, Intercepted, Malformed, NotConfigured, NotFound,
        Other, Permission, RateLimited, Refused, Timeout, Tls, Unavailable, UnknownLayout,
    };
    match kind {
        NotConfigured | Refused | Dns | Tls | Timeout | Disconnected | Authentication
        | Intercepted | RateLimited | Unavailable | Other => true,
        Permission | Hidden | NotFound | UnknownLayout | Malformed => false,
    }
}

fn evaluate(check: &Check<TriageFacts>, facts: &TriageFacts, _: &Thresholds) -> Vec<Finding> {
    let (subject, seen) = ("database", &facts.layout);
    vec![match obstacle(facts) {
        None => {
            let role = match seen.value() {
                Some(layout) if layout.in_recovery => "a hot standby answers",
                _ => "answers",
            };
            check.finding(Status::Ok, subject, role).evidence(Evidence::flag(
                true,
                seen.at,
                &seen.source,
            ))
        }
        Some(error) => {
            let next = match error.kind {
                SourceErrorKind::NotConfigured => "cliplyctl config show",
                _ => "cliplyctl config check",
            };
            let message = match error.kind {
                SourceErrorKind::NotConfigured => error.message.clone(),
                _ => format!("database: {}", error.message),
            };
            check
                .finding(Status::Unknown, subject, message)
                .evidence(Evidence::text(error.kind.as_str(), seen.at, &seen.source))
                .next(next)
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
        assert_eq!(finding.next.as_deref(), Some("cliplyctl config check"));
        let finding =
            evaluate(SourceErrorKind::NotConfigured, Some(SourceErrorKind::NotConfigured));
        assert_eq!(finding.next.as_deref(), Some("cliplyctl config show"));
    }

    #[test]
    fn server_that_denies_or_times_out_one_query_is_reachable() {
        let permission = SourceErrorKind::Permission;
        assert_eq!(evaluate(permission, Some(permission)).status, Status::Ok);
        assert_eq!(evaluate(SourceErrorKind::Timeout, None).status, Status::Ok);
    }
}

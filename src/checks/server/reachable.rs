//! `db.reachable`: does this tool reach the database at all?

use crate::checks::Check;
use crate::facts::layout::Layout;
use crate::facts::{Evidence, Finding, Limits, Observed, Section, SourceErrorKind, Verdict};

/// Everything that SQL tells depends on it. UNKNOWN, not CRITICAL: the way from here may be what is
/// broken.
pub const REACHABLE: Check<Observed<Layout>> = Check {
    id: "db.reachable",
    title: "this tool reaches the database",
    section: Section::NotReady,
    judge,
};

/// Whether this obstacle stands before the database, rather than before what it holds.
#[must_use]
pub fn is_reachability(kind: SourceErrorKind) -> bool {
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

fn judge(check: &Check<Observed<Layout>>, seen: &Observed<Layout>, _: &Limits) -> Vec<Finding> {
    let subject = "database";
    vec![match seen.error().filter(|error| is_reachability(error.kind)) {
        None => {
            let ms = seen.took.as_secs_f64() * 1e3;
            let role = match seen.value() {
                Some(layout) if layout.in_recovery => "a hot standby answers",
                _ => "answers",
            };
            check
                .finding(Verdict::Ok, subject, format!("{role}: the catalog took {ms:.0} ms"))
                .evidence(Evidence::number(ms, "ms", seen.at, &seen.source))
        }
        Some(error) => {
            let next = match error.kind {
                SourceErrorKind::NotConfigured => "cliplyctl config show",
                _ => "cliplyctl config check",
            };
            check
                .finding(Verdict::Unknown, subject, &error.message)
                .evidence(Evidence::text(error.kind.word(), seen.at, &seen.source))
                .next(next)
        }
    }]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::facts::SourceError;

    fn judge(kind: SourceErrorKind) -> Finding {
        let (source, at) = ("pg_catalog".to_owned(), Timestamp::UNIX_EPOCH);
        let result = Err(SourceError::new(kind, "the cause"));
        let seen = Observed { source, at, took: Duration::ZERO, result };
        REACHABLE.run(&seen, &Limits::default()).remove(0)
    }

    #[test]
    fn a_server_that_cannot_be_asked_is_unknown_with_the_cause() {
        let finding = judge(SourceErrorKind::Refused);
        assert_eq!((finding.verdict, finding.message.as_str()), (Verdict::Unknown, "the cause"));
        assert_eq!(finding.next.as_deref(), Some("cliplyctl config check"));
        let finding = judge(SourceErrorKind::NotConfigured);
        assert_eq!(finding.next.as_deref(), Some("cliplyctl config show"));
    }

    #[test]
    fn a_server_that_answers_no_is_reachable() {
        assert_eq!(judge(SourceErrorKind::Permission).verdict, Verdict::Ok);
    }
}

//! Tests that `list`, `groups` and `requeue` select the same jobs for the same filters.

use super::{WITH_DEAD, data, dlq, listed};
use crate::support::postgres::Database;

/// Filters, and how many of the 26 dead letters of a typical database match them.
const FILTERS: [(&[&str], usize); 9] = [
    (&["--kind", "PUBLISH_TIKTOK"], 8),
    (&["--kind", "TRANSCRIBE", "--kind", "THUMBNAIL_GEN"], 3),
    (&["--error", "ACCESS token"], 8),
    (&["--workspace", "AAAAAAAA-0000-4000-8000-000000000002", "--kind", "TRANSCRIBE"], 1),
    (&["--since", "12m"], 2),
    (&["--until", "3h"], 1),
    (&["--since", "2000-01-01"], 26),
    (&["--until", "2000-01-01"], 0),
    (&["--since", "2000-01-01T00:00:00Z", "--until", "12m", "--kind", "CLIP_RENDER"], 13),
];

#[test]
fn list_groups_and_requeue_agree_on_every_filter() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        for (filter, expected) in FILTERS {
            let with = |verb: &'static str| [&[verb][..], filter].concat();
            assert_eq!(listed(&database, filter).len(), expected, "{variant} list {filter:?}");
            let groups = data(&database, &with("groups"));
            let groups = groups["groups"].as_array().unwrap();
            let counted: u64 = groups.iter().map(|g| g["count"].as_u64().unwrap()).sum();
            assert_eq!(counted, expected as u64, "{variant} groups {filter:?}");
            let plan = data(&database, &[&with("requeue")[..], &["--dry-run"]].concat());
            assert_eq!(plan["matched"], expected, "{variant} requeue {filter:?}: {plan:#}");
        }
    }
}

#[test]
fn group_selects_the_same_jobs_in_every_command() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let groups = data(&database, &["groups"]);
        for group in groups["groups"].as_array().unwrap() {
            let (hash, count) = (group["group"].as_str().unwrap(), &group["count"]);
            let alone = data(&database, &["groups", "--group", hash]);
            assert_eq!(alone["groups"][0]["count"], *count, "{variant} {hash}");
            assert_eq!(alone["groups"].as_array().unwrap().len(), 1, "{variant} {hash}");
            let plan = data(&database, &["requeue", "--group", hash, "--dry-run"]);
            assert_eq!(plan["matched"], *count, "{variant} {hash}: {plan:#}");
        }
    }
}

#[test]
fn contradictory_filters_are_rejected_by_every_command() {
    let database = Database::from_fixture("main_typical");
    for (filter, text) in [
        (&["--kind", "CLIP_RENDR"][..], "did you mean `CLIP_RENDER`"),
        (&["--workspace", "7"], "is not a workspace id"),
        (&["--group", "3f9a"], "is not a group id"),
        (&["--error", ""], "--error is empty"),
        (&["--since", "1h", "--until", "2h"], "nothing can match"),
        (&["--since", "2999-01-01"], "in the future"),
        (&["--since", "yesterday"], "expected a duration"),
    ] {
        for verb in [&["list"][..], &["groups"], &["requeue", "--dry-run"], &["requeue", "--yes"]] {
            let output = dlq(&database, &[verb, filter].concat()).expect_code(64);
            assert!(output.stderr.contains(text), "{verb:?} {filter:?}: {}", output.stderr);
        }
    }
}

//! Tests of `dlq list` with every filter.

use super::{WITH_DEAD, data, dlq, listed, number};
use crate::support::postgres::Database;

fn sorted(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable();
    ids
}

#[test]
fn every_filter_selects_the_same_jobs_in_every_variant() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let tiktok: Vec<u64> = (216..=223).collect();
        assert_eq!(listed(&database, &[]).len(), 26, "{variant}");
        assert_eq!(sorted(listed(&database, &["--kind", "PUBLISH_TIKTOK"])), tiktok, "{variant}");
        let kinds = ["--kind", "TRANSCRIBE", "--kind", "THUMBNAIL_GEN"];
        assert_eq!(sorted(listed(&database, &kinds)), [224, 225, 226], "{variant}");
        let text = ["--error", "ACCESS token"];
        assert_eq!(sorted(listed(&database, &text)), tiktok, "{variant}");
        let upper_case =
            ["--workspace", "AAAAAAAA-0000-4000-8000-000000000002", "--kind", "TRANSCRIBE"];
        assert_eq!(listed(&database, &upper_case), [225], "{variant}");
        assert_eq!(listed(&database, &["--since", "12m"]), [201, 202], "{variant}");
        assert_eq!(listed(&database, &["--until", "3h"]), [226], "{variant}");
        assert_eq!(listed(&database, &["--since", "2000-01-01"]).len(), 26, "{variant}");
    }
}

#[test]
fn group_lists_the_jobs_that_groups_counted() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let groups = data(&database, &["groups"]);
        let largest = groups["groups"][0]["group"].as_str().unwrap().to_owned();
        let members = sorted(listed(&database, &["--group", &largest]));
        assert_eq!(members, (201..=215).collect::<Vec<_>>(), "{variant}");
        let page = data(&database, &["list", "--group", &largest, "--limit", "4"]);
        assert_eq!(page["total"]["value"], 15, "{variant}");
        let cursor = page["next_cursor"].as_str().unwrap();
        assert!(!cursor.contains(' '), "{cursor}");
        assert_eq!(listed(&database, &["--group", &largest, "--after", cursor]).len(), 11);
    }
}

#[test]
fn pages_contain_every_job_exactly_once() {
    for name in ["main_awkward", "bigint_awkward", "status_live_typical"] {
        let database = Database::from_fixture(name);
        for sort in ["updated", "oldest", "died"] {
            let all = listed(&database, &["--sort", sort]);
            let (mut paged, mut after) = (Vec::<u64>::new(), None::<String>);
            loop {
                let mut args = vec!["list", "--limit", "4", "--sort", sort];
                args.extend(after.iter().flat_map(|cursor| ["--after", cursor.as_str()]));
                let page = data(&database, &args);
                paged.extend(page["jobs"].as_array().unwrap().iter().map(number));
                match page["next_cursor"].as_str() {
                    Some(cursor) => after = Some(cursor.to_owned()),
                    None => break,
                }
            }
            assert_eq!(paged, all, "{name} {sort}");
        }
    }
}

#[test]
fn list_is_sorted_by_change_or_dead_since_in_every_variant() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let newest = listed(&database, &[]);
        let mut reversed = listed(&database, &["--sort", "oldest"]);
        reversed.reverse();
        assert_eq!(newest, reversed, "{variant}");
        // An edit of the oldest row does not change when it was dead-lettered.
        let id =
            database.value("SELECT id::text FROM jobs ORDER BY id::text LIKE '%226' DESC LIMIT 1");
        let edit = format!(
            "UPDATE jobs SET updated_at = now(),
               error = '{{\"message\": \"x\", \"failed_at\": \"2020-01-01T00:00:00Z\"}}' WHERE id = '{id}'"
        );
        database.execute(&edit);
        assert_eq!(listed(&database, &[])[0], 226, "{variant}");
        let by_death = listed(&database, &["--sort", "dead-since"]);
        assert_eq!((by_death[0], by_death[25]), (newest[0], 226), "{variant}");
    }
    let database = Database::from_fixture("main_typical");
    let output = dlq(&database, &["list", "--sort", "dead-since", "--limit", "2"]).expect_code(0);
    assert!(output.stdout.contains("sorted by the time they were dead-lettered"), "{output:#?}");
    let next = "--sort dead-since --limit 2 --after dead-since/";
    assert!(output.stdout.contains(next), "{}", output.stdout);
}

#[test]
fn invalid_filters_are_rejected_with_the_reason() {
    let database = Database::from_fixture("main_typical");
    for (args, text) in [
        (&["--kind", "CLIP_RENDR"][..], "did you mean `CLIP_RENDER`"),
        (&["--workspace", "7"], "is not a workspace id"),
        (&["--workspace=------------------------------------"], "is not a workspace id"),
        (&["--group", "3f9a"], "is not a group id"),
        (&["--error", ""], "--error is empty"),
        (&["--since", "1h", "--until", "2h"], "nothing can match"),
        (&["--since", "2999-01-01"], "in the future"),
        (&["--since", "yesterday"], "expected a duration"),
        (&["--limit", "0"], "0 is not in 1..=100000"),
        (&["--limit", "99999999999"], "is not in 1..=100000"),
        (&["--limit=-1"], "-1 is not in 1..=100000"),
        (&["--limit", "many"], "invalid value 'many'"),
        (&["--sort", "size"], "possible values: updated, oldest, dead-since"),
        (&["--after", "42"], "is not a cursor"),
        (&["--after", "2026-01-02T03:04:05Z~42"], "ids in this database are of type uuid"),
        (
            &["--after", "dead-since/2026-01-02T03:04:05Z~0a9f0000-0000-4000-8000-00000000abcd"],
            "belongs to --sort dead-since",
        ),
        (&["--since", "99999999999999999d"], "expected a duration"),
        (&["--since", "2026-02-31"], "expected a duration"),
        (&["--kind", ""], "unknown kind"),
    ] {
        let args: Vec<_> = ["list"].iter().chain(args).copied().collect();
        let output = dlq(&database, &args).expect_code(64);
        assert!(output.stderr.contains(text), "{args:?}: {}", output.stderr);
    }
}

#[test]
fn schema_without_dead_letters_exits_3_with_the_reason() {
    for variant in ["early", "hosted", "october", "typed"] {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let state = if variant == "typed" { "status" } else { "state" };
        // Jobs without attempts left are given up, and listed as such.
        database.execute(&format!(
            "DELETE FROM jobs WHERE {state} IN ('failed', 'error') AND attempts >= max_attempts"
        ));
        let id = database.value("SELECT id::text FROM jobs LIMIT 1");
        for args in [&["list"][..], &["groups"], &["list", "-o", "csv"], &["show", &id]] {
            let output = dlq(&database, args).expect_code(3);
            assert_eq!(output.stdout, "", "{variant}");
            assert!(output.stderr.contains("no dead letters"), "{variant}: {}", output.stderr);
        }
    }
}

//! A table that is recognized, and declared as well, gives the same answers both ways.

use super::{Declared, draft, edit};
use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// The keys of an answer that have nothing to do with how the table is read.
/// Those of throughput need events.
const IGNORED: [&str; 9] = [
    "server_time",
    "requeued_before_incomplete",
    "requeued_before",
    "given_up",
    "retry_unknown",
    "kind_finished_since",
    "finished_per_minute",
    "enqueued_per_minute",
    "drain_seconds",
];

/// The text is in one column, and more is in another.
const BOTH_ERRORS: &str = "error = \"coalesce(error || jsonb_build_object('message', \
     coalesce(last_error, error ->> 'message')), jsonb_build_object('message', last_error))\"";

/// The draft takes `state`, but the claim reads `status`.
const STATUS: [(&str, &str); 5] = [
    ("state = ", "state = \"status\""),
    ("due = ", "due = \"run_after\""),
    ("claimed = ", "claimed = [\"running\"]"),
    ("finished = ", "finished = [\"succeeded\"]"),
    ("dead = ", "dead = [\"failed\"]"),
];

/// The draft takes `failed` for dead, because no function claims it; a recognized table shows such jobs as given up.
const MAIN: [(&str, &str); 3] = [
    ("error = ", BOTH_ERRORS),
    ("failed = ", "failed = [\"failed\"]"),
    ("dead = ", "dead = [\"dead_letter\"]"),
];

/// Removes ages, which differ by the time between two commands, and [`IGNORED`].
fn comparable(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(object) => {
            object.retain(|key, _| !IGNORED.contains(&key.as_str()) && !key.contains("age"));
            object.values_mut().for_each(comparable);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(comparable),
        _ => {}
    }
}

#[test]
fn declared_and_recognized_layouts_give_the_same_answers() {
    for (variant, edits) in [
        ("main", &MAIN[..]),
        ("atomic", &[("error = ", BOTH_ERRORS)]),
        ("status_live", &STATUS),
        ("bigint", &[]),
    ] {
        let db = Database::from_fixture(&format!("{variant}_typical"));
        // A declared table has no events, which also tell of deaths.
        db.execute(
            "do $$ begin if to_regclass('job_events') is not null then delete from job_events; end if; end $$",
        );
        let recognized = |args: &[&str]| {
            let args = args.iter().copied().chain(["-o", "json"]);
            let mut cli = Cli::new(args).env("DATABASE_URL", db.url());
            cli.run().json()["data"].take()
        };
        let commands: [&[&str]; 6] = [
            &["queue"],
            &["dlq", "list", "--limit", "200"],
            &["dlq", "groups"],
            &["jobs", "list", "--state", "due"],
            &["jobs", "list", "--state", "running"],
            &["jobs", "list", "--state", "dead"],
        ];
        let mut expected = commands.map(recognized);
        let text = draft(&db, "public.jobs");
        let declared = Declared::new(db, &edit(&text, edits));
        for (args, expected) in commands.iter().zip(&mut expected) {
            let all: Vec<_> = args.iter().copied().chain(["-o", "json"]).collect();
            let mut data = declared.run(&all).json()["data"].take();
            comparable(&mut data);
            comparable(expected);
            assert_eq!(data, *expected, "{variant} {args:?}\n{text}");
        }
    }
}

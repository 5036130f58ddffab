//! Tests of `dlq list` on every variant.

use super::run;
use crate::support::fixtures::VARIANTS;
use crate::support::postgres::Database;

const WITHOUT: [&str; 4] = ["early", "hosted", "october", "typed"];

#[test]
fn cursor_pages_contain_each_dead_letter_once() {
    for variant in VARIANTS.into_iter().filter(|v| !WITHOUT.contains(v)) {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let (mut ids, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut args = vec!["dlq", "list", "--limit", "7", "-o", "json"];
            args.extend(after.iter().flat_map(|cursor| ["--after", cursor.as_str()]));
            let data = run(&args, &database).expect_code(0).json()["data"].clone();
            let jobs = data["jobs"].as_array().expect("jobs").clone();
            ids.extend(jobs.iter().map(|j| j["id"].as_str().expect("id").to_owned()));
            match data["next_cursor"].as_str() {
                Some(cursor) => after = Some(cursor.to_owned()),
                None => break,
            }
        }
        let live = if ["status_live", "bigint"].contains(&variant) {
            "status = 'failed'"
        } else {
            "state = 'dead_letter'"
        };
        let sql =
            format!("select id::text from jobs where {live} order by updated_at desc, id desc");
        let expected: Vec<_> =
            database.rows(&sql).into_iter().map(|row| row[0].clone().expect("id")).collect();
        assert_eq!(ids, expected, "{variant}");
    }
}

#[test]
fn variant_without_dead_letters_exits_3_with_the_reason() {
    for variant in WITHOUT {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let state = if variant == "typed" { "status" } else { "state" };
        // Jobs without attempts left are given up, and listed as such.
        let failed = format!("{state} in ('failed', 'error')");
        database.execute(&format!("delete from jobs where {failed} and attempts >= max_attempts"));
        let output = run(&["dlq", "list"], &database).expect_code(3);
        assert_eq!(output.stdout, "");
        database.execute(&format!("delete from jobs where {failed}"));
        let output = run(&["dlq", "list"], &database).expect_code(3);
        assert!(output.stderr.contains("no dead letters"), "{variant}: {}", output.stderr);
    }
}

#[test]
fn empty_dead_letter_list_exits_0() {
    let database = Database::from_fixture("main_healthy");
    let output = run(&["dlq", "list"], &database).expect_code(0);
    assert!(output.stdout.contains("No dead letters match."), "{}", output.stdout);
}

#[test]
fn hostile_errors_cannot_control_the_terminal() {
    for variant in VARIANTS.into_iter().filter(|v| !WITHOUT.contains(v)) {
        let database = Database::from_fixture(&format!("{variant}_awkward"));
        let output = run(&["dlq", "list"], &database).expect_code(0);
        let hostile =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!output.stdout.contains(hostile), "{variant}: {:?}", output.stdout);
        if variant == "main" {
            assert!(
                output.stdout.contains("\\x1b[31mred"),
                "the escape is shown: {}",
                output.stdout
            );
        }
    }
}

#[test]
fn invalid_input_is_a_usage_error() {
    let database = Database::from_fixture("main_typical");
    for args in [
        &["dlq", "list", "--limit", "0"][..],
        &["dlq", "list", "--limit", "many"],
        &["dlq", "list", "--after", "yesterday"],
        &["dlq", "list", "--kind", "CLIP_RENDR"],
    ] {
        let output = run(args, &database).expect_code(64);
        assert!(output.stderr.starts_with("error:"), "{args:?}: {}", output.stderr);
    }
}

#[test]
fn row_that_cannot_be_decoded_hides_no_other() {
    let database = Database::from_fixture("main_typical");
    let dead = database.value("select count(*) from jobs where state = 'dead_letter'");
    // The type json stores escapes that no text can hold: NUL, and half a surrogate pair.
    let errors = [
        r#"{"message": "bad \u0000 byte"}"#,
        r#"{"message": "half \ud83d pair"}"#,
        r#"{"message": "\udc00\u0000", "failed_at": "2026-01-01T00:00:00Z"}"#,
        r#"{"message": "a backslash: \\u0000"}"#,
        r#"["a", 1]"#,
        r#""text""#,
        "null",
    ];
    database.execute("alter table jobs alter error type json");
    for (offset, error) in errors.iter().enumerate() {
        database.execute(&format!(
            "update jobs set error = '{error}', last_error = null where id =
               (select id from jobs where state = 'dead_letter' order by id offset {offset} limit 1)"
        ));
    }
    let listed = run(&["dlq", "list", "-o", "ndjson"], &database).expect_code(0).stdout;
    assert_eq!(listed.lines().filter(|line| line.contains("\"id\"")).count().to_string(), dead);
    for part in ["bad ", "half ", "a backslash: "] {
        assert!(listed.contains(part), "{part}");
    }
    let json = run(&["dlq", "groups", "-o", "json"], &database).expect_code(0).json();
    let groups = json["data"]["groups"].as_array().expect("groups");
    let total: u64 = groups.iter().filter_map(|group| group["count"].as_u64()).sum();
    assert_eq!(total.to_string(), dead);
    let filtered = ["dlq", "list", "--error", "half ", "-o", "json"];
    let json = run(&filtered, &database).expect_code(0).json();
    assert_eq!(json["data"]["jobs"].as_array().expect("jobs").len(), 1);
}

#[test]
fn death_is_the_newest_recorded_time() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "delete from jobs where state = 'dead_letter' and id <> (select max(id::text)::uuid from jobs where state = 'dead_letter')",
    );
    let age = |failed: &str, recovered: &str, updated: &str| {
        database.execute(&format!(
            "update jobs set updated_at = now() - interval '{updated}', error = jsonb_build_object('message', 'boom',
               'failed_at', now() - interval '{failed}', 'recovered_at', now() - interval '{recovered}')
             where state = 'dead_letter'"
        ));
        let json = run(&["dlq", "list", "-o", "json"], &database).expect_code(0).json();
        let hours =
            json["data"]["jobs"][0]["dead_since_age_seconds"].as_f64().expect("an age") / 3600.0;
        hours.round()
    };
    assert_eq!(age("3 hours", "1 hour", "1 hour"), 1.0);
    assert_eq!(age("1 hour", "3 hours", "1 hour"), 1.0);
    // An edit is no death.
    assert_eq!(age("3 hours", "5 hours", "1 minute"), 3.0);
}

#[test]
fn error_column_with_another_name_is_read_or_named() {
    for (column, value, expected) in [
        ("error_message text", "'card declined'", "card declined"),
        ("last_failure varchar(200)", "'card declined'", "card declined"),
        ("error_log jsonb", "'[\"card declined\"]'", "column error_log is not read"),
        ("error_count int", "3", "no error text"),
    ] {
        let database = Database::blank();
        let (name, _) = column.split_once(' ').unwrap();
        database.execute(&format!(
            "create table jobs(
               id bigint primary key generated always as identity, kind text not null default 'X',
               status text not null check (status in ('queued', 'running', 'completed', 'dead')), {column},
               created_at timestamptz not null default now(), updated_at timestamptz not null default now());
             insert into jobs(status, {name}) values ('dead', {value})"
        ));
        for command in ["list", "groups"] {
            let shown = run(&["dlq", command], &database).expect_code(0).stdout;
            let expected =
                if command == "groups" { expected.trim_start_matches("no ") } else { expected };
            assert!(shown.contains(expected), "{column}: {shown}");
        }
    }
}

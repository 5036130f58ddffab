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
        let output = run(&["dlq", "list"], &database).expect_code(3);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.contains("no dead letters"), "{variant}: {}", output.stderr);
    }
}

#[test]
fn empty_dead_letter_list_exits_0() {
    let database = Database::from_fixture("main_healthy");
    let output = run(&["dlq", "list"], &database).expect_code(0);
    assert!(output.stdout.contains("no dead letters match"), "{}", output.stdout);
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

//! Tests of `dlq list` as a stream: `-o ndjson`, `-o csv`.

use super::{WITH_DEAD, data, dlq};
use crate::support::cli::{BINARY, Cli};
use crate::support::postgres::Database;

#[test]
fn unsupported_format_is_refused_with_the_supported_ones() {
    for (command, formats) in [("triage", "table, short, json"), ("man", "table, json")] {
        let output = Cli::new([command, "-o", "csv"]).run().expect_code(64);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.contains("does not support -o csv"), "{}", output.stderr);
        assert!(output.stderr.contains(formats), "{}", output.stderr);
    }
}

/// Parses the objects of `-o ndjson`.
fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn ndjson_has_one_line_per_job_in_every_variant() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_awkward"));
        let streamed = lines(&dlq(&database, &["list", "-o", "ndjson"]).expect_code(0).stdout);
        let listed = data(&database, &["list", "--limit", "1000"])["jobs"].clone();
        let same = |json: &serde_json::Value| {
            let mut json = json.clone();
            json.as_object_mut().unwrap().remove("dead_since_age_seconds"); // a second may have passed
            json
        };
        let listed: Vec<_> = listed.as_array().unwrap().iter().map(same).collect();
        assert!(!listed.is_empty(), "{variant}");
        assert_eq!(streamed.iter().map(same).collect::<Vec<_>>(), listed, "{variant}");
    }
}

#[test]
fn csv_has_a_header_and_one_row_per_job_in_every_variant() {
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let csv = dlq(&database, &["list", "-o", "csv"]).expect_code(0).stdout;
        let mut rows = csv.split("\r\n");
        let header = "id,kind,workspace_id,attempts,max_attempts,error,dead_since,dead_since_age_seconds,dead_since_source,group,deleted_in_seconds";
        assert_eq!(rows.next(), Some(header), "{variant}");
        assert_eq!(rows.filter(|row| !row.is_empty()).count(), 26, "{variant}: {csv}");
        assert!(csv.contains(",CLIP_RENDER,"), "{variant}: {csv}");
    }
}

#[test]
fn filters_and_limit_apply_to_streams() {
    let database = Database::from_fixture("main_typical");
    let count = |args: &[&str]| {
        let args: Vec<_> = ["list", "-o", "ndjson"].iter().chain(args).copied().collect();
        lines(&dlq(&database, &args).expect_code(0).stdout).len()
    };
    let group = data(&database, &["groups"])["groups"][0]["group"].as_str().unwrap().to_owned();
    assert_eq!(count(&["--kind", "PUBLISH_TIKTOK"]), 8);
    assert_eq!(count(&["--limit", "3"]), 3);
    assert_eq!(count(&["--group", &group]), 15);
    let listed = dlq(&database, &["list", "-o", "ndjson"]).expect_code(0);
    let in_group = lines(&listed.stdout).iter().filter(|row| row["group"] == *group).count();
    assert_eq!(in_group, 15, "every row names its group");
    assert_eq!(count(&["--group", &group, "--limit", "4"]), 4);
    let cursor = data(&database, &["list", "--limit", "20"])["next_cursor"].clone();
    assert_eq!(count(&["--after", cursor.as_str().unwrap()]), 6);
    let sorted_by_dead_since =
        dlq(&database, &["list", "-o", "csv", "--sort", "dead-since"]).expect_code(64);
    assert!(
        sorted_by_dead_since.stderr.contains("does not support -o ndjson"),
        "{}",
        sorted_by_dead_since.stderr
    );
}

/// Returns a database with more dead letters than fit into a pipe buffer.
fn many_dead_letters() -> Database {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "INSERT INTO jobs (workspace_id, kind, state, attempts, last_error)
           SELECT (SELECT id FROM workspaces LIMIT 1), 'CLIP_RENDER', 'dead_letter', 5,
                  'FFmpeg timed out after ' || n || 's' FROM generate_series(1, 20000) n",
    );
    database
}

#[test]
fn csv_ends_cleanly_when_the_reader_closes_the_pipe() {
    let database = many_dead_letters();
    for format in ["ndjson", "csv"] {
        let line = format!("({BINARY} dlq list -o {format}; echo \"code $?\" >&2) | head -n 2");
        let output = Cli::program("sh", ["-c", &line]).env("DATABASE_URL", database.url()).run();
        assert_eq!(output.stdout.lines().count(), 2, "{output:?}");
        assert_eq!(output.stderr, "code 0\n", "{output:?}");
    }
}

#[test]
fn timed_out_stream_prints_the_resume_cursor() {
    let database = many_dead_letters();
    // The reader needs longer than the timeout of the command.
    let line = format!(
        "{BINARY} dlq list -o ndjson --timeout 1s 2>said | (read -r first; sleep 3; cat >rest); \
         wc -l <rest; cat said"
    );
    let output = Cli::program("sh", ["-c", &line]).env("DATABASE_URL", database.url()).run();
    let (rows, rest) = output.stdout.split_once('\n').unwrap();
    let rows = rows.trim().parse::<u64>().unwrap() + 1;
    assert!(rest.contains(&format!("after {rows} rows: ")), "{output:?}");
    assert!(rest.contains("--timeout") && rest.contains("--after 20"), "{output:?}");
}

#[test]
fn long_stream_has_the_order_and_causes_of_the_rows() {
    let database = many_dead_letters();
    // Each with its own time, and its id in the error, so that another order or pairing is seen.
    database.execute(
        "UPDATE jobs SET updated_at = now() - interval '1 day' + n * interval '1 ms', kind = 'CLIP_RENDER', error = NULL,
                last_error = (ARRAY['access token expired', 'rate limit exceeded', 'no space left'])[n % 3 + 1] || ' ' || id
           FROM (SELECT id AS job, row_number() OVER () AS n FROM jobs WHERE state = 'dead_letter') AS numbered
          WHERE id = job",
    );
    let args = ["list", "-o", "ndjson", "--timeout", "60s"];
    let streamed = lines(&dlq(&database, &args).expect_code(0).stdout);
    let ids: Vec<_> = streamed.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
    let expected = database
        .rows("SELECT id FROM jobs WHERE state = 'dead_letter' ORDER BY updated_at DESC, id DESC");
    assert_eq!(ids, expected.into_iter().flatten().flatten().collect::<Vec<_>>());
    let groups: std::collections::HashSet<_> = streamed
        .iter()
        .map(|job| {
            let (text, id) = job["error"].as_str().unwrap().rsplit_once(' ').unwrap();
            assert_eq!(id, job["id"], "{job}");
            (text.to_owned(), job["group"].to_string())
        })
        .collect();
    assert_eq!(groups.len(), 3, "{groups:?}");
}

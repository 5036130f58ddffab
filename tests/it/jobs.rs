//! Tests of `jobs show` and `jobs list` on every variant.

use crate::support::cli::Cli;
use crate::support::fixtures::VARIANTS;
use crate::support::postgres::Database;

#[test]
fn jobs_show_explains_the_state_in_every_variant() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let show = |n: i32| {
            // The id of fixture job n is n, or a uuid that ends with n.
            let id = database.value(&format!(
                "SELECT id::text FROM public.jobs WHERE id::text = '{n}' OR id::text LIKE '%-%{n:012}'"
            ));
            let args = ["jobs", "show", &id, "-o", "json"];
            Cli::new(args).env("DATABASE_URL", database.url()).run().expect_code(0).json()
        };
        let meaning = |n: i32| show(n)["data"]["meaning"].clone();
        assert_eq!(meaning(1), "finished", "{variant}");
        assert_eq!(meaning(101), "queued_too_long", "{variant}");
        assert_eq!(meaning(121), "scheduled", "{variant}");
        assert_eq!(meaning(131), "running", "{variant}");
        // This variant has neither locks nor heartbeats, so stuck jobs count as running.
        let state_of_stuck_jobs = if variant == "typed" { "running" } else { "stuck" };
        assert_eq!(meaning(134), state_of_stuck_jobs, "{variant}");
        let dead = show(216);
        let text = dead.to_string();
        let meanings = ["dead", "failed", "given_up"];
        assert!(meanings.contains(&dead["data"]["meaning"].as_str().unwrap()), "{text}");
        assert!(text.contains("access token expired") && !text.contains("tt-secret"), "{text}");
    }
}

#[test]
fn jobs_list_filters_by_state_in_every_variant() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let list = |args: &[&str]| {
            let args = [&["jobs", "list", "-o", "json", "--limit", "1000"], args].concat();
            Cli::new(args).env("DATABASE_URL", database.url()).run()
        };
        let ids = |state: &str| {
            let json = list(&["--state", state]).expect_code(0).json();
            let jobs = json["data"]["jobs"].as_array().unwrap().clone();
            let number = |job: &serde_json::Value| {
                let id = job["id"].as_str().unwrap().to_owned();
                id.rsplit('-').next().unwrap().parse::<u32>().unwrap()
            };
            jobs.iter().map(number).collect::<Vec<_>>()
        };
        assert_eq!(ids("due")[0], 101, "{variant}: the one that waits longest comes first");
        assert!(ids("scheduled").contains(&121), "{variant}");
        assert!(ids("running").contains(&131), "{variant}");
        assert!(ids("finished").contains(&1), "{variant}");
        if variant == "typed" {
            let output = list(&["--state", "stuck"]).expect_code(3);
            assert!(output.stderr.contains("neither heartbeat nor lock"), "{output:?}");
        } else {
            let stuck = ids("stuck");
            assert!(stuck.contains(&134) && !stuck.contains(&131), "{variant}: {stuck:?}");
        }
        let renders = list(&["--kind", "CLIP_RENDER", "--state", "running"]).expect_code(0).json();
        let renders = renders["data"]["jobs"].as_array().unwrap();
        assert!(renders.iter().all(|job| job["kind"] == "CLIP_RENDER"), "{variant}: {renders:?}");
    }
}

#[test]
fn jobs_list_filters_by_workspace_and_time_as_sql_does() {
    let database = Database::from_fixture("main_typical");
    let workspace =
        database.value("SELECT workspace_id::text FROM jobs WHERE state = 'done' LIMIT 1");
    let list = |args: &[&str]| {
        let all = ["jobs", "list", "-o", "json", "--limit", "1000", "--state", "finished"];
        Cli::new([&all[..], args].concat()).env("DATABASE_URL", database.url()).run()
    };
    let upper = workspace.to_uppercase();
    let changed = "coalesce(updated_at, created_at) > now() - interval '2 h'";
    database.execute(&format!(
        "UPDATE jobs SET updated_at = now() - interval '3 h' WHERE workspace_id <> '{workspace}' AND state = 'done'"
    ));
    for (args, condition) in [
        (&[][..], "true".to_owned()),
        (&["--workspace", &workspace], format!("workspace_id = '{workspace}'")),
        (&["--workspace", &upper], format!("workspace_id = '{workspace}'")),
        (&["--since", "2h"], changed.to_owned()),
        (
            &["--since", "2h", "--workspace", "ffffffff-0000-4000-8000-000000000001"],
            "false".to_owned(),
        ),
    ] {
        let json = list(args).expect_code(0).json();
        let listed = json["data"]["jobs"].as_array().unwrap().len().to_string();
        let sql = format!(
            "SELECT count(*) FROM jobs WHERE state IN ('done', 'completed', 'succeeded') AND {condition}"
        );
        assert_eq!(listed, database.value(&sql), "{args:?}");
    }
    for args in [["--workspace", "acme"], ["--since", "2999-01-01"], ["--since", "soon"]] {
        list(&args).expect_code(64);
    }
}

#[test]
fn jobs_list_states_that_there_are_more() {
    let database = Database::from_fixture("main_typical");
    let list = |limit: &str| {
        let args = ["jobs", "list", "--limit", limit];
        Cli::new(args).env("DATABASE_URL", database.url()).run().expect_code(0).stdout
    };
    let short = list("2");
    assert!(
        short.contains("More than 2 due jobs")
            && short.contains("Showing 2 (more: --limit N), sorted by time due.")
            && short.contains("cliplyctl jobs show "),
        "{short}"
    );
    let all = list("1000");
    assert!(!all.contains("--limit") && all.contains("\nSorted by time due.\n"), "{all}");
    let database = Database::from_fixture("main_healthy");
    let none = Cli::new(["jobs", "list", "--state", "dead"]).env("DATABASE_URL", database.url());
    let none = { none }.run().expect_code(0).stdout;
    assert!(none.contains("No dead jobs.") && !none.contains("Next"), "{none}");
}

#[test]
fn error_hint_names_the_context() {
    let database = Database::from_fixture("main_healthy");
    let config = "[context.night]\ndatabase_url_env = \"NIGHT_URL\"\n";
    let args = ["-c", "night", "jobs", "show", "00000000-0000-4000-8000-00000000ffff"];
    let mut cli = Cli::new(args).file("cliplyctl.toml", config).env("NIGHT_URL", database.url());
    let output = cli.run().expect_code(3);
    assert!(output.stderr.contains("cliplyctl -c night jobs list"), "{}", output.stderr);
}

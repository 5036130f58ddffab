//! Tests of `dlq groups --by workspace`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{WITH_DEAD, data, dlq};
use crate::support::postgres::Database;

/// Returns the number of dead letters by workspace, as listed.
fn listed(data: &Value) -> BTreeMap<String, u64> {
    let workspaces = data["workspaces"].as_array().unwrap().iter();
    let name = |workspace: &Value| workspace["workspace"].as_str().unwrap_or("none").to_owned();
    workspaces.map(|w| (name(w), w["count"].as_u64().unwrap())).collect()
}

/// Returns the number of dead letters by workspace that match a condition, as SQL counts them.
fn counted(database: &Database, condition: &str) -> BTreeMap<String, u64> {
    let rows = database.value(&format!(
        "SELECT coalesce(string_agg(name || ' ' || jobs, ','), '') FROM (
           SELECT coalesce(workspace_id::text, 'none') AS name, count(*) AS jobs
             FROM jobs WHERE {condition} GROUP BY 1) counted"
    ));
    let row = |row: &str| {
        let (name, jobs) = row.split_once(' ').unwrap();
        (name.to_owned(), jobs.parse().unwrap())
    };
    rows.split(',').filter(|row| !row.is_empty()).map(row).collect()
}

#[test]
fn workspaces_are_counted_as_sql_and_groups_do() {
    let by_workspace = ["groups", "--by", "workspace"];
    for variant in WITH_DEAD {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let dead = match variant {
            "status_live" | "bigint" => "status = 'failed'",
            _ => "state = 'dead_letter'",
        };
        let workspaces = data(&database, &by_workspace);
        assert_eq!(listed(&workspaces), counted(&database, dead), "{variant}: {workspaces:#}");
        let groups = data(&database, &["groups"]);
        let groups = groups["groups"].as_array().unwrap();
        let group = groups[1]["group"].as_str().unwrap();
        let of_group = data(&database, &[&by_workspace[..], &["--group", group]].concat());
        let jobs: u64 = listed(&of_group).values().sum();
        assert_eq!(jobs, groups[1]["count"].as_u64().unwrap(), "{variant}: {of_group:#}");
        assert_eq!(of_group["workspaces"][0]["largest_group"]["group"], group, "{variant}");
        assert_eq!(of_group["workspaces"][0]["groups"], 1, "{variant}");
        let renders = format!("{dead} AND kind = 'CLIP_RENDER'");
        let listed =
            listed(&data(&database, &[&by_workspace[..], &["--kind", "CLIP_RENDER"]].concat()));
        assert_eq!(listed, counted(&database, &renders), "{variant}");
    }
}

#[test]
fn headline_and_next_step_name_the_most_affected_workspace() {
    let database = Database::from_fixture("main_typical");
    let text = dlq(&database, &["groups", "--by", "workspace", "--kind", "CLIP_RENDER"]);
    let text = text.expect_code(0).stdout;
    assert!(text.starts_with("15 dead letters of 2 workspaces; still failing in "), "{text}");
    let most = database.value(
        "SELECT workspace_id::text FROM jobs WHERE state = 'dead_letter' AND kind = 'CLIP_RENDER'
           GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    );
    let next = format!("cliplyctl dlq groups --kind CLIP_RENDER --workspace {most}");
    assert!(text.contains(&next), "{text}");
    let groups = data(&database, &["groups", "--kind", "CLIP_RENDER", "--workspace", &most]);
    assert_eq!(groups["groups"].as_array().unwrap().len(), 1, "{groups:#}");
    database.execute("DELETE FROM jobs WHERE state = 'dead_letter'");
    let none = dlq(&database, &["groups", "--by", "workspace"]).expect_code(0).stdout;
    assert!(none.starts_with("No dead letters match.") && !none.contains("Next"), "{none}");
}

#[test]
fn jobs_of_no_workspace_are_listed_as_such() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "ALTER TABLE jobs ALTER COLUMN workspace_id DROP NOT NULL;
         UPDATE jobs SET workspace_id = NULL WHERE state = 'dead_letter' AND kind = 'PUBLISH_TIKTOK'",
    );
    let workspaces = data(&database, &["groups", "--by", "workspace"]);
    assert_eq!(listed(&workspaces), counted(&database, "state = 'dead_letter'"));
    let text = dlq(&database, &["groups", "--by", "workspace"]).expect_code(0).stdout;
    assert!(text.contains("26 dead letters of 2 workspaces, 8 of no workspace"), "{text}");
}

#[test]
fn table_without_workspaces_is_a_usage_error() {
    let database = Database::from_fixture("main_typical");
    dlq(&database, &["groups", "--by", "workspace"]).expect_code(0);
    database.execute("ALTER TABLE jobs DROP COLUMN workspace_id CASCADE");
    let output = dlq(&database, &["groups", "--by", "workspace"]).expect_code(64);
    assert!(output.stderr.contains("jobs of this database have no workspace"), "{output:#?}");
    dlq(&database, &["groups"]).expect_code(0);
}

#[test]
fn number_of_groups_is_bounded_and_every_job_counted() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
         DELETE FROM jobs WHERE state = 'dead_letter';
         INSERT INTO jobs (workspace_id, kind, state, attempts, last_error)
           SELECT (SELECT id FROM workspaces ORDER BY id LIMIT 1), 'KIND_' || n, 'dead_letter', 5, 'boom'
             FROM generate_series(1, 10050) n",
    );
    let args = ["groups", "--timeout", "60s"];
    let by_workspace = [&args[..], &["--by", "workspace"]].concat();
    let workspaces = data(&database, &by_workspace);
    assert_eq!(listed(&workspaces), counted(&database, "state = 'dead_letter'"));
    assert_eq!(workspaces["workspaces"][0]["groups"], 10_000);
    assert_eq!(workspaces["not_grouped"], 50);
    assert_eq!(data(&database, &args)["not_grouped"], 50);
    let text = dlq(&database, &by_workspace).expect_code(0).stdout;
    assert!(text.contains("50 jobs of further groups are not counted"), "{text}");

    database.execute("DELETE FROM jobs WHERE kind > 'KIND_9'");
    assert_eq!(data(&database, &by_workspace)["not_grouped"], 0);
}

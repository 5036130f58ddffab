//! Tests of acknowledged groups: `dlq ack`, `[[acknowledged]]`, and what they change.

use serde_json::Value;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// A configuration with this text, besides the context of the database.
struct Configured<'a> {
    database: &'a Database,
    config: String,
}

impl Configured<'_> {
    fn run(&self, words: &str) -> Output {
        let context = format!("\n[context.c]\ndatabase_url = '{}'\n", self.database.url());
        let cli = Cli::new(words.split_whitespace());
        cli.file("cliplyctl.toml", format!("{}{context}", self.config)).run()
    }

    /// Returns `data` of `queue -o json`, and the status of a check.
    fn queue(&self, check: &str) -> (Value, String) {
        let json = self.run("-c c queue -o json").json();
        let checks = json["checks"].as_array().unwrap();
        let check = checks.iter().find(|one| one["id"] == check).unwrap();
        (json["data"].clone(), check["status"].as_str().unwrap().to_owned())
    }
}

fn configured(database: &Database, config: impl Into<String>) -> Configured<'_> {
    Configured { database, config: config.into() }
}

/// Returns the largest group of dead letters and its number of jobs.
fn largest(database: &Database) -> (String, u64) {
    let json = configured(database, "").run("-c c dlq groups -o json").json();
    let group = &json["data"]["groups"][0];
    (group["group"].as_str().unwrap().to_owned(), group["count"].as_u64().unwrap())
}

fn entry(group: &str, expires: &str, max_jobs: u64) -> String {
    format!(
        "[[acknowledged]]\ngroup = '{group}'\nowner = 'ann'\nreason = 'vendor'\n\
         expires = {expires}\nmax_jobs = {max_jobs}\n"
    )
}

#[test]
fn printed_entry_keeps_its_group_from_the_thresholds() {
    let database = Database::from_fixture("main_typical");
    let (group, jobs) = largest(&database);
    let before = configured(&database, "");
    let (data, _) = before.queue("dlq.size");
    let total = data["dead"]["value"].clone();
    assert_eq!(data["acknowledged_jobs"], 0);

    let ack = format!("-c c dlq ack --group {group} --expires 2999-12-31 --reason vendor");
    let printed = before.run(&ack).expect_code(0);
    assert!(printed.stderr.contains("nothing was written"), "{}", printed.stderr);
    let after = configured(&database, printed.stdout);
    let (data, _) = after.queue("dlq.size");
    assert_eq!(data["dead"]["value"], total, "the total stays");
    assert_eq!(data["acknowledged_jobs"], jobs);
    let table = after.run("-c c queue").stdout;
    let note = format!("acknowledged until 2999-12-31: {group}, {jobs} dead letters");
    assert!(table.contains(&note), "{table}");
    assert!(after.run("-c c triage").stdout.contains(&note));
    let shown = after.run("-c c config show").expect_code(0).stdout;
    assert!(shown.contains(&format!("acknowledged.{group}")), "{shown}");
}

#[test]
fn triage_names_the_dead_letters_of_the_last_hour_once() {
    let database = Database::from_fixture("main_typical");
    database.execute(
        "UPDATE jobs SET updated_at = now() - interval '10 min', error = NULL WHERE state = 'dead_letter'",
    );
    let (group, jobs) = largest(&database);
    let thresholds =
        "[context.c.thresholds]\ndead_inflow = {warning = 1}\ndead_trend = {warning = 1}\n";
    for (config, expected) in [
        (String::new(), String::new()),
        (entry(&group, "2999-12-31", jobs), format!(" ({jobs} acknowledged)")),
    ] {
        let json = configured(&database, config + thresholds).run("-c c triage -o json").json();
        let areas = json["data"]["areas"].as_array().unwrap();
        let area = areas.iter().find(|area| area["section"] == "3.4").unwrap();
        let detail = area["detail"].as_str().unwrap();
        assert_eq!(detail.matches("in the last hour").count(), 1, "{detail}");
        let inflow = format!("dead-lettered in the last hour{expected}");
        assert!(detail.contains(&inflow), "{detail}");
    }
}

#[test]
fn status_follows_the_dead_letters_that_count() {
    let database = Database::from_fixture("main_typical");
    let (group, jobs) = largest(&database);
    let thresholds = "[context.c.thresholds]\ndead = {warning = 20, critical = 25}\n\
                      dead_inflow = false\ndead_trend = false\n";
    let status = |entry: String| {
        let url = database.url();
        let config = format!("{entry}\n[context.c]\ndatabase_url = '{url}'\n{thresholds}");
        let words = ["-c", "c", "queue", "-o", "json"];
        let json = Cli::new(words).file("cliplyctl.toml", config).run().json();
        let checks = json["checks"].as_array().unwrap();
        let size = checks.iter().find(|check| check["id"] == "dlq.size").unwrap();
        size["status"].as_str().unwrap().to_owned()
    };
    let expected = [
        ("no entry", String::new(), "critical"),
        ("a current entry", entry(&group, "2999-12-31", jobs), "ok"),
        ("a quoted date", entry(&group, "'2999-12-31'", jobs), "ok"),
        ("after its date", entry(&group, "2020-01-01", jobs), "critical"),
        ("beyond its number", entry(&group, "2999-12-31", jobs - 1), "critical"),
        ("of another group", entry("v2-0000000000", "2999-12-31", jobs), "critical"),
        (
            "of another context",
            entry(&group, "2999-12-31", jobs) + "context = 'other'\n",
            "critical",
        ),
    ];
    for (name, config, expected) in expected {
        assert_eq!(status(config), expected, "{name}");
    }
}

#[test]
fn more_than_ten_thousand_dead_letters_all_count() {
    let database = Database::from_fixture("main_typical");
    let (group, jobs) = largest(&database);
    let with_entry = configured(&database, entry(&group, "2999-12-31", 1_000_000));
    assert_eq!(with_entry.queue("dlq.size").0["acknowledged_jobs"], jobs);
    database.execute(
        "insert into jobs (workspace_id, kind, state, last_error)
         select (select id from workspaces limit 1), 'CLIP_RENDER', 'dead_letter', 'boom'
         from generate_series(1, 10000)",
    );
    let (data, _) = with_entry.queue("dlq.size");
    assert_eq!(data["acknowledged_jobs"], 0);
    let table = with_entry.run("-c c queue").stdout;
    let note = "acknowledged groups are not subtracted: more than 10,000 dead letters";
    assert!(table.contains(note), "{table}");
}

#[test]
fn invalid_entries_are_configuration_errors() {
    let database = Database::from_fixture("main_empty");
    let valid = entry("v2-3f9a2c1b07", "2999-12-31", 3);
    configured(&database, valid.clone()).run("-c c queue").expect_code(0);
    for (from, to) in [
        ("v2-3f9a2c1b07", "boom"),
        ("2999-12-31", "'tomorrow'"),
        ("2999-12-31", "2999-12-31T00:00:00Z"),
        ("max_jobs = 3", "max_jobs = 0"),
        ("max_jobs = 3", "max_jobs = 'all'"),
        ("max_jobs = 3\n", ""),
        ("owner = 'ann'", "owner = ''"),
        ("owner = ", "owners = "),
    ] {
        let config = valid.replace(from, to);
        for command in ["queue", "config check"] {
            let output = configured(&database, config.clone()).run(&format!("-c c {command}"));
            assert_eq!(output.code, 78, "{from} → {to}, {command}: {output:?}");
        }
    }
    let twice = format!("{valid}{valid}");
    configured(&database, twice).run("-c c queue").expect_code(78);
}

#[test]
fn ack_refuses_past_dates_and_groups_without_dead_letters() {
    let database = Database::from_fixture("main_typical");
    let (group, _) = largest(&database);
    let run = |words: &str| configured(&database, "").run(&format!("-c c dlq ack {words}"));
    run(&format!("--group {group} --expires 2020-01-01 --reason x")).expect_code(64);
    run("--group v2-0000000000 --expires 2999-01-01 --reason x").expect_code(64);
    run(&format!("--group {group} --expires soon --reason x")).expect_code(64);
    run(&format!("--group {group} --expires 2999-01-01 --reason x")).expect_code(0);
}

/// Returns `data` of `dlq groups -o json`, and the text.
fn groups(configured: &Configured<'_>, filter: &str) -> (Value, String) {
    let json = configured.run(&format!("-c c dlq groups {filter} -o json")).expect_code(0).json();
    let text = configured.run(&format!("-c c dlq groups {filter}")).expect_code(0).stdout;
    (json["data"].clone(), text)
}

#[test]
fn groups_say_who_acknowledged_them_and_until_when() {
    let database = Database::from_fixture("main_typical");
    let (group, jobs) = largest(&database);
    let expired = "ann: expired 2020-01-01".to_owned();
    let beyond = format!("ann: {jobs} jobs, at most {}", jobs - 1);
    for (name, config, holds, expected) in [
        ("current", entry(&group, "2999-12-31", jobs), true, "ann until 2999-12-31"),
        ("after its date", entry(&group, "2020-01-01", jobs), false, &expired),
        ("beyond its number", entry(&group, "2999-12-31", jobs - 1), false, &beyond),
    ] {
        let (data, text) = groups(&configured(&database, config), "");
        let marked = &data["groups"][0]["acknowledged"];
        assert_eq!(marked["owner"], "ann", "{name}: {data:#}");
        assert_eq!((&marked["holds"], &marked["jobs"]), (&holds.into(), &jobs.into()), "{name}");
        assert!(data["groups"][1]["acknowledged"].is_null(), "{name}: {data:#}");
        assert_eq!(data["acknowledged_jobs"], if holds { jobs } else { 0 }, "{name}");
        assert!(text.contains("ACKNOWLEDGED") && text.contains(expected), "{name}: {text}");
        let headline = text.lines().next().unwrap();
        let count = format!(" ({jobs} acknowledged) in 4 groups");
        assert_eq!(headline.contains(&count), holds, "{name}: {headline}");
        assert_eq!(headline.contains("in 15m, acknowledged)"), holds, "{name}: {headline}");
        // The next steps are about the largest group that needs attention.
        let next = data["groups"][usize::from(holds)]["group"].as_str().unwrap();
        assert!(text.contains(&format!("dlq requeue --group {next} --canary")), "{name}: {text}");
    }
    for (name, config) in [
        ("no entry", String::new()),
        ("another context", entry(&group, "2999-12-31", jobs) + "context = 'other'\n"),
    ] {
        let (data, text) = groups(&configured(&database, config), "");
        assert!(data["groups"][0]["acknowledged"].is_null(), "{name}: {data:#}");
        assert_eq!(data["acknowledged_jobs"], 0, "{name}");
        assert!(!text.to_lowercase().contains("acknowledged"), "{name}: {text}");
    }
}

#[test]
fn group_is_beyond_its_number_whatever_the_filter_shows() {
    let database = Database::from_fixture("main_typical");
    let (group, jobs) = largest(&database);
    let workspace = database.value("SELECT workspace_id::text FROM jobs LIMIT 1");
    let filter = format!("--workspace {workspace}");
    for (max_jobs, holds) in [(jobs - 1, false), (jobs, true)] {
        let configured = configured(&database, entry(&group, "2999-12-31", max_jobs));
        let (data, _) = groups(&configured, &filter);
        let listed = data["groups"].as_array().unwrap().iter();
        let listed = { listed }.find(|listed| listed["group"] == group).unwrap();
        let shown = listed["count"].as_u64().unwrap();
        assert!(shown < jobs, "the filter shows a part: {listed:#}");
        assert_eq!(listed["acknowledged"]["holds"], holds, "{listed:#}");
        assert_eq!(listed["acknowledged"]["jobs"], jobs, "{listed:#}");
        assert_eq!(data["acknowledged_jobs"], if holds { shown } else { 0 });
    }
}

#[test]
fn group_with_a_general_and_an_own_entry_is_subtracted_once() {
    let database = Database::from_fixture("main_typical");
    let (group, jobs) = largest(&database);
    let general = entry(&group, "2999-12-31", jobs);
    let own = entry(&group, "2999-06-30", jobs) + "context = 'c'\n";
    let both = configured(&database, format!("{general}{own}"));
    assert_eq!(both.queue("dlq.size").0["acknowledged_jobs"], jobs);
    let (data, _) = groups(&both, "");
    assert_eq!(data["acknowledged_jobs"], jobs);
    assert_eq!(data["groups"][0]["acknowledged"]["expires"], "2999-06-30", "its own entry");
}

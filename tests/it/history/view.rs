//! Tests of `history`: problem start and trends.

use std::time::Duration;

use cliplyctl::facts::Status;
use cliplyctl::facts::operation::{OperationType, Reasons};
use cliplyctl::facts::snapshot::{
    AreaLine, FailedCheck, Metric, MetricValues, OperationMarker, Snapshot, SnapshotDetail,
};
use cliplyctl::sources::files::history::{Store, SystemId};
use jiff::{SignedDuration, Timestamp};

use crate::support::cli::Cli;

const URL: &str = "postgres://u@db.example:5432/app";
const SYSTEM: SystemId<'_> = SystemId { address: "db.example:5432/app", context: None };

/// The checks that every snapshot evaluates.
const EVALUATED: [&str; 6] =
    ["app.up", "dlq.size", "queue.backlog", "queue.workers", "ready.ok", "ready.worker"];

/// Returns a snapshot from this many minutes ago in which these checks were CRITICAL.
fn snapshot_minutes_ago(minutes: i64, failed_checks: &[&str], due: f64) -> Snapshot {
    let mut metrics = MetricValues::default();
    metrics.exact(Metric::Due, Some(due));
    metrics.exact(Metric::OldestDue, Some(due * 60.0));
    let failed_check = |check: &&str| FailedCheck {
        check: (*check).to_owned(),
        status: Status::Critical,
        message: String::new(),
    };
    let areas = ["app up?", "ready?", "queue?", "dead letters?", "access?"];
    let area =
        |name: &str| AreaLine { area: name.to_owned(), status: "ok".into(), detail: String::new() };
    Snapshot {
        at: ago(minutes),
        took: Duration::from_millis(5),
        status: if failed_checks.is_empty() { Status::Ok } else { Status::Critical },
        section: (!failed_checks.is_empty()).then(|| "3.3".to_owned()),
        failed_checks: failed_checks.iter().map(failed_check).collect(),
        evaluated: EVALUATED.map(str::to_owned).to_vec(),
        server_time: None,
        server: None,
        metrics,
        detail: SnapshotDetail { areas: areas.map(area).to_vec(), ..SnapshotDetail::default() },
    }
}

fn ago(minutes: i64) -> Timestamp {
    Timestamp::now().saturating_sub(SignedDuration::from_mins(minutes)).unwrap()
}

/// Returns a `history` command with these arguments and snapshots.
fn history(args: &str, snapshots: &[Snapshot]) -> Cli {
    let args = format!("history {args} --database-url {URL}");
    let cli = Cli::new(args.split_whitespace());
    let state = cli.home().join(".local/state/cliplyctl");
    let mut store = Store::open(Some(&state)).unwrap();
    let marker = OperationMarker {
        operation: "rq-20260131T040000Z-e1-9f".into(),
        operation_type: OperationType::Requeue,
        who: "ada@desk".into(),
        reasons: Reasons { first: Some("the disk was full".into()), resumes: vec![] },
        at: ago(60),
        jobs: 120,
    };
    for snapshot in snapshots {
        store
            .append(SYSTEM, snapshot, std::slice::from_ref(&marker), Duration::from_hours(720))
            .unwrap();
    }
    cli
}

/// Returns ten hours of snapshots every 30 minutes, with a gap from 5 h to 3 h ago and a problem for the
/// last 2 h.
fn incident() -> Vec<Snapshot> {
    let times = (0..20).map(|n| 600 - n * 30).filter(|minutes| !(181..300).contains(minutes));
    let failed_checks = |minutes: i64| match minutes {
        ..=60 => vec!["queue.workers", "ready.worker"],
        61..=120 => vec!["queue.workers"],
        _ => vec![],
    };
    times
        .map(|m| {
            snapshot_minutes_ago(m, &failed_checks(m), if m > 120 { 3.0 } else { 200.0 - m as f64 })
        })
        .collect()
}

#[test]
fn problem_start_is_stated_in_one_line() {
    let output = history("--since 12h", &incident()).run().expect_code(0);
    let line = output.stdout.lines().find(|line| line.contains("Problem start")).unwrap();
    assert!(line.contains(" (2h 00m ago): "), "{line}");
    assert!(line.contains("queue.workers CRITICAL, last OK "), "{line}");
    assert!(line.contains("; then ready.worker (+1h 00m)"), "{line}");
}

#[test]
fn timeline_shows_gaps_and_requeue_markers() {
    let output = history("--since 12h", &incident()).run().expect_code(0);
    let row = |name: &str| {
        let found = output.stdout.lines().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("no {name}: {}", output.stdout)).to_owned()
    };
    let timeline = row("Queue");
    // OK, a gap of two hours, then CRITICAL.
    let tail: String =
        timeline.chars().rev().take(48).collect::<Vec<_>>().into_iter().rev().collect();
    assert!(tail.starts_with("····"), "{tail:?}");
    assert!(tail.contains("·      ") && tail.ends_with("CCCCCCCC"), "{tail:?}");
    assert!(row("due").contains('█'), "{}", output.stdout);
    assert!(row("Operations").ends_with('R'), "{}", output.stdout);
    assert!(output.stdout.contains("ada@desk requeued 120 jobs"), "{}", output.stdout);
    assert!(output.stdout.contains("not recorded for 2h 00m from"), "{}", output.stdout);
}

#[test]
fn json_and_csv_contain_the_table_data() {
    let json = history("--since 12h -o json", &incident()).run().expect_code(0).json();
    let data = &json["data"];
    assert_eq!(data["troubles"][0]["check"], "queue.workers");
    assert_eq!(data["gaps"].as_array().unwrap().len(), 1);
    assert_eq!(data["operations"][0]["jobs"], 120);
    let areas = data["steps"].as_array().unwrap();
    assert_eq!(areas.len(), 48);
    let gap = areas.iter().find(|area| area["status"].is_null()).unwrap();
    assert!(gap.get("figures").is_none(), "{gap}");
    assert_eq!(areas[47]["questions"]["queue"], "critical");
    assert_eq!(areas[47]["figures"]["due"]["last"], 170);
    assert!(areas[47]["figures"]["dead"].is_null(), "not read is not zero");

    let csv = history("--since 12h -o csv", &incident()).run().expect_code(0).stdout;
    let lines: Vec<_> = csv.lines().collect();
    assert!(lines[0].starts_with("at,status,section,not_ok,due,oldest_due,"), "{csv}");
    assert_eq!(lines.len(), 1 + incident().len());
    assert!(lines[1].ends_with(",ok,,,3,180,,,,,,,,,,") && lines[1].contains("Z,"), "{}", lines[1]);
}

#[test]
fn problem_before_the_range_is_traced_to_its_start() {
    let output = history("--since 45m", &incident()).run().expect_code(0);
    let line = output.stdout.lines().find(|line| line.contains("Problem start ")).unwrap();
    assert!(line.contains(" (2h 00m ago): "), "{line}");
    let always: Vec<_> =
        (1..5).rev().map(|n| snapshot_minutes_ago(n * 30, &["app.up"], 0.0)).collect();
    let output = history("--since 45m", &always).run().expect_code(0);
    assert!(output.stdout.contains("Problem start unknown: "), "{output:?}");
}

#[test]
fn stopped_recorder_is_reported() {
    let snapshots: Vec<_> =
        (20..26).rev().map(|n| snapshot_minutes_ago(n * 10, &[], 1.0)).collect();
    let output = history("--since 6h", &snapshots).run().expect_code(0);
    assert!(output.stdout.contains("OK in all snapshots, the last one 3h 20m ago"), "{output:?}");
    assert!(output.stdout.contains("not recorded since"), "{output:?}");
}

#[test]
fn timeline_starts_with_the_first_snapshot() {
    let snapshots: Vec<_> = (0..15).rev().map(|n| snapshot_minutes_ago(n * 2, &[], 1.0)).collect();
    let json = history("-o json", &snapshots).run().expect_code(0).json();
    let from: Timestamp = json["data"]["from"].as_str().unwrap().parse().unwrap();
    assert!(from.duration_since(ago(28)).as_secs().abs() < 60, "{from}");
    let areas = json["data"]["steps"].as_array().unwrap();
    assert!(areas.iter().all(|area| area["status"] == "ok"), "no blank day before it: {json:#}");
    let output = history("", &snapshots).run().expect_code(0);
    assert!(output.stdout.contains("no older snapshots exist"), "{output:?}");
    // The problem is older than the range, so it starts with the range.
    let output = history("--since 10m", &snapshots).run().expect_code(0);
    assert!(!output.stdout.contains("no older snapshots exist"), "{output:?}");
}

#[test]
fn history_without_snapshots_exits_3() {
    let mut cli = Cli::new(["history", "--database-url", URL]);
    let output = cli.run().expect_code(3);
    assert!(output.stderr.contains("no snapshots of db.example:5432/app"), "{output:?}");
    // Another system has a snapshot.
    let other = ["history", "--database-url", "postgres://u@elsewhere:5432/app"];
    let recorded = history("", &incident());
    let state = recorded.home().join(".local/state");
    let output = Cli::new(other).env("XDG_STATE_HOME", state).run().expect_code(3);
    assert!(output.stderr.contains("recorded were: db.example:5432/app"), "{output:?}");
}

#[test]
fn html_page_is_complete_and_self_contained() {
    let mut cli = history("--since 12h --html page.html", &incident());
    let output = cli.run().expect_code(0);
    assert!(output.stdout.contains("wrote page.html"), "{output:?}");
    let page = std::fs::read_to_string(cli.home().join("page.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"), "{page}");
    let line = page.lines().find(|line| line.contains("Problem start ")).unwrap();
    assert!(line.contains(" (2h 00m ago): "), "{line}");
    for absent in ["http://", "https://", "<script", "src=", "@import", "url(", "NaN"] {
        assert!(!page.contains(absent), "{absent}");
    }
    // The labels of the areas, not the names under which they are stored.
    for area in ["App", "Readiness", "Queue", "Dead letters", "Access"] {
        assert!(page.contains(&format!("<figcaption><b>{area}</b>")), "{area}: {page}");
    }
    // Each chart has a text description.
    let charts = page.matches("<svg").count();
    assert!(charts >= 7 && page.matches("aria-label=\"").count() == charts, "{page}");
    assert_eq!(page.matches("class=\"mark\"").count(), 2, "the requeue in each of two charts");
    let mut unwritable = history("--html no/such/page.html", &incident());
    unwritable.run().expect_code(78);
}

#[test]
fn timeline_lines_never_wrap() {
    for columns in [80, 100, 140] {
        let snapshots = incident();
        let mut terminal = history("--since 12h", &snapshots).terminal(40, columns);
        assert_eq!(terminal.finish(), 0);
        let screen = terminal.screen();
        let row = |name: &str| screen.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(row("Queue").trim_end().ends_with('C'), "{screen}");
        assert!(row("oldest due").trim_end().ends_with('█'), "{screen}");
    }
}

/// Returns a snapshot every minute until this many minutes ago.
fn every_minute_until(minutes: i64) -> Vec<Snapshot> {
    (0..30).map(|n| snapshot_minutes_ago(minutes + 30 - n, &[], 3.0)).collect()
}

#[test]
fn overdue_snapshot_makes_the_status_unknown() {
    let stopped = history("-o json", &every_minute_until(1_200)).run().expect_code(0).json();
    assert_eq!(stopped["data"]["status"], "unknown", "{stopped:#}");
    let started = stopped["data"]["started"].as_str().unwrap();
    assert!(started.starts_with("no snapshot for 20h"), "{started}");
    assert!(started.contains("as of") && started.contains("OK in all snapshots"), "{started}");
    let mut page = history("--html page.html", &every_minute_until(1_200));
    page.run().expect_code(0);
    let text = std::fs::read_to_string(page.home().join("page.html")).unwrap();
    let started = text.lines().find(|line| line.contains("no snapshot for"));
    assert!(started.is_some_and(|line| line.contains("OK in all snapshots")), "{started:?}");
    // The healthy counterpart: the recorder runs.
    let running = history("-o json", &every_minute_until(0)).run().expect_code(0).json();
    assert_eq!(running["data"]["status"], "ok", "{running:#}");
    assert!(
        !running["data"]["started"].as_str().unwrap().contains("no snapshot for"),
        "{running:#}"
    );
}

#[test]
fn lower_bound_stays_one_in_every_format() {
    let with_bound = |args: &str| {
        let cli = history(args, &every_minute_until(0));
        let store = cli.home().join(".local/state/cliplyctl/history.db");
        let store = rusqlite::Connection::open(store).unwrap();
        store.execute("UPDATE snapshots SET due = 10001, at_least = 1", []).unwrap();
        cli
    };
    let table = with_bound("").run().expect_code(0).stdout;
    assert!(table.contains("≥ 10,001"), "{table}");
    let csv = with_bound("-o csv").run().expect_code(0).stdout;
    let (head, last) = (csv.lines().next().unwrap(), csv.lines().last().unwrap());
    assert!(head.ends_with(",at_least") && last.ends_with(",due"), "{head}\n{last}");
    let exact = history("-o csv", &every_minute_until(0)).run().expect_code(0).stdout;
    assert!(exact.lines().last().unwrap().ends_with(','), "{exact}");
    let mut page = with_bound("--html page.html -o csv");
    let rows = page.run().expect_code(0).stdout;
    assert_eq!(rows.lines().count(), 31, "{rows}");
    let text = std::fs::read_to_string(page.home().join("page.html")).unwrap();
    assert!(text.contains("≥ 10,001"), "{text}");
}

#[test]
fn metric_missing_in_the_latest_snapshot_is_not_shown_as_now() {
    let mut snapshots = every_minute_until(0);
    snapshots.last_mut().unwrap().metrics = MetricValues::default();
    let table = history("", &snapshots).run().expect_code(0).stdout;
    let due = |table: &str| table.lines().find(|line| line.starts_with("due ")).unwrap().to_owned();
    assert_eq!(due(&table).split_whitespace().nth(1), Some("-"), "{table}");
    let json = history("-o json", &snapshots).run().expect_code(0).json();
    let steps = json["data"]["steps"].as_array().unwrap();
    let last = steps.iter().rev().find(|step| step["snapshots"] != 0).unwrap();
    assert_eq!(last["questions"]["environment"], serde_json::Value::Null, "{last:#}");
    // The healthy counterpart.
    let table = history("", &every_minute_until(0)).run().expect_code(0).stdout;
    assert_eq!(due(&table).split_whitespace().nth(1), Some("3"), "{table}");
}

#[test]
fn since_in_the_future_is_a_usage_error_in_every_format() {
    for format in ["table", "json", "csv"] {
        let args = format!("--since 2999-01-01T00:00:00Z -o {format}");
        history(&args, &every_minute_until(0)).run().expect_code(64);
    }
}

#[test]
fn page_is_written_beside_rows_and_to_stdout() {
    let mut both = history("--html page.html -o csv", &incident());
    let output = both.run().expect_code(0);
    assert!(output.stdout.starts_with("at,status,"), "{output:?}");
    let page = std::fs::read_to_string(both.home().join("page.html")).unwrap();
    assert!(page.starts_with("<!doctype html>"), "{page}");

    let mut stdout = history("--html -", &incident());
    let output = stdout.run().expect_code(0);
    assert!(output.stdout.starts_with("<!doctype html>"), "{output:?}");
    assert!(output.stderr.contains("wrote stdout"), "{output:?}");
    assert!(!stdout.home().join("-").exists());
    let output = history("--html - -o csv", &incident()).run().expect_code(64);
    assert_eq!(output.stdout, "");
}

#[test]
fn unchecked_area_is_not_ok() {
    let report = history("-o json", &incident()).run().expect_code(0).json();
    let steps = report["data"]["steps"].as_array().unwrap();
    let recorded: Vec<_> = steps.iter().filter(|step| step["snapshots"] != 0).collect();
    assert!(!recorded.is_empty());
    for step in recorded {
        assert_eq!(step["questions"]["environment"], serde_json::Value::Null, "{step}");
        // The healthy counterpart: an area whose check was evaluated.
        assert_eq!(step["questions"]["app up"], "ok", "{step}");
    }
    let table = history("", &incident()).run().expect_code(0).stdout;
    assert!(table.contains("App ") && !table.contains("Environment"), "{table}");
}

#[test]
fn page_shows_axes_of_changing_and_text_of_constant_metrics() {
    let page = |snapshots: &[Snapshot]| {
        let mut cli = history("--html page.html", snapshots);
        cli.run().expect_code(0);
        std::fs::read_to_string(cli.home().join("page.html")).unwrap()
    };
    let changing = page(&incident());
    assert!(changing.contains("<div class=\"scale\"") && changing.contains("<span>170</span>"));
    assert!(!changing.contains("Unchanged in all snapshots: due"), "{changing}");
    let constant = page(&every_minute_until(0));
    assert!(constant.contains("Unchanged in all snapshots: due 3"), "{constant}");
    assert!(!constant.contains("<b>due</b>"), "{constant}");
}

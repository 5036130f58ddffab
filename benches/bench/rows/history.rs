//! The history store.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

use crate::Result;
use crate::bench::Bench;
use crate::measure::in_turns;
use crate::report::Section;

const DAY: i64 = 86_400_000;

pub fn run(bench: &mut Bench) -> Result<Section> {
    let snapshots = if bench.options.short { 20_000 } else { 1_000_000 };
    let state = bench.scratch().join("history");
    let command = |args: &str| {
        // A port without a listener: `history` only reads the store.
        bench
            .tool(args)
            .env("XDG_STATE_HOME", &state)
            .env("DATABASE_URL", "postgres://bench@127.0.0.1:1/app")
    };
    command("record").codes(&[0, 1, 2, 3]).answer()?; // creates the store and the system
    let store = state.join("cliplyctl/history.db");
    fill(&store, snapshots)?;
    let page = state.join("page.html");
    let day = command("history --since 24h");
    let json = command("history --since 24h -o json");
    let html = command("history --since 24h --html").args([page.as_os_str()]);
    let week = command("history --since 7d");
    html.answer()?;
    fs::metadata(&page).map_err(|error| format!("there is no page: {error}"))?;
    let [day, json, html, week] = in_turns([&day, &json, &html, &week], bench.options.runs())?;
    let mut section = Section::default();
    let size =
        if snapshots >= 1_000_000 { "1 M".to_owned() } else { format!("{} k", snapshots / 1_000) };
    section.at_most(format!("{size} snapshots: {}", day.name), "ms", day.median, 100.0);
    let megabytes = fs::metadata(&store)?.len() as f64 / 1e6;
    section.notes.push(format!("The store is {megabytes:.0} MB"));
    section.lines(&size, [day, json, html, week]);
    Ok(section)
}

/// Writes snapshots of 30 days with a problem in the last 43 minutes and a recurring warning.
fn fill(store: &Path, snapshots: i64) -> Result<()> {
    let mut db = Connection::open(store)?;
    let system_id: i64 = db.query_row("select id from places", [], |row| row.get(0))?;
    let now = jiff::Timestamp::now().as_millisecond();
    let tx = db.transaction()?;
    tx.execute_batch("delete from details; delete from snapshots")?;
    let mut snapshot = tx.prepare("insert into snapshots values (?, ?, ?, 20, ?, ?, ?, 0, ?, ?, 6, 7, 0, 1, ?, ?, 30.5, 8, 2.5, (select max(id) from check_sets))")?;
    let mut details = tx.prepare("insert into details values (?, ?)")?;
    let detail = detail();
    for n in 0..snapshots {
        let at = now - 30 * DAY + n * 30 * DAY / snapshots;
        let (failed_checks, status) = if at > now - 43 * 60_000 {
            ("queue.oldest_due:2 queue.backlog:2 ready.worker:2", 2)
        } else if at / 3_600_000 % 5 == 0 {
            ("dlq.size:1", 1)
        } else {
            ("", 0)
        };
        let section = (status > 0).then_some("3.3");
        let values = [n % 300, n % 900, 120 + n % 40, n % 12].map(|json_number| json_number as f64);
        let [due, oldest, dead, died] = values;
        snapshot.execute(params![
            n + 2,
            system_id,
            at,
            status,
            section,
            failed_checks,
            due,
            oldest,
            dead,
            died
        ])?;
        details.execute(params![n + 2, detail])?;
    }
    drop((snapshot, details));
    Ok(tx.commit()?)
}

/// Returns a snapshot detail of a typical size.
fn detail() -> String {
    let area = serde_json::json!({"area": "queue?", "status": "critical", "detail": "the oldest waits ".repeat(8)});
    let kind = serde_json::json!({"kind": "CLIP_RENDER", "due": 1, "oldest_due": 2.0, "claimed": 3, "dead": 4});
    serde_json::json!({"areas": vec![area; 5], "kinds": vec![kind; 7], "causes": []}).to_string()
}

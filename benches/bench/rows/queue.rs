//! `queue` on growing tables.

use super::{figure, same};
use crate::Result;
use crate::bench::Bench;
use crate::measure::{Figures, in_turns};
use crate::options::Size;
use crate::report::Section;

const GROUPED: &str = "select state, kind, count(*) from jobs group by state, kind";
/// Exit codes of `queue`, which depend on the backlog.
const JUDGED: [i32; 3] = [0, 1, 2];

pub fn run(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    let mut advised = Vec::new();
    for size in bench.options.sizes() {
        let database = bench.jobs(size)?;
        without_indexes(bench, &mut section, &database, size)?;
        let indexes = advised_indexes(bench, &database)?;
        for index in &indexes {
            bench.sql(&database, index)?;
        }
        bench.sql(&database, "vacuum analyze jobs")?;
        let measured = with_indexes(bench, &mut section, &database, size);
        // Other rows measure the table without these indexes.
        for index in &indexes {
            let name = index.split_whitespace().nth(2).ok_or("an index without a name")?;
            bench.sql(&database, &format!("drop index {name}"))?;
        }
        advised.push((size, measured?));
    }
    flat(&mut section, &advised);
    Ok(section)
}

fn without_indexes(
    bench: &mut Bench,
    section: &mut Section,
    database: &str,
    size: Size,
) -> Result<()> {
    let ours = bench.tool_on(database, "queue")?.codes(&JUDGED).named("queue, as migrated");
    let theirs = bench.psql_on(database, "psql: GROUP BY state, kind", GROUPED)?;
    let [ours, theirs] = in_turns([&ours, &theirs], bench.options.runs())?;
    section.no_slower(size.label(), &ours, &theirs);
    let what =
        format!("{}: as migrated, the slowest run; the scan's budget and 50 ms", size.label());
    section.at_most(what, "ms", ours.max, 1_050.0);
    section.lines(&size.label(), [ours, theirs]);
    Ok(())
}

/// Returns the statements of `queue --advise` without CONCURRENTLY, which is not needed here.
fn advised_indexes(bench: &mut Bench, database: &str) -> Result<Vec<String>> {
    let report = bench.tool_on(database, "queue --advise -o json")?.answer()?;
    let value: serde_json::Value = serde_json::from_str(&report)?;
    let indexes = value["data"]["indexes"].as_array().ok_or("no advice")?;
    let statements = indexes.iter().filter_map(|index| index["sql"].as_str());
    Ok(statements.map(|sql| sql.replacen(" concurrently", "", 1)).collect())
}

fn with_indexes(
    bench: &mut Bench,
    section: &mut Section,
    database: &str,
    size: Size,
) -> Result<Figures> {
    let ours =
        bench.tool_on(database, "queue")?.codes(&JUDGED).named("queue, with the advised indexes");
    exact(&ours.clone().args(["-o", "json"]).answer()?, size)?;
    let theirs = bench.psql_on(database, "psql: GROUP BY state, kind", GROUPED)?;
    let floor = bench.floor_on(database)?;
    let [ours, theirs, floor] = in_turns([&ours, &theirs, &floor], bench.options.runs())?;
    if size.rows == 5_000_000 {
        let faster = theirs.median / ours.median;
        section.at_least("5 M: GROUP BY / queue with the advised indexes", "×", faster, 20.0);
    }
    section.lines(&size.label(), [ours.clone(), theirs, floor]);
    Ok(ours)
}

/// Fails unless the report has the exact counts of this size.
fn exact(report: &str, size: Size) -> Result<()> {
    let value: serde_json::Value = serde_json::from_str(report)?;
    for name in ["due", "scheduled", "in_progress", "failed", "dead"] {
        if value["data"][name]["count"] != "exact" && value["data"][name]["precision"] != "exact" {
            return Err(format!("{name} is not exact: {}", value["data"][name]).into());
        }
    }
    let of = |name: &str| figure(report, &format!("/data/{name}/value"));
    same("waiting", of("due")? + of("scheduled")?, size.waiting as f64)?;
    same("in progress", of("in_progress")?, size.running as f64)?;
    same("dead", of("dead")?, size.dead as f64)
}

/// Adds the target that the time does not grow with the number of finished jobs.
fn flat(section: &mut Section, advised: &[(Size, Figures)]) {
    let alike = |size: &Size| size.dead == 125_000;
    let first = advised.iter().find(|(size, _)| alike(size));
    for (size, figures) in advised.iter().filter(|(size, _)| alike(size)).skip(1) {
        let Some((smallest, base)) = first else { return };
        let what = format!("with the advised indexes, {} / {}", size.label(), smallest.label());
        section.at_most(what, "×", figures.median / base.median, 1.3);
    }
}

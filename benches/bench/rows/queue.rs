//! `queue` on growing tables.

use super::{ensure_equal, json_number};
use crate::Result;
use crate::bench::Bench;
use crate::chart::{Axis, Point};
use crate::measure::{Measurement, in_turns};
use crate::options::Size;
use crate::report::Section;

const GROUPED: &str = "select state, kind, count(*) from jobs group by state, kind";
/// Exit codes of `queue`, which depend on the backlog.
const STATUS_CODES: [i32; 3] = [0, 1, 2];

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
    add_growth_target(&mut section, &advised);
    Ok(section)
}

fn without_indexes(
    bench: &mut Bench,
    section: &mut Section,
    database: &str,
    size: Size,
) -> Result<()> {
    let cliplyctl =
        bench.tool_on(database, "queue")?.codes(&STATUS_CODES).named("queue, as migrated");
    let reference = bench.psql_on(database, "psql: GROUP BY state, kind", GROUPED)?;
    let [cliplyctl, reference] = in_turns([&cliplyctl, &reference], bench.options.runs())?;
    section.not_slower(size.label(), &cliplyctl, &reference);
    let name =
        format!("{}: as migrated, the slowest run; the scan's budget and 50 ms", size.label());
    section.at_most(name, "ms", cliplyctl.max, 1_050.0);
    section.growth.push(Point::new("queue", Axis::Jobs, size.rows as f64, &cliplyctl));
    section.lines(&size.label(), [cliplyctl, reference]);
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
) -> Result<Measurement> {
    let cliplyctl = bench
        .tool_on(database, "queue")?
        .codes(&STATUS_CODES)
        .named("queue, with the advised indexes");
    ensure_exact(&cliplyctl.clone().args(["-o", "json"]).answer()?, size)?;
    let reference = bench.psql_on(database, "psql: GROUP BY state, kind", GROUPED)?;
    let baseline = bench.baseline_on(database)?;
    let [cliplyctl, reference, baseline] =
        in_turns([&cliplyctl, &reference, &baseline], bench.options.runs())?;
    if size.rows == 5_000_000 {
        let faster = reference.median / cliplyctl.median;
        section.at_least("5 M: GROUP BY / queue with the advised indexes", "×", faster, 20.0);
    }
    section.lines(&size.label(), [cliplyctl.clone(), reference, baseline]);
    Ok(cliplyctl)
}

/// Fails unless the report has the exact counts of this size.
fn ensure_exact(report: &str, size: Size) -> Result<()> {
    let value: serde_json::Value = serde_json::from_str(report)?;
    for name in ["due", "scheduled", "claimed", "failed", "dead"] {
        if value["data"][name]["count"] != "exact" && value["data"][name]["precision"] != "exact" {
            return Err(format!("{name} is not exact: {}", value["data"][name]).into());
        }
    }
    let value_of = |name: &str| json_number(report, &format!("/data/{name}/value"));
    ensure_equal("waiting", value_of("due")? + value_of("scheduled")?, size.queued as f64)?;
    ensure_equal("claimed", value_of("claimed")?, size.running as f64)?;
    ensure_equal("dead", value_of("dead")?, size.dead as f64)
}

/// Adds the target that the time does not grow with the number of finished jobs.
fn add_growth_target(section: &mut Section, advised: &[(Size, Measurement)]) {
    let has_same_backlog = |size: &Size| size.dead == 125_000;
    let first = advised.iter().find(|(size, _)| has_same_backlog(size));
    for (size, measurement) in advised.iter().filter(|(size, _)| has_same_backlog(size)).skip(1) {
        let Some((smallest, base)) = first else { return };
        let name = format!("with the advised indexes, {} / {}", size.label(), smallest.label());
        section.at_most(name, "×", measurement.median / base.median, 1.3);
    }
}

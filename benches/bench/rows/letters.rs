//! The desk of dead letters.

use super::{figure, same};
use crate::Result;
use crate::bench::Bench;
use crate::measure::in_turns;
use crate::report::Section;

const PAGE: &str = "select id, kind, attempts, max_attempts, left(last_error, 200), updated_at from jobs \
     where state = 'dead_letter' order by updated_at desc, id desc limit 51";
const TOTAL: &str =
    "select count(*) from (select from jobs where state = 'dead_letter' limit 10001) as capped";
const COLUMNS: &str = "select last_error, error from jobs where state = 'dead_letter'";

pub fn list(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    for size in bench.options.sizes() {
        let database = bench.jobs(size)?;
        let ours = bench.tool_on(&database, "dlq list")?;
        let both = bench.psql_on(&database, "psql: page and total", &format!("{PAGE}; {TOTAL}"))?;
        let page = bench.psql_on(&database, "psql: page alone", PAGE)?;
        let floor = bench.floor_on(&database)?;
        let report = ours.clone().args(["-o", "json"]).answer()?;
        let total = figure(&report, "/data/total/value")?;
        let capped: f64 = bench.sql(&database, TOTAL)?.parse()?;
        same("the total", total, capped.min(10_000.0))?; // above that it reads "at least"
        let [ours, both, page, floor] =
            in_turns([&ours, &both, &page, &floor], bench.options.runs())?;
        section.no_slower(size.label(), &ours, &both);
        section.lines(&size.label(), [ours, both, page, floor]);
    }
    Ok(section)
}

pub fn groups(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    for size in bench.options.sizes() {
        let database = bench.jobs(size)?;
        let ours = bench.tool_on(&database, "dlq groups")?;
        let file = bench.scratch().join("copied");
        let copy = format!("\\copy ({COLUMNS}) to '{}'", file.display());
        let theirs = bench.psql_on(&database, "psql: \\copy", &copy)?;
        let floor = bench.floor_on(&database)?;
        let report = ours.clone().args(["-o", "json"]).answer()?;
        let value: serde_json::Value = serde_json::from_str(&report)?;
        let groups = value["data"]["groups"].as_array().ok_or("no groups")?;
        let counted: f64 = groups.iter().filter_map(|group| group["count"].as_f64()).sum();
        same("dead letters in groups", counted, size.dead as f64)?;
        let [ours, theirs, floor] = in_turns([&ours, &theirs, &floor], bench.options.runs())?;
        let ratio = ours.median / theirs.median;
        section.at_most(format!("{}: dlq groups / \\copy", size.label()), "×", ratio, 1.5);
        section.at_most(format!("{}: peak memory", size.label()), "MB", ours.peak, 64.0);
        section.lines(&size.label(), [ours, theirs, floor]);
    }
    Ok(section)
}

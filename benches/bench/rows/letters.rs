//! The dead-letter views.

use super::{ensure_equal, json_number};
use crate::Result;
use crate::bench::Bench;
use crate::chart::{Axis, Point};
use crate::measure::in_turns;
use crate::report::Section;

/// The query that a person would type.
const PAGE: &str = "select id, kind, attempts, max_attempts, left(last_error, 200), updated_at from jobs \
     where state = 'dead_letter' order by updated_at desc, id desc limit 51";
const TOTAL: &str =
    "select count(*) from (select from jobs where state = 'dead_letter' limit 10001) as capped";
const COLUMNS: &str = "select last_error, error from jobs where state = 'dead_letter'";

pub fn list(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    for size in bench.options.sizes() {
        let database = bench.jobs(size)?;
        let cliplyctl = bench.tool_on(&database, "dlq list")?;
        let same = bench.reading_statements(&database, &cliplyctl)?.join("; ");
        let same = bench.psql_on(&database, "psql: the statements of the tool", &same)?;
        let typed = format!("{PAGE}; {TOTAL}");
        let typed = bench.psql_on(&database, "psql: page and total, short statements", &typed)?;
        let baseline = bench.baseline_on(&database)?;
        let report = cliplyctl.clone().args(["-o", "json"]).answer()?;
        let total = json_number(&report, "/data/total/value")?;
        let capped: f64 = bench.sql(&database, TOTAL)?.parse()?;
        super::ensure_equal("the total", total, capped.min(10_000.0))?; // above that, the count is a lower bound
        // The difference is smaller than the noise of a few runs. Measured in pairs, because several psql
        // in turn would fill the caches for each other more often than for cliplyctl.
        let runs = bench.options.runs() * 15;
        let mut newest = None;
        for reference in [same, typed] {
            let [cliplyctl, reference] = in_turns([&cliplyctl, &reference], runs)?;
            section.not_slower(size.label(), &cliplyctl, &reference);
            newest = Some(Point::new("dlq list", Axis::Jobs, size.rows as f64, &cliplyctl));
            section.lines(&size.label(), [cliplyctl, reference]);
        }
        section.growth.extend(newest);
        let [baseline] = in_turns([&baseline], runs)?;
        section.lines(&size.label(), [baseline]);
    }
    Ok(section)
}

pub fn groups(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    for size in bench.options.sizes() {
        let database = bench.jobs(size)?;
        let cliplyctl = bench.tool_on(&database, "dlq groups")?;
        let file = bench.scratch().join("copied");
        let copy = format!("\\copy ({COLUMNS}) to '{}'", file.display());
        let reference = bench.psql_on(&database, "psql: \\copy", &copy)?;
        let baseline = bench.baseline_on(&database)?;
        let report = cliplyctl.clone().args(["-o", "json"]).answer()?;
        let value: serde_json::Value = serde_json::from_str(&report)?;
        let groups = value["data"]["groups"].as_array().ok_or("no groups")?;
        let counted: f64 = groups.iter().filter_map(|group| group["count"].as_f64()).sum();
        ensure_equal("dead letters in groups", counted, size.dead as f64)?;
        let [cliplyctl, reference, baseline] =
            in_turns([&cliplyctl, &reference, &baseline], bench.options.runs())?;
        let ratio = cliplyctl.median / reference.median;
        section.at_most(format!("{}: dlq groups / \\copy", size.label()), "×", ratio, 1.5);
        section.at_most(format!("{}: peak memory", size.label()), "MB", cliplyctl.peak, 64.0);
        section.growth.push(Point::new("dlq groups", Axis::Jobs, size.rows as f64, &cliplyctl));
        section.lines(&size.label(), [cliplyctl, reference, baseline]);
    }
    Ok(section)
}

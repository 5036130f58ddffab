//! The dead-letter views.

use super::{figure, same};
use crate::Result;
use crate::bench::Bench;
use crate::measure::in_turns;
use crate::report::Section;

/// The query that a person would type.
const PAGE: &str = "select id, kind, attempts, max_attempts, left(last_error, 200), updated_at from jobs \
     where state = 'dead_letter' order by updated_at desc, id desc limit 51";
const TOTAL: &str =
    "select count(*) from (select from jobs where state = 'dead_letter' limit 10001) as capped";
/// The statements of `dlq list` on this schema.
const SAME_PAGE: &str = r#"select id::text as id, "kind"::text as kind, "workspace_id"::text as workspace,
     "attempts"::bigint as attempts, "max_attempts"::bigint as max_attempts,
     left(coalesce(nullif(btrim("last_error"::text), ''), nullif(btrim("error" ->> 'message'), ''),
                   nullif("error" #>> '{}', '')), 2000) as error,
     left("error" ->> 'failed_at', 64) as failed_at, ("updated_at")::timestamptz as changed_at, now() as now_at
     from public.jobs where "state" = 'dead_letter' order by "updated_at" desc, id desc limit 51"#;
const SAME_TOTAL: &str = r#"select count(*) as n from
     (select from public.jobs where "state" = 'dead_letter' limit 10001) as capped"#;
const COLUMNS: &str = "select last_error, error from jobs where state = 'dead_letter'";

pub fn list(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    for size in bench.options.sizes() {
        let database = bench.jobs(size)?;
        let ours = bench.tool_on(&database, "dlq list")?;
        let same = format!("{SAME_PAGE}; {SAME_TOTAL}");
        let same = bench.psql_on(&database, "psql: the same two statements", &same)?;
        let typed = format!("{PAGE}; {TOTAL}");
        let typed = bench.psql_on(&database, "psql: page and total, as typed by hand", &typed)?;
        let floor = bench.floor_on(&database)?;
        let report = ours.clone().args(["-o", "json"]).answer()?;
        let total = figure(&report, "/data/total/value")?;
        let capped: f64 = bench.sql(&database, TOTAL)?.parse()?;
        super::same("the total", total, capped.min(10_000.0))?; // above that, the count is a lower bound
        // The difference is smaller than the noise of a few runs. Measured in pairs, because several psql in turn
        // would fill the caches for each other more often than for cliplyctl.
        let runs = bench.options.runs() * 15;
        for theirs in [same, typed] {
            let [ours, theirs] = in_turns([&ours, &theirs], runs)?;
            section.no_slower(size.label(), &ours, &theirs);
            section.lines(&size.label(), [ours, theirs]);
        }
        let [floor] = in_turns([&floor], runs)?;
        section.lines(&size.label(), [floor]);
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

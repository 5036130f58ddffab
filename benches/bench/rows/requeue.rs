//! Writing: as fast as one statement by hand, and nobody waits for it.

use std::process::Stdio;

use super::same;
use crate::Result;
use crate::bench::Bench;
use crate::measure::{Figures, quantile};
use crate::options::Size;
use crate::report::Section;

const COPY: &str = "requeue_copy";

/// What the worker's helper writes, and one event a job, in one transaction.
const BY_HAND: &str = r#"with requeued as (
  update jobs set state = 'queued', attempts = 0, run_at = now(), locked_at = null, locked_by = null,
                  heartbeat_at = null, updated_at = now()
   where state = 'dead_letter' returning id)
insert into job_events (job_id, stage, data)
select id, 'enqueued', '{"reason": "requeued_from_dead_letter"}' from requeued"#;

/// Notes every millisecond how long each transaction of the tool is open, until the tool has gone: no row
/// is locked for longer.
const SAMPLER: &str = "do $$
declare idle int := 0; began boolean := false;
begin
  while idle < 2000 loop
    perform pg_stat_clear_snapshot();
    insert into held select pid, xact_start, clock_timestamp() - xact_start from pg_stat_activity
     where application_name like 'cliplyctl%' and xact_start is not null and backend_xid is not null;
    if found then idle := 0; began := true; elsif began then idle := idle + 1; end if;
    perform pg_sleep(0.001);
  end loop;
end $$";

pub fn run(bench: &mut Bench) -> Result<Section> {
    let size = bench.options.sizes()[1]; // its live jobs are those of the largest, and it copies in a second
    let template = bench.jobs(size)?;
    let by_hand = bench.psql_on(COPY, "psql: one UPDATE with its events", BY_HAND)?;
    let words = "dlq requeue --all --yes --reason bench --timeout 10m";
    let ours = bench.tool_on(COPY, words)?.named("dlq requeue --all");
    let (mut hand, mut tool, mut held) = (vec![], vec![], vec![]);
    for _ in 0..bench.options.runs() {
        fresh(bench, &template)?;
        hand.push(by_hand.sample()?);
        all_waiting(bench, size)?;
        fresh(bench, &template)?;
        bench.sql(COPY, "create unlogged table held (pid int, began timestamptz, age interval)")?;
        let sampler = bench.psql_on(COPY, "the sampler of locks", SAMPLER)?;
        let mut sampler = sampler.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        tool.push(ours.sample()?);
        sampler.wait()?;
        all_waiting(bench, size)?;
        held.extend(holds(bench)?);
    }
    bench.sql("postgres", &format!("drop database {COPY}"))?;
    let (hand, tool) = (Figures::of(&by_hand.name, &hand), Figures::of(&ours.name, &tool));
    let mut section = Section::default();
    section.at_least("rows a second beside one statement", "×", hand.median / tool.median, 0.8);
    section.at_most("a transaction is open, p99", "ms", quantile(&held, 0.99), 50.0);
    section.at_most("peak memory", "MB", tool.peak, 32.0);
    section.notes.push(format!(
        "{} dead letters: {:.0} rows/s, by hand {:.0} rows/s. Transactions of the tool: {} seen, median {:.1} ms, \
         p99 {:.1} ms, longest {:.1} ms; the one by hand holds its locks all the while",
        size.dead,
        size.dead as f64 / tool.median * 1e3,
        size.dead as f64 / hand.median * 1e3,
        held.len(),
        quantile(&held, 0.5),
        quantile(&held, 0.99),
        quantile(&held, 1.0),
    ));
    section.lines(&size.label(), [tool, hand]);
    Ok(section)
}

/// Both start from the same pages, with nothing left to write.
fn fresh(bench: &mut Bench, template: &str) -> Result<()> {
    bench.sql("postgres", &format!("drop database if exists {COPY}"))?;
    bench.sql("postgres", &format!("create database {COPY} template {template}"))?;
    bench.sql("postgres", "checkpoint").map(drop)
}

/// Every dead letter is waiting again, with one event.
fn all_waiting(bench: &mut Bench, size: Size) -> Result<()> {
    let waiting: f64 =
        bench.sql(COPY, "select count(*) from jobs where state = 'queued'")?.parse()?;
    same("waiting", waiting, (size.waiting + size.dead) as f64)?;
    let events =
        "select count(*) from job_events where data ->> 'reason' = 'requeued_from_dead_letter'";
    let events: f64 = bench.sql(COPY, events)?.parse()?;
    same("events", events, size.dead as f64)
}

/// Milliseconds that each transaction was seen open for at most.
fn holds(bench: &mut Bench) -> Result<Vec<f64>> {
    let sql = "select extract(epoch from max(age)) * 1000 from held group by pid, began";
    Ok(bench.sql(COPY, sql)?.lines().map(str::parse).collect::<std::result::Result<_, _>>()?)
}

//! Writes: compared with one SQL statement, and with short locks.

use std::process::Stdio;

use super::ensure_equal;
use crate::Result;
use crate::bench::Bench;
use crate::chart::{Axis, Point};
use crate::measure::{Measurement, quantile};
use crate::options::Size;
use crate::report::Section;

const COPY: &str = "requeue_copy";

/// The same writes as one statement: the update of the worker helper, with one event per job.
const BY_HAND: &str = r#"with requeued as (
  update jobs set state = 'queued', attempts = 0, run_at = now(), locked_at = null, locked_by = null,
                  heartbeat_at = null, updated_at = now()
   where state = 'dead_letter' returning id)
insert into job_events (job_id, stage, data)
select id, 'enqueued', '{"reason": "requeued_from_dead_letter"}' from requeued"#;

/// Records every millisecond how long each transaction of the tool is open, until the tool ends. No row is
/// locked for longer.
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

/// A requeue of all dead letters and the statement that does the same.
pub struct Requeue<'a> {
    /// Which jobs they are, for the report.
    pub label: &'a str,
    /// The database that each run starts with a copy of.
    pub template: &'a str,
    /// Its dead letters.
    pub dead: u64,
    /// The statement of a person.
    pub by_hand: &'a str,
    /// Runs of each of both.
    pub runs: usize,
}

pub fn run(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    for size in bench.options.sizes() {
        let template = bench.jobs(size)?;
        let label = size.label();
        let requeue = Requeue {
            label: &label,
            template: &template,
            dead: size.dead,
            by_hand: BY_HAND,
            runs: bench.options.runs().min(5), // copies take longer than the runs
        };
        let check = |bench: &mut Bench, _: &str| ensure_all_queued(bench, size);
        let measured = requeue_beside(bench, &requeue, &mut section, check)?;
        let (name, rows) = ("dlq requeue --all", size.rows as f64);
        section.growth.push(Point::new(name, Axis::Jobs, rows, &measured));
    }
    Ok(section)
}

/// Measures the requeue and the statement in turns, each on a fresh copy, and checks what they left. Returns the
/// measurement of the requeue.
pub fn requeue_beside(
    bench: &mut Bench,
    requeue: &Requeue,
    section: &mut Section,
    check: impl Fn(&mut Bench, &str) -> Result<()>,
) -> Result<Measurement> {
    let Requeue { label, template, dead, by_hand, runs } = requeue;
    let by_hand = bench.psql_on(COPY, "psql: one statement", by_hand)?;
    let words = "dlq requeue --all --yes --reason bench --timeout 10m";
    let cliplyctl = bench.tool_on(COPY, words)?.named("dlq requeue --all");
    let (mut statement_samples, mut tool_samples, mut durations) = (vec![], vec![], vec![]);
    for _ in 0..*runs {
        copy_template(bench, template)?;
        statement_samples.push(by_hand.sample()?);
        check(bench, COPY)?;
        copy_template(bench, template)?;
        bench.sql(COPY, "create unlogged table held (pid int, began timestamptz, age interval)")?;
        let sampler = bench.psql_on(COPY, "the sampler of locks", SAMPLER)?;
        let mut sampler = sampler.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        tool_samples.push(cliplyctl.sample()?);
        sampler.wait()?;
        check(bench, COPY)?;
        durations.extend(transaction_durations(bench)?);
    }
    bench.sql("postgres", &format!("drop database {COPY}"))?;
    let (statement_samples, tool_samples) = (
        Measurement::new(&by_hand.name, &statement_samples),
        Measurement::new(&cliplyctl.name, &tool_samples),
    );
    let ratio = statement_samples.median / tool_samples.median;
    section.at_least(format!("{label}: rows a second beside one statement"), "×", ratio, 0.8);
    let p99 = quantile(&durations, 0.99);
    section.at_most(format!("{label}: a transaction is open, p99"), "ms", p99, 50.0);
    section.at_most(format!("{label}: peak memory"), "MB", tool_samples.peak, 32.0);
    section.notes.push(format!(
        "{label}, {dead} dead letters, {runs} runs of each: {:.0} rows/s, one statement {:.0} rows/s. Transactions of the tool: {} seen, \
         median {:.1} ms, p99 {:.1} ms, longest {:.1} ms; the one statement holds its locks until it ends",
        *dead as f64 / tool_samples.median * 1e3,
        *dead as f64 / statement_samples.median * 1e3,
        durations.len(),
        quantile(&durations, 0.5),
        p99,
        quantile(&durations, 1.0),
    ));
    section.lines(label, [tool_samples.clone(), statement_samples]);
    Ok(tool_samples)
}

/// Creates a copy of the template, so that both start with the same pages and nothing left to write back.
fn copy_template(bench: &mut Bench, template: &str) -> Result<()> {
    bench.sql("postgres", &format!("drop database if exists {COPY}"))?;
    bench.sql("postgres", &format!("create database {COPY} template {template}"))?;
    bench.sql("postgres", "checkpoint").map(drop)
}

/// Fails unless every dead letter is queued again with one event.
fn ensure_all_queued(bench: &mut Bench, size: Size) -> Result<()> {
    let queued: f64 =
        bench.sql(COPY, "select count(*) from jobs where state = 'queued'")?.parse()?;
    ensure_equal("waiting", queued, (size.queued + size.dead) as f64)?;
    let events =
        "select count(*) from job_events where data ->> 'reason' = 'requeued_from_dead_letter'";
    let events: f64 = bench.sql(COPY, events)?.parse()?;
    ensure_equal("events", events, size.dead as f64)
}

/// Returns the longest observed duration of each transaction in milliseconds.
fn transaction_durations(bench: &mut Bench) -> Result<Vec<f64>> {
    let sql = "select extract(epoch from max(age)) * 1000 from held group by pid, began";
    Ok(bench.sql(COPY, sql)?.lines().map(str::parse).collect::<std::result::Result<_, _>>()?)
}

//! The tables of packages, filled like those of the other rows.

use super::ensure_equal;
use super::requeue::{Requeue, requeue_beside};
use crate::Result;
use crate::bench::Bench;
use crate::measure::in_turns;
use crate::options::Size;
use crate::report::Section;

/// A package and what a person would type.
struct Package {
    name: &'static str,
    /// The schema that its file uses.
    schema: &'static str,
    schema_sql: &'static str,
    fill_sql: &'static str,
    /// Counts the dead letters.
    dead: &'static str,
    /// Requeues all dead letters as the package does.
    by_hand: &'static str,
}

impl Package {
    /// The key of `--queue-instance`.
    fn key(&self) -> String {
        self.name.to_lowercase().replace([' ', '-'], "_")
    }
}

const PACKAGES: [Package; 6] = [
    Package {
        name: "River",
        schema: "public",
        schema_sql: include_str!("../../../tests/fixtures/queues/river_schema.sql"),
        fill_sql: include_str!("../packages/river.sql"),
        dead: "select count(*) from river_job where state = 'discarded'",
        by_hand: "update river_job set state = 'available', finalized_at = null, scheduled_at = now(), \
                  max_attempts = greatest(max_attempts, attempt + 1) where state = 'discarded'",
    },
    Package {
        name: "pg-boss",
        schema: "pgboss",
        schema_sql: include_str!("../../../tests/fixtures/queues/pg_boss_schema.sql"),
        fill_sql: include_str!("../packages/pg_boss.sql"),
        dead: "select count(*) from pgboss.job where state = 'failed'",
        by_hand: "update pgboss.job set state = 'retry', retry_limit = retry_limit + 1, completed_on = null, \
                  start_after = greatest(start_after, now()) where state = 'failed'",
    },
    Package {
        name: "graphile-worker",
        schema: "graphile_worker",
        schema_sql: include_str!("../../../tests/fixtures/queues/graphile_worker_schema.sql"),
        fill_sql: include_str!("../packages/graphile_worker.sql"),
        dead: "select count(*) from graphile_worker._private_jobs where attempts >= max_attempts",
        by_hand: "select count(*) from graphile_worker.reschedule_jobs(array(select id from \
                  graphile_worker._private_jobs where attempts >= max_attempts), run_at => now(), attempts => \
                  0)",
    },
    Package {
        name: "Oban",
        schema: "public",
        schema_sql: include_str!("../../../tests/fixtures/queues/oban_schema.sql"),
        fill_sql: include_str!("../packages/oban.sql"),
        dead: "select count(*) from oban_jobs where state = 'discarded'",
        by_hand: "update oban_jobs set state = 'available', max_attempts = greatest(max_attempts, attempt + \
                  1), scheduled_at = timezone('UTC', now()), completed_at = null, cancelled_at = null, \
                  discarded_at = null where state = 'discarded'",
    },
    Package {
        name: "Procrastinate",
        schema: "public",
        schema_sql: include_str!("../../../tests/fixtures/queues/procrastinate_schema.sql"),
        fill_sql: include_str!("../packages/procrastinate.sql"),
        dead: "select count(*) from procrastinate_jobs where status = 'failed'",
        by_hand: "select count(procrastinate_retry_job_v2(id, now(), null, null, null)) from \
                  procrastinate_jobs where status = 'failed'",
    },
    Package {
        name: "Solid Queue",
        schema: "public",
        schema_sql: include_str!("../../../tests/fixtures/queues/solid_queue_schema.sql"),
        fill_sql: include_str!("../packages/solid_queue.sql"),
        dead: "select count(*) from solid_queue_failed_executions",
        by_hand: "with gone as (delete from solid_queue_failed_executions returning job_id), reset as (update \
                  solid_queue_jobs set updated_at = timezone('utc', now()), arguments = arguments::jsonb || \
                  '{\"executions\": 0, \"exception_executions\": {}}' where id in (select job_id from gone) \
                  returning *) insert into solid_queue_ready_executions (job_id, queue_name, priority, \
                  created_at) select id, queue_name, priority, timezone('utc', now()) from reset",
    },
];

impl Package {
    /// Creates and fills a database, and returns its name.
    fn database(&self, bench: &mut Bench, size: Size) -> Result<String> {
        let name = format!("{}_{}", self.name.to_lowercase().replace([' ', '-'], "_"), size.rows);
        eprintln!("   filling {} jobs of {}", size.label(), self.name);
        bench.sql("postgres", &format!("create database {name} template template0"))?;
        bench.sql(&name, &self.schema_sql.replace("{schema}", self.schema))?;
        let variables = format!(
            "set bench.rows = {}; set bench.dead = {}; set bench.queued = {};",
            size.rows,
            size.rows / size.dead,
            size.rows / size.queued
        );
        let jobs = include_str!("../packages/jobs.sql");
        bench.sql(&name, &format!("{variables}\n{jobs}\n{}", self.fill_sql))?;
        bench.sql(&name, "vacuum analyze")?;
        bench.sql("postgres", "checkpoint")?;
        ensure_equal("dead letters", self.count_dead(bench, &name)?, size.dead as f64)?;
        Ok(name)
    }

    fn count_dead(&self, bench: &mut Bench, database: &str) -> Result<f64> {
        Ok(bench.sql(database, self.dead)?.parse()?)
    }
}

/// Returns the size with this many jobs, or the smallest one of a short run.
fn size(bench: &Bench, rows: u64) -> Size {
    let sizes = bench.options.sizes();
    sizes.iter().copied().find(|size| size.rows == rows).unwrap_or(sizes[0])
}

pub fn list(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    let size = size(bench, 5_000_000);
    for package in PACKAGES {
        let database = package.database(bench, size)?;
        let found = bench.tool_on(&database, "dlq list")?;
        let same = bench.reading_statements(&database, &found)?.join("; ");
        let same = bench.psql_on(&database, "psql: the statements of the tool", &same)?;
        // A person who writes a statement knows where the table is, as does a context that names it.
        let named = format!("dlq list --queue-instance {}:{}", package.key(), package.schema);
        let named = bench.tool_on(&database, &named)?;
        let runs = bench.options.runs() * 3;
        let [named, found, same] = in_turns([&named, &found, &same], runs)?;
        let label = format!("{}, {}", package.name, size.label());
        section.not_slower(&label, &named, &same);
        section.lines(&label, [named, found, same]);
        bench.sql("postgres", &format!("drop database {database}"))?;
    }
    Ok(section)
}

pub fn requeue(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    let size = size(bench, 500_000);
    for package in PACKAGES {
        let template = package.database(bench, size)?;
        let requeue = Requeue {
            label: package.name,
            template: &template,
            dead: size.dead,
            by_hand: package.by_hand,
            runs: bench.options.runs().min(3),
        };
        requeue_beside(bench, &requeue, &mut section, |bench, database| {
            ensure_equal("dead letters left", package.count_dead(bench, database)?, 0.0)
        })?;
        bench.sql("postgres", &format!("drop database {template}"))?;
    }
    Ok(section)
}

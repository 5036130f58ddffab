//! Databases filled with jobs.

use cliplyctl::demo::backend;

use crate::Result;
use crate::bench::Bench;
use crate::options::Size;

/// Creates a database with the schema of the backend and no jobs.
pub fn empty(bench: &mut Bench, name: &str) -> Result<()> {
    bench.sql("postgres", &format!("create database {name} template template0"))?;
    let schema = [backend::ROLES, backend::WORKSPACES, backend::MAIN].join("\n");
    bench.sql(name, &schema).map(drop)
}

/// Creates a database with this number of jobs. Unfinished jobs are spread over the whole table.
pub fn jobs(bench: &mut Bench, name: &str, size: Size) -> Result<()> {
    empty(bench, name)?;
    let Size { rows, dead, queued, running } = size;
    let variables = format!(
        "set bench.rows = {rows}; set bench.dead = {}; set bench.waiting = {}; set bench.running = {};",
        rows / dead,
        rows / queued,
        rows / running
    );
    bench.sql(name, &format!("{variables}\n{}", include_str!("jobs.sql")))?;
    bench.sql(name, "vacuum analyze")?;
    bench.sql("postgres", "checkpoint")?;
    let counted = bench.sql(
        name,
        "select string_agg(n::text, ' ' order by state) from
        (select state, count(*) as n from jobs where state <> 'done' group by state) s",
    )?;
    let expected = format!("{dead} {queued} {running}"); // dead_letter, queued, running
    if counted == expected {
        Ok(())
    } else {
        Err(format!("filled {counted}, not {expected}").into())
    }
}

//! The rows of the report, one function each.

mod files;
mod fleet;
mod history;
mod http;
mod letters;
mod memory;
mod packages;
mod process;
mod queue;
mod requeue;
mod rls;
mod watch;

use serde_json::Value;

use crate::Result;
use crate::bench::Bench;
use crate::report::Section;

/// A row of the report.
pub struct Row {
    /// The name on the command line.
    pub name: &'static str,
    /// One sentence for the report.
    pub about: &'static str,
    /// Prepares, verifies the results and measures.
    pub run: fn(&mut Bench) -> Result<Section>,
}

/// All rows in report order.
pub const ALL: [Row; 18] = [
    Row { name: "start", about: "Start of the process: only the version", run: process::start },
    Row {
        name: "health",
        about: "`health` compared with curl, on a local app that answers immediately",
        run: http::health,
    },
    Row {
        name: "list",
        about: "`dlq list` compared with psql: the newest page and the total (at most 10,001 are counted)",
        run: letters::list,
    },
    Row {
        name: "groups",
        about: "`dlq groups` beside `\\copy` of the two columns with the errors; twelve causes",
        run: letters::groups,
    },
    Row {
        name: "queue",
        about: "`queue` compared with `GROUP BY state, kind`: the table grows, the number of unfinished jobs stays the same (125,000 dead, 50,000 queued, 250 claimed from 500 k on)",
        run: queue::run,
    },
    Row {
        name: "requeue",
        about: "`dlq requeue --all` compared with one SQL statement that does the same, each on a fresh copy",
        run: requeue::run,
    },
    Row {
        name: "package-list",
        about: "`dlq list` on the tables of packages, named and found, compared with psql and the statements that the tool sends",
        run: packages::list,
    },
    Row {
        name: "package-requeue",
        about: "`dlq requeue --all` on the tables of packages compared with the statement of a person, each on a fresh copy",
        run: packages::requeue,
    },
    Row {
        name: "rls",
        about: "`rls audit` with its probes, on 28 tables and 70 policies",
        run: rls::run,
    },
    Row {
        name: "rls-growth",
        about: "`rls audit` of 10 to 500 tables with policies",
        run: rls::growth,
    },
    Row {
        name: "env",
        about: "`env check` of 60 keys compared with the start of node",
        run: files::env,
    },
    Row {
        name: "env-code",
        about: "`env check --code` on a tree of sources of 1 to 12 KB, half of which read the environment",
        run: files::code,
    },
    Row {
        name: "triage",
        about: "`triage` with an app that answers in 200 ms and a database 20 ms away (a round trip)",
        run: http::triage,
    },
    Row {
        name: "fleet",
        about: "20 contexts at once, of which 3 accept connections and do not answer; a timeout of 2s",
        run: fleet::run,
    },
    Row {
        name: "watch",
        about: "Load of `watch` on the server at its default interval: processor time of its sessions",
        run: watch::run,
    },
    Row { name: "history", about: "`history` over the snapshots of 30 days", run: history::run },
    Row { name: "memory", about: "Peak memory of the commands that read", run: memory::run },
    Row {
        name: "binary",
        about: "Size of the binary, and with `--build` the time of a clean release build",
        run: process::binary,
    },
];

/// Returns the rows with these names, or all rows without names.
pub fn chosen(names: &[String]) -> Result<Vec<&'static Row>> {
    if let Some(unknown) = names.iter().find(|name| ALL.iter().all(|row| row.name != **name)) {
        let known = ALL.map(|row| row.name).join(", ");
        return Err(format!("there is no row `{unknown}`; the rows are {known}").into());
    }
    Ok(ALL.iter().filter(|row| names.is_empty() || names.iter().any(|n| n == row.name)).collect())
}

/// Returns a number of a JSON report by its pointer.
fn json_number(report: &str, path: &str) -> Result<f64> {
    let value: Value = serde_json::from_str(report)?;
    value.pointer(path).and_then(Value::as_f64).ok_or_else(|| format!("no number at {path}").into())
}

/// Fails if the results of both programs differ.
fn ensure_equal(name: &str, cliplyctl: f64, reference: f64) -> Result<()> {
    if cliplyctl == reference {
        Ok(())
    } else {
        Err(format!("{name}: {cliplyctl} here, {reference} by psql").into())
    }
}

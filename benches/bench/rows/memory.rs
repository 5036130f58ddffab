//! Peak memory of commands that read.

use std::time::Duration;

use crate::bench::Bench;
use crate::measure::in_turns;
use crate::report::Section;
use crate::{Result, stub};

/// Commands with their limit in MB.
const COMMANDS: [(&str, f64); 15] = [
    ("health", 24.0),
    ("ready", 24.0),
    ("queue", 24.0),
    ("queue --exact", 24.0),
    ("queue --advise", 24.0),
    ("dlq list", 24.0),
    ("dlq list -o ndjson", 24.0),
    ("dlq groups", 64.0),
    ("dlq ops", 24.0),
    ("dlq show", 24.0),
    ("jobs show", 24.0),
    ("triage", 24.0),
    ("handoff", 24.0),
    ("rls audit", 24.0),
    ("record", 24.0),
];

pub fn run(bench: &mut Bench) -> Result<Section> {
    let size = bench.options.main_size();
    let database = bench.jobs(size)?;
    let base = format!("http://127.0.0.1:{}", stub::app(Duration::ZERO)?);
    let dead = bench.sql(&database, "select id from jobs where state = 'dead_letter' limit 1")?;
    let mut section = Section::default();
    let runs = if bench.options.short { 1 } else { 3 };
    for (words, limit) in COMMANDS {
        let program = bench.tool_on(&database, words)?.env("CLIPLY_BASE_URL", &base);
        let program = program.args(["--timeout", "1m"]).codes(&[0, 1, 2, 3]);
        let program = if words.ends_with("show") { program.args([&dead]) } else { program };
        let [figures] = in_turns([&program], runs)?;
        section.at_most(format!("{}: {words}", size.label()), "MB", figures.peak, limit);
        section.lines(&size.label(), [figures]);
    }
    section
        .notes
        .push(format!("Each command {runs} times; `watch` and `dlq requeue` have their own rows"));
    Ok(section)
}

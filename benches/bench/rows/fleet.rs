//! Many contexts, some of which do not answer.

use std::fmt::Write;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::bench::Bench;
use crate::measure::{Measurement, Program, quantile};
use crate::report::Section;
use crate::{Result, fill, stub};

const CONTEXTS: usize = 20;
const HANG: usize = 3;
const BUDGET: &str = "2s";
const BUDGET_MS: f64 = 2_000.0;

pub fn run(bench: &mut Bench) -> Result<Section> {
    fill::empty(bench, "fleet")?;
    let home = bench.scratch().join("fleet");
    fs::create_dir_all(&home)?;
    let database = bench.url("fleet")?;
    configure(&home, &database)?;
    let names =
        |from: usize| (from..CONTEXTS).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    let mut section = Section::default();
    // Every run over all contexts takes the whole timeout.
    let commands: &[&str] =
        if bench.options.short { &["triage"] } else { &["health", "queue", "triage", "rls audit"] };
    for &command in commands {
        let with_contexts = |contexts: &str| {
            bench
                .tool(command)
                .args(["-c", contexts, "--timeout", BUDGET, "-o", "ndjson"])
                .env("HOME", &home)
                .dir(&home)
                .codes(&[0, 1, 2, 3])
        };
        let all = with_contexts(&names(0))
            .named(&format!("{command}, {CONTEXTS} contexts of which {HANG} hang"));
        let answering = with_contexts(&names(HANG))
            .named(&format!("{command}, the {} that answer", CONTEXTS - HANG));
        let (mut all_samples, mut answering_samples, mut last_answers) = (vec![], vec![], vec![]);
        answering.answer()?;
        for _ in 0..bench.options.runs() {
            all_samples.push(all.sample()?);
            answering_samples.push(answering.sample()?);
            last_answers.push(last_answer_ms(&all)?);
        }
        let (all, answering) = (
            Measurement::new(&all.name, &all_samples),
            Measurement::new(&answering.name, &answering_samples),
        );
        section.at_most(
            format!("{command}: beyond the budget"),
            "ms",
            all.median - BUDGET_MS,
            200.0,
        );
        section.notes.push(format!(
            "{command}: the last of the {} others answered after {:.0} ms (median)",
            CONTEXTS - HANG,
            quantile(&last_answers, 0.5)
        ));
        section.lines("", [all, answering]);
    }
    Ok(section)
}

/// Writes the configuration. The first contexts never answer; the others share an app and a database.
fn configure(home: &Path, database: &str) -> Result<()> {
    let (app, unresponsive) = (stub::app(Duration::ZERO)?, stub::unresponsive()?);
    let unresponsive_url = format!("postgresql://x@127.0.0.1:{unresponsive}/x?sslmode=disable");
    for (name, url) in [("live", database), ("dead", &unresponsive_url)] {
        let file = home.join(format!("{name}.url"));
        fs::write(&file, url)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
    }
    let mut config = String::new();
    for n in 0..CONTEXTS {
        let (kind, port) = if n < HANG { ("dead", unresponsive) } else { ("live", app) };
        writeln!(
            config,
            "[context.c{n}]\nbase_url = \"http://127.0.0.1:{port}\"\ndatabase_url_file = \"{}/{kind}.url\"",
            home.display()
        )?;
    }
    Ok(fs::write(home.join("cliplyctl.toml"), config)?)
}

/// Returns the milliseconds until all contexts that answer are reported.
fn last_answer_ms(all: &Program) -> Result<f64> {
    let begin = Instant::now();
    let mut child = all.command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let mut arrived = Vec::new();
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(&line?)?;
        if line["line"] == "head" {
            arrived.push(begin.elapsed().as_secs_f64() * 1e3);
        }
    }
    child.wait()?;
    if arrived.len() == CONTEXTS {
        Ok(arrived[CONTEXTS - HANG - 1])
    } else {
        Err(format!("{} contexts were reported, not {CONTEXTS}", arrived.len()).into())
    }
}

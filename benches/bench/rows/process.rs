//! The process: start time, file size, build time.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Result;
use crate::bench::Bench;
use crate::measure::in_turns;
use crate::report::Section;

pub fn start(bench: &mut Bench) -> Result<Section> {
    let cliplyctl = bench.tool("--version");
    let reference = bench.psql("psql --version").args(["--version"]);
    let baseline = bench.program("true (a process and nothing more)", "true");
    let mut section = Section::default();
    let runs = bench.options.runs() * 3; // 1 ms each
    let [cliplyctl, reference, baseline] = in_turns([&cliplyctl, &reference, &baseline], runs)?;
    section.not_slower("median", &cliplyctl, &reference);
    section.lines("", [cliplyctl, reference, baseline]);
    Ok(section)
}

pub fn binary(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    let bytes = fs::metadata(&bench.options.tool)?.len();
    section.at_most("the file", "MB", bytes as f64 / 1e6, 10.0);
    if bench.options.build {
        section.notes.push(build(bench)?);
    } else {
        section.notes.push("The build was not timed: `--build` does".to_owned());
    }
    Ok(section)
}

/// Measures a release build. All crates are downloaded before.
fn build(bench: &Bench) -> Result<String> {
    let cargo = |args: &[&str]| -> Result<()> {
        let mut command = Command::new("cargo");
        command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null());
        let status = command.env("CARGO_TARGET_DIR", bench.scratch().join("target")).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("cargo {}: {status}", args.join(" ")).into())
        }
    };
    cargo(&["fetch", "--locked"])?;
    let begin = Instant::now();
    cargo(&["build", "--release", "--locked", "--quiet"])?;
    let seconds = begin.elapsed().as_secs();
    Ok(format!("A clean release build took {} min {:02} s", seconds / 60, seconds % 60))
}

//! Benchmarks against psql, curl and node: `scripts/bench`.
//!
//! Starts its own PostgreSQL server on a Unix socket as an unprivileged user, fills it, runs the rows and
//! writes a report in Markdown. [`measure`] takes all measurements: whole processes in interleaved turns, so
//! that changes in the load of the machine affect all programs alike.
#![allow(
    clippy::disallowed_methods,
    reason = "a program of its own: it reads clock and environment"
)]
#![allow(clippy::disallowed_macros, reason = "a program of its own: it prints")]

mod bench;
mod chart;
mod fill;
mod machine;
mod measure;
mod one;
mod options;
mod report;
mod rows;
mod stub;

use std::process::ExitCode;

use bench::Bench;
use clap::Parser;
use options::Options;

/// A result of the bench. An error is printed and ends its row.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|first| first == one::FLAG) {
        return one::run(&args[2..]);
    }
    // cargo bench adds `--bench` to the arguments.
    let options = Options::parse_from(args.into_iter().filter(|arg| arg != "--bench"));
    match run(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the rows. Returns whether all of them could run.
fn run(options: Options) -> Result<bool> {
    if options.list {
        for row in rows::ALL {
            println!("{:10} {}", row.name, row.about);
        }
        return Ok(true);
    }
    let chosen = rows::chosen(&options.names)?;
    let (out, chart) = (options.out.clone(), options.chart.clone());
    let mut bench = Bench::new(options)?;
    let mut sections = Vec::new();
    for row in chosen {
        eprintln!("== {}: {}", row.name, row.about);
        let section = (row.run)(&mut bench).unwrap_or_else(|error| {
            eprintln!("error: {}: {error}", row.name);
            report::Section::failed(&error.to_string())
        });
        sections.push((row, section));
    }
    let chart_name = chart.as_deref().and_then(|path| path.file_name()?.to_str());
    let text = report::markdown(&machine::describe(&mut bench), chart_name, &sections);
    match out {
        Some(path) => std::fs::write(path, text)?,
        None => print!("{text}"),
    }
    if let Some(path) = chart {
        let points: Vec<_> =
            sections.iter().flat_map(|(_, section)| section.growth.iter().cloned()).collect();
        let drawing = chart::svg(&points).ok_or("no row that the chart shows was measured")?;
        std::fs::write(path, drawing)?;
    }
    for line in report::missed(&sections) {
        eprintln!("{line}");
    }
    Ok(sections.iter().all(|(_, section)| section.failure.is_none()))
}

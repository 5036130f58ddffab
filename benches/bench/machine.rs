//! The description of the machine and the program versions.

use std::fs;
use std::process::Command;

use crate::bench::Bench;

/// Returns the first line of a program's output, or that it is not installed.
fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    output
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned()))
        .unwrap_or_else(|| "not on this machine".to_owned())
}

/// Returns the paragraphs for the start of the report.
pub fn describe(bench: &mut Bench) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    });
    let memory = memory.map_or_else(|| "? GB".to_owned(), |kib| format!("{:.0} GB", kib / 1e6));
    // The kernel's build names its vendor, and says nothing about speed.
    let release = first_line("uname", &["-r"]);
    let kernel: Vec<&str> = release.splitn(3, ['.', '-']).take(2).collect();
    let system =
        [first_line("uname", &["-s"]), kernel.join("."), first_line("uname", &["-m"])].join(" ");
    let root = env!("CARGO_MANIFEST_DIR");
    let runs = bench.options.runs();
    let lines = [
        format!("- date: {} (UTC)", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M")),
        format!("- machine: {cores} cores, {memory} of memory, {system}"),
        format!("- revision: {}", first_line("git", &["-C", root, "rev-parse", "--short", "HEAD"])),
        format!(
            "- tool: {}, {}",
            first_line(&bench.options.tool.to_string_lossy(), &["--version"]),
            bench.build()
        ),
        format!("- compiler: {}", first_line("rustc", &["--version"])),
        format!("- PostgreSQL: {}", bench.describe_server()),
        format!(
            "- node: {}; {}",
            first_line("node", &["--version"]),
            first_line("curl", &["--version"])
        ),
    ];
    format!(
        "Written by `scripts/bench`. Each number is the median of {runs} runs of a complete process, including its \
         start, in turns with the other commands of its row. Times are wall-clock milliseconds unless another unit \
         is given. CPU and peak memory (resident set) are those of the program, without the server.\n\n{}",
        lines.join("\n")
    )
}

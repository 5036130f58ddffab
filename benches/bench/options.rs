//! The command line options and the table sizes.

use std::path::PathBuf;

use clap::Parser;

/// The size of a table of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// All rows.
    pub rows: u64,
    /// Dead letters.
    pub dead: u64,
    /// Queued jobs.
    pub queued: u64,
    /// Running jobs.
    pub running: u64,
}

impl Size {
    /// Returns a size with 25% dead letters, 10% queued and 0.05% running jobs, or the numbers for 500,000 rows
    /// if it is larger.
    fn from_rows(rows: u64) -> Size {
        let unfinished = rows.min(500_000);
        Size { rows, dead: unfinished / 4, queued: unfinished / 10, running: unfinished / 2_000 }
    }

    /// Formats the number of rows: `50 k`, `5 M`.
    pub fn label(self) -> String {
        match self.rows {
            rows if rows % 1_000_000 == 0 => format!("{} M", rows / 1_000_000),
            rows => format!("{} k", rows / 1_000),
        }
    }
}

/// Measures cliplyctl beside psql, curl and node, and writes a report in Markdown.
#[derive(Debug, Parser)]
#[command(name = "scripts/bench")]
pub struct Options {
    /// Rows of the report; all of them when none is named
    pub names: Vec<String>,
    /// List the rows
    #[arg(long)]
    pub list: bool,
    /// Small tables and few runs: whether everything works, not how fast
    #[arg(long)]
    pub short: bool,
    /// Also on a table of 50 million rows: 25 GB, half an hour more
    #[arg(long, conflicts_with = "short")]
    pub huge: bool,
    /// Also time a release build from nothing
    #[arg(long)]
    pub build: bool,
    /// Interleaved runs of each program [default: 11; --short: 2]
    #[arg(long)]
    pub runs: Option<usize>,
    /// Write the report to this file, not to standard output
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Write the growth chart to this file (SVG)
    #[arg(long)]
    pub chart: Option<PathBuf>,
    /// Another binary than the one built with this
    #[arg(long, default_value = env!("CARGO_BIN_EXE_cliplyctl"))]
    pub tool: PathBuf,
}

impl Options {
    /// Returns the number of interleaved runs of each program.
    pub fn runs(&self) -> usize {
        self.runs.unwrap_or(if self.short { 2 } else { 11 }).max(1)
    }

    /// Returns the table sizes, the smallest first.
    pub fn sizes(&self) -> Vec<Size> {
        let rows: &[u64] = match (self.short, self.huge) {
            (true, _) => &[20_000, 200_000],
            (false, false) => &[50_000, 500_000, 5_000_000],
            (false, true) => &[50_000, 500_000, 5_000_000, 50_000_000],
        };
        rows.iter().map(|rows| Size::from_rows(*rows)).collect()
    }

    /// Returns the table size for rows that measure only one.
    pub fn main_size(&self) -> Size {
        Size::from_rows(if self.short { 200_000 } else { 5_000_000 })
    }
}

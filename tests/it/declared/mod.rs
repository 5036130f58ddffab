//! Jobs tables of other forms, read and written by a declaration: the tool prints it, a person edits a few lines.

mod claims;
mod documentation;
mod home_grown;
mod refusals;
mod same_answers;

use crate::support::cli::{Cli, Output};
use crate::support::postgres::Database;

/// A database with a declared queue, and one home directory for all commands.
pub struct Declared {
    pub db: Database,
    config: String,
    state: tempfile::TempDir,
}

impl Declared {
    /// Declares the queue with this text.
    pub fn new(db: Database, declaration: &str) -> Declared {
        let config = format!(
            "[context.here]\nbase_url = \"http://127.0.0.1:1\"\ndatabase_url = \"{}\"\n\n{declaration}",
            db.url()
        );
        Declared { db, config, state: tempfile::tempdir().unwrap() }
    }

    /// Runs a command in the context.
    pub fn run(&self, args: &[&str]) -> Output {
        let args = ["-c", "here"].iter().chain(args);
        Cli::new(args)
            .file("cliplyctl.toml", &self.config)
            .env("XDG_STATE_HOME", self.state.path())
            .run()
    }

    /// Returns the data of a command that succeeds.
    pub fn data(&self, args: &[&str]) -> serde_json::Value {
        let args: Vec<_> = args.iter().copied().chain(["-o", "json"]).collect();
        self.run(&args).expect_code(0).json()["data"].take()
    }
}

/// Returns the declaration that the tool prints for a table, for the context `here`.
pub fn draft(db: &Database, table: &str) -> String {
    let config = format!("[context.here]\ndatabase_url = \"{}\"\n", db.url());
    let args = ["-c", "here", "config", "check", "--declare", table, "-o", "json"];
    let json = Cli::new(args).file("cliplyctl.toml", config).run().expect_code(0).json();
    json["data"]["declaration"].as_str().unwrap().to_owned()
}

/// Replaces lines of a draft, each by the start of the line.
pub fn edit(draft: &str, edits: &[(&str, &str)]) -> String {
    assert!(edits.len() < 10, "{} edited lines", edits.len());
    let mut lines: Vec<_> = draft.lines().map(str::to_owned).collect();
    for (start, line) in edits {
        let index = lines.iter().position(|line| line.starts_with(start));
        let index = index.unwrap_or_else(|| panic!("no line {start} in\n{draft}"));
        lines[index] = (*line).to_owned();
    }
    lines.join("\n") + "\n"
}

//! `record` and `history`: what is kept, what survives, what is shown.

mod record;
mod store;
mod view;

use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// A command about a database, without an app; its state stays in the run's directory.
fn cli(words: &str, database: &Database) -> Cli {
    Cli::new(words.split_whitespace()).env("DATABASE_URL", database.url())
}

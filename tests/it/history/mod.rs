//! Tests of `record` and `history`.

mod record;
mod store;
mod systems;
mod view;

use crate::support::cli::Cli;
use crate::support::postgres::Database;

/// Returns a command for a database without an app. Its state directory is in its home.
fn cli(words: &str, database: &Database) -> Cli {
    Cli::new(words.split_whitespace()).env("DATABASE_URL", database.url())
}

//! `triage` on bad days: every shape of a report, signals, waiting, a server that is in the way.

mod hostile;
mod links;
mod saving;
mod server;
mod shapes;
mod signals;
mod tests;
mod waiting;

use crate::support::cli::Cli;
use crate::support::http::Stub;
use crate::support::postgres::Database;
use crate::support::readiness;

/// An app that is up, with this report.
fn app(readyz: &str) -> Stub {
    Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response(readyz)),
    ])
}

/// The command with both sources set.
fn triage(words: &str, base_url: &str, database: &Database) -> Cli {
    let words = format!("triage {words}");
    let cli = Cli::new(words.split_whitespace()).env("CLIPLY_BASE_URL", base_url);
    cli.env("DATABASE_URL", database.url())
}

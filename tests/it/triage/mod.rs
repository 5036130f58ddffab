//! Tests of `triage` with problems: every report format, signals, `--wait`, server problems.

mod access;
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

/// Starts an app that is up, with this readiness report.
fn app(readyz: &str) -> Stub {
    Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response(readyz)),
    ])
}

/// Returns the command with both sources set.
fn triage(words: &str, base_url: &str, database: &Database) -> Cli {
    let words = format!("triage {words}");
    let cli = Cli::new(words.split_whitespace()).env("CLIPLY_BASE_URL", base_url);
    cli.env("DATABASE_URL", database.url())
}

#[test]
fn unconfigured_triage_explains_the_settings() {
    let output = Cli::new(["triage"]).run().expect_code(78);
    let stdout = output.stdout.as_str();
    assert!(stdout.starts_with("UNKNOWN  no app and no database configured"), "{stdout}");
    assert!(stdout.contains("\nno base URL is configured; set it with --base-url"), "{stdout}");
    assert!(stdout.contains("\nno database is configured; set it with --database-url"), "{stdout}");
    assert!(stdout.contains("cliplyctl config show  settings and their sources"), "{stdout}");

    let contexts = "[context.night]\nread_only = true\n[context.day]\n";
    let output = Cli::new(["triage"]).file("cliplyctl.toml", contexts).run().expect_code(78);
    assert!(output.stdout.contains("or a context: -c day, -c night\n"), "{}", output.stdout);

    // A missing source is named, together with the results of the other one.
    let output = Cli::new(["triage"]).env("CLIPLY_BASE_URL", app("canonical_ok").url()).run();
    let stdout = output.expect_code(3).stdout;
    assert!(stdout.starts_with("UNKNOWN  no problem found, but no database"), "{stdout}");
}

//! Tests of `runbook_url`: sections are links in outputs that support them.

use super::app;
use crate::support::cli::Cli;
use crate::support::http::Stub;
use crate::support::postgres::Database;

const LINK: &str =
    "\u{1b}]8;;https://wiki.example/RUNBOOK.md#32-the-app-answers-but-is-not-ready\u{1b}\\";

fn command(stub: &Stub, database: &Database) -> Cli {
    let config = format!(
        "[context.linked]\nbase_url = \"{}\"\ndatabase_url_env = \"LINKED_URL\"\n\
         runbook_url = \"https://wiki.example/RUNBOOK.md#top\"\n",
        stub.url()
    );
    let cli = Cli::new(["triage", "-c", "linked"]).file("cliplyctl.toml", config);
    cli.env("LINKED_URL", database.url())
}

#[test]
fn runbook_links_appear_only_in_terminals() {
    let (stub, database) = (app("canonical_worker_red"), Database::from_fixture("main_healthy"));
    let mut terminal = command(&stub, &database).terminal(40, 120);
    terminal.finish();
    let raw = terminal.raw();
    assert!(raw.contains(LINK), "{raw:?}");
    // In tables as well, where the width is that of the text without the link.
    assert!(raw.contains("#31-the-app-does-not-answer\u{1b}\\\u{1b}[2m3.1"), "{raw:?}");
    assert!(raw.contains("RUNBOOK.md#readyok\u{1b}\\ready.ok"), "{raw:?}");
    assert_eq!(
        raw.matches("]8;;https").count(),
        raw.matches("]8;;\u{1b}").count(),
        "each is closed"
    );

    let mut plain = command(&stub, &database).env("NO_COLOR", "1").terminal(40, 120);
    plain.finish();
    assert!(plain.raw().contains("The app answers but is not ready"), "{:?}", plain.raw());
    assert!(!plain.raw().contains("]8;;"), "{:?}", plain.raw());
    assert!(!command(&stub, &database).run().stdout.contains("]8;;"));
}

#[test]
fn invalid_runbook_url_is_rejected_with_its_line() {
    for address in ["javascript:alert(1)", "not a url", "https://me:pw@wiki.example/"] {
        let config = format!("[context.linked]\nrunbook_url = \"{address}\"\n");
        let mut cli = Cli::new(["config", "show", "-c", "linked"]).file("cliplyctl.toml", config);
        let output = cli.run().expect_code(78);
        assert!(output.stderr.contains("cliplyctl.toml:2"), "{address}: {}", output.stderr);
    }
}

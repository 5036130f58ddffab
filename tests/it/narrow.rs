//! Tests with 80 columns: the terminal wraps no line, and no important text is lost.

use unicode_width::UnicodeWidthStr as _;

use crate::demo::Demo;
use crate::support::cli::Cli;

/// Commands whose unlimited output is wider than 80 columns, and the text that must be complete.
const WIDE: [(&str, &[&str]); 5] = [
    (
        "dlq groups",
        &["SAFE TO RETRY", "after the fix", "FFmpeg timed out after <*> while rendering clip <*>"],
    ),
    ("dlq list --limit 5", &["00000000-0000-4000-8000-0000000004", "rendering clip 42"]),
    ("rls matrix", &["public.workspace_members", "all rows", "20/20 own, 0/20"]),
    (
        "jobs show 00000000-0000-4000-8000-000000000331",
        &["attempt 5 of 5 is running", "preview the rescue of this job"],
    ),
    (
        "runbook 3.3",
        &["Manual checks: the number of workers", "$ cliplyctl -c demo jobs rescue --dry-run"],
    ),
];

#[test]
fn lines_fit_80_columns_without_losing_text() {
    let demo = Demo::start();
    let started = WIDE.map(|(line, texts)| {
        let args = ["-c", "demo"].into_iter().chain(line.split(' '));
        let cli = Cli::new(args).env("XDG_STATE_HOME", demo.state());
        (line, texts, cli.terminal(60, 80))
    });
    for (line, texts, mut terminal) in started {
        assert_eq!(terminal.finish(), 0, "{line}:\n{}", terminal.screen());
        let text = plain(&terminal.raw());
        // Commands are copied, so they are not wrapped.
        let too_long = text.lines().find(|l| l.width() > 80 && !l.starts_with("  cliplyctl "));
        assert_eq!(too_long, None, "{line}:\n{text}");
        for expected in texts {
            assert!(text.contains(expected), "{line} has no {expected:?}:\n{text}");
        }
    }
}

#[test]
fn piped_output_ignores_the_terminal_width() {
    let output = Cli::new(["runbook", "3.3"]).env("COLUMNS", "20").run().expect_code(0);
    assert!(
        output.stdout.contains("**Manual checks**: the number of workers"),
        "{}",
        output.stdout
    );
    let output = Cli::new(["demo", "--list-scenarios"]).env("COLUMNS", "20").run().expect_code(0);
    assert!(output.stdout.lines().any(|line| line.width() > 60), "{}", output.stdout);
}

#[test]
fn long_hint_breaks_between_words() {
    let mut terminal = Cli::new(["queue"]).terminal(24, 40);
    assert_eq!(terminal.finish(), 78);
    let expected = "\
error: no database is configured
hint: set it with --database-url,
      DATABASE_URL, PGHOST or a context";
    assert_eq!(terminal.screen().trim_end(), expected);
}

/// Removes escape sequences.
fn plain(raw: &str) -> String {
    let mut out = String::new();
    let mut parts = raw.split("\u{1b}[");
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        out.push_str(&part[end..]);
    }
    out.replace('\r', "")
}

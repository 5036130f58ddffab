//! Tests of docs/incident.md: its commands lead to a requeue in flight, and it counts them correctly.

use crate::demo::Demo;
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::pty::Terminal;

const DOCUMENT: &str = include_str!("../../docs/incident.md");

/// A row of the table: the command, how it is entered, and its keystrokes.
struct Entered {
    command: String,
    by: String,
    keystrokes: usize,
}

/// Returns the rows of the table; the last one is the sum.
fn rows() -> Vec<Entered> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let keystrokes = cells.last()?.parse().ok()?;
        Some(Entered { command: cells[0].replace('`', ""), by: cells[1].to_owned(), keystrokes })
    };
    rows.filter_map(row).collect()
}

/// Returns the commands of the first block.
fn commands() -> Vec<&'static str> {
    let block = DOCUMENT.split("```console\n").nth(1).unwrap().split("```").next().unwrap();
    block.lines().map(|line| line.strip_prefix("$ ").unwrap()).collect()
}

#[test]
fn keystrokes_of_the_page_are_counted_correctly() {
    let mut rows = rows();
    let sum = rows.pop().unwrap();
    let documented: Vec<_> = rows.iter().map(|row| row.command.as_str()).collect();
    assert_eq!(documented, commands());
    for row in &rows {
        let entered = if row.by.starts_with("typing") { row.command.len() } else { 1 };
        let keystrokes = entered + if row.by.ends_with("`y`, Enter") { 3 } else { 1 };
        assert_eq!(row.keystrokes, keystrokes, "{}", row.command);
    }
    assert_eq!(sum.keystrokes, rows.iter().map(|row| row.keystrokes).sum::<usize>());
    assert_eq!(sum.command, format!("{} commands", rows.len()));
    assert_eq!(rows.len(), 3);
}

/// Follows the path: each command is a line that the one before printed. Returns the terminal of the last one, and
/// its group.
fn follow_path(cli: impl Fn(&str) -> Cli) -> (Terminal, String) {
    let [triage, groups, requeue] = commands()[..] else { panic!("not three commands") };
    // The exit code of triage is the status of the incident.
    let printed = cli(triage).run().stdout;
    let groups = printed_command(&printed, groups);
    let printed = cli(&groups).run().expect_code(0).stdout;
    let requeue = printed_command(&printed, requeue);
    let group = requeue.split(' ').find(|word| word.starts_with("v2-")).unwrap().to_owned();
    (cli(&requeue).terminal(50, 160), group)
}

/// Returns the line of the next steps that is this command, with any group in place of GROUP.
fn printed_command(output: &str, documented: &str) -> String {
    let next = output.split("\nNext steps\n").nth(1).unwrap_or_else(|| panic!("{output}"));
    let commands = next.lines().map(|line| line.trim().split("  ").next().unwrap());
    let is_it = |command: &&str| {
        let words = command.split(' ');
        let words = words.map(|word| if word.starts_with("v2-") { "GROUP" } else { word });
        words.collect::<Vec<_>>().join(" ") == documented
    };
    let command = { commands }.find(is_it).unwrap_or_else(|| panic!("{documented}: {output}"));
    command.to_owned()
}

#[test]
fn three_commands_lead_from_triage_to_a_requeue_in_flight() {
    let demo = Demo::start();
    let cli = |line: &str| {
        let words: Vec<_> = line.split(' ').skip(1).collect();
        Cli::new(words).env("XDG_STATE_HOME", demo.state())
    };
    let (mut terminal, group) = follow_path(cli);
    terminal.wait_for("1 job first? [y/N]");
    terminal.type_text("y\r");
    terminal.wait_for("operation rq-");
    terminal.wait_for("1 of ");
    let operations = cli("cliplyctl -c demo dlq ops -o json").run().expect_code(0).json();
    let operation = &operations["data"]["operations"][0];
    assert_eq!((&operation["type"], &operation["group"]), (&"requeue".into(), &group.into()));
    assert_eq!(operation["jobs"], 1, "{operations:#}");
    terminal.signal("INT");
    terminal.finish();
}

#[test]
fn path_is_the_same_with_125_000_dead_letters_in_40_groups() {
    let database = Database::with_variant("main");
    database.execute(
        "INSERT INTO workspaces (id, name, owner_id)
           VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'w', gen_random_uuid());
         INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, updated_at)
         SELECT 'aaaaaaaa-0000-4000-8000-000000000009',
                (ARRAY['TRANSCRIBE', 'CLIP_RENDER', 'THUMBNAIL_GEN', 'PUBLISH_TIKTOK'])[1 + n % 4], 'dead_letter', 5,
                (ARRAY['apple', 'bread', 'cheese', 'dough', 'egg', 'flour', 'garlic', 'honey', 'ice',
                       'juice'])[1 + n / 4 % 10] || ' is missing in job ' || n,
                now() - interval '1 h' - n * interval '1 s'
           FROM generate_series(1, 125000) n;
         ANALYZE jobs",
    );
    let config = format!(
        "default_context = 'demo'\n[context.demo]\nbase_url = 'http://127.0.0.1:1'\ndatabase_url = '{}'\n",
        database.url()
    );
    let state = tempfile::tempdir().unwrap();
    let cli = |line: &str| {
        let words: Vec<_> = line.split(' ').skip(1).collect();
        let words = [&words[..], &["--timeout", "1m"]].concat();
        Cli::new(words).file("cliplyctl.toml", &config).env("XDG_STATE_HOME", state.path())
    };
    let groups = cli("cliplyctl -c demo dlq groups -o json").run().expect_code(0).json();
    assert_eq!(groups["data"]["groups"].as_array().unwrap().len(), 40);
    assert_eq!(groups["data"]["read"], 125_000);
    let (mut terminal, group) = follow_path(cli);
    terminal.wait_for("Requeue 3,125 jobs");
    terminal.type_text("y\r");
    terminal.wait_for("eason");
    terminal.type_text("fixed\r");
    terminal.wait_for("operation rq-");
    terminal.wait_for("1 of ");
    let queued = "SELECT count(*) FROM jobs WHERE state = 'queued'";
    assert_eq!(database.value(queued), "1", "only the first job of {group}");
    terminal.signal("INT");
    terminal.finish();
}

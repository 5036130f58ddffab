//! Tests of the dashboard: lists, keys, filters, help.

use super::exit::terminal_is_restored;
use super::start;
use crate::support::postgres::Database;
use crate::support::pty::Terminal;
use crate::support::wait_until;

/// Waits until the screen no longer shows `text`.
fn wait_until_gone(terminal: &Terminal, text: &str) {
    wait_until(&format!("{text:?} is gone"), || !terminal.screen().contains(text));
}

#[test]
fn first_screen_shows_the_problem() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 24, 80);
    // The last part of a frame: everything above it is drawn.
    terminal.wait_for("CLIP_RENDER");
    terminal.wait_for("? help");
    let screen = terminal.screen();
    let line = |start: &str| {
        let found = screen.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start}:\n{screen}")).to_owned()
    };
    assert!(screen.starts_with("CRITICAL  Queue backlog: "), "{screen}");
    assert!(line("CRITICAL  Queue ").contains("47m"), "{screen}");
    assert!(line("next: cliplyctl").len() > 15, "{screen}");
    assert!(line("due ").contains("12"), "{screen}");
    let kind = line("CLIP_RENDER").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(kind.starts_with("CLIP_RENDER 8 47m 0"), "{screen}");
    assert!(screen.lines().count() <= 24 && screen.contains("? help"), "{screen}");
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
}

#[test]
fn keys_open_sort_filter_and_freeze() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 30, 110);
    terminal.type_text("?");
    terminal.wait_for("select a list");
    terminal.type_text("\x1b");
    wait_until_gone(&terminal, "select a list");
    terminal.type_text("s");
    terminal.wait_for("by oldest");
    // The causes, and the report of the first one.
    terminal.type_text("\t\r");
    terminal.wait_for("cliplyctl dlq show 00000000-");
    terminal.wait_for("FFmpeg timed out");
    terminal.wait_for("same cause");
    terminal.type_text("\x1b");
    wait_until_gone(&terminal, "same cause");
    terminal.type_text("y");
    terminal.wait_for("cliplyctl dlq list --group v2-");
    terminal.type_text("x");
    // A filter by text.
    terminal.type_text("/tikt");
    terminal.wait_for("/tikt█");
    terminal.type_text("\r");
    terminal.wait_for("[2] Causes (1 of 4)");
    terminal.wait_for("filter /tikt");
    assert!(!terminal.screen().contains("FFmpeg timed out"), "{}", terminal.screen());
    terminal.type_text("\x1b");
    terminal.wait_for("[2] Causes (4)");
    // A filter by kind.
    terminal.type_text("f");
    terminal.wait_for("Filter by kind");
    terminal.type_text("j\r");
    terminal.wait_for("only CLIP_RENDER");
    terminal.type_text("1");
    wait_until_gone(&terminal, "TRANSCRIBE");
    terminal.type_text(" ");
    terminal.wait_for("FROZEN");
    database.execute("DELETE FROM job_events; DELETE FROM jobs WHERE state = 'queued'");
    terminal.type_text(" ");
    wait_until_gone(&terminal, "FROZEN");
    wait_until("the queue is empty", || {
        terminal.screen().lines().any(|line| line.starts_with("due ") && line.contains(" 0 "))
    });
    // Ctrl-C exits as well.
    terminal.type_text("\x03");
    assert_eq!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
}

#[test]
fn enter_opens_the_report_of_the_command_in_every_list() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("--no-record", &database.url(), 40, 120);
    let lists = [
        ("1", "cliplyctl queue --kind CLIP_RENDER", "oldest due for"),
        ("2", "cliplyctl dlq show 00000000-", "same cause"),
        ("3", "cliplyctl jobs show 00000000-", "Stuck: no heartbeat"),
    ];
    for (key, command, report) in lists {
        terminal.type_text(key);
        terminal.type_text("\r");
        terminal.wait_for(command);
        terminal.wait_for(report);
        terminal.type_text("\x1b");
        wait_until_gone(&terminal, command);
    }
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
}

#[test]
fn requeue_key_prints_the_command_without_writing() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 24, 80);
    terminal.type_text("2");
    terminal.wait_for("FFmpeg");
    terminal.type_text("r");
    assert_eq!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
    let screen = terminal.screen();
    assert!(screen.contains("cliplyctl dlq requeue --group v2-"), "{screen}");
    assert!(screen.contains("--canary"), "{screen}");
    assert_eq!(database.value("SELECT count(*) FROM jobs WHERE state = 'dead_letter'"), "26");
}

#[test]
fn screen_adapts_to_the_window_size() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 24, 80);
    terminal.resize(50, 160);
    // All four lists.
    for heading in ["[1] Kinds", "[2] Causes", "[3] Stuck", "[4] Operations"] {
        terminal.wait_for(heading);
    }
    terminal.wait_for("worker-c");
    terminal.resize(10, 50);
    terminal.wait_for("need 60 × 20");
    terminal.resize(24, 80);
    terminal.wait_for("CLIP_RENDER");
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
}

#[test]
fn watch_records_snapshots_while_running() {
    let database = Database::from_fixture("main_healthy");
    let mut terminal = start("", &database.url(), 24, 80);
    let store = terminal.home().join(".local/state/cliplyctl/history.db");
    wait_until("a snapshot is kept", || {
        let file = rusqlite::Connection::open(&store).unwrap();
        let sql = "SELECT count(*) FROM snapshots";
        file.query_row(sql, [], |row| row.get::<_, i64>(0)).is_ok_and(|n| n > 0)
    });
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
}

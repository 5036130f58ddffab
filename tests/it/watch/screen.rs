//! The dashboard.

use cliplyctl::terminal::Screen;

use super::{Own, watch};
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::pty::Terminal;
use crate::support::wait_until;

fn start(words: &str, url: &str, rows: u16, columns: u16) -> Terminal {
    let terminal = watch(words, url).terminal(rows, columns);
    terminal.wait_for("looked");
    terminal
}

/// Waits until the screen no longer shows `text`.
fn gone(terminal: &Terminal, text: &str) {
    wait_until(&format!("{text:?} is gone"), || !terminal.screen().contains(text));
}

/// Whether the terminal was given back: the other screen left, the cursor shown.
fn given_back(terminal: &Terminal) -> bool {
    let raw = terminal.raw();
    let last = |sequence: &str| raw.rfind(sequence);
    last("\u{1b}[?1049l") > last("\u{1b}[?1049h") && last("\u{1b}[?25h") > last("\u{1b}[?25l")
}

#[test]
fn the_first_screen_answers_what_is_wrong() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 24, 80);
    let screen = terminal.screen();
    let line = |start: &str| {
        let found = screen.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start}:\n{screen}")).to_owned()
    };
    assert!(screen.starts_with("CRITICAL  3."), "{screen}");
    assert!(line("CRITICAL  queue?").contains("47m"), "{screen}");
    assert!(line("next: cliplyctl").len() > 15, "{screen}");
    assert!(line("due now").contains("12"), "{screen}");
    let kind = line("CLIP_RENDER").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(kind.starts_with("CLIP_RENDER 8 47m 0"), "{screen}");
    assert!(screen.lines().count() <= 24 && screen.contains("? help"), "{screen}");
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
    assert!(given_back(&terminal));
}

#[test]
fn keys_open_sort_filter_and_freeze() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 30, 110);
    terminal.type_text("?");
    terminal.wait_for("go to a list");
    terminal.type_text("\x1b");
    gone(&terminal, "go to a list");
    terminal.type_text("s");
    terminal.wait_for("by oldest");
    // Causes, the first of them, its first job.
    terminal.type_text("\t\r");
    terminal.wait_for("the newest; Enter opens one");
    terminal.wait_for("FFmpeg timed out");
    terminal.type_text("\r");
    terminal.wait_for("job 00000000-");
    terminal.wait_for("payload");
    terminal.type_text("\x1b");
    gone(&terminal, "payload");
    terminal.type_text("c");
    terminal.wait_for("cliplyctl dlq list --group v1-");
    terminal.type_text("x");
    // Only one kind.
    terminal.type_text("f");
    terminal.wait_for("only this kind");
    terminal.type_text("j\r");
    terminal.wait_for("only CLIP_RENDER");
    terminal.type_text("1");
    gone(&terminal, "TRANSCRIBE");
    terminal.type_text(" ");
    terminal.wait_for("FROZEN");
    database.execute("DELETE FROM job_events; DELETE FROM jobs WHERE state = 'queued'");
    terminal.type_text(" ");
    gone(&terminal, "FROZEN");
    wait_until("the queue is empty", || {
        terminal.screen().lines().any(|line| line.starts_with("due now") && line.contains(" 0 "))
    });
    // Ctrl-C leaves, too.
    terminal.type_text("\x03");
    assert_eq!(terminal.finish(), 0);
    assert!(given_back(&terminal));
}

#[test]
fn requeue_leaves_and_prints_the_command_and_writes_nothing() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 24, 80);
    terminal.type_text("2");
    terminal.wait_for("FFmpeg");
    terminal.type_text("r");
    assert_eq!(terminal.finish(), 0);
    assert!(given_back(&terminal));
    let screen = terminal.screen();
    assert!(screen.contains("cliplyctl dlq requeue --group v1-"), "{screen}");
    assert!(screen.contains("--max 2 --reason WHY"), "{screen}");
    assert_eq!(database.value("SELECT count(*) FROM jobs WHERE state = 'dead_letter'"), "26");
}

#[test]
fn it_fits_whatever_size_the_window_has() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("", &database.url(), 24, 80);
    terminal.resize(50, 160);
    // All four lists at once.
    for heading in ["1 by kind", "2 dying of", "3 stuck", "4 requeues"] {
        terminal.wait_for(heading);
    }
    terminal.wait_for("worker-c");
    terminal.resize(10, 40);
    terminal.wait_for("the dashboard wants 60 × 16");
    terminal.resize(24, 80);
    terminal.wait_for("CLIP_RENDER");
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
}

#[test]
fn a_server_that_goes_away_leaves_old_numbers_that_say_so() {
    let mut own = Own::start("main_typical");
    let terminal = start("", &own.url(), 24, 80);
    terminal.wait_for("readable; jobs are identified");
    own.down();
    terminal.wait_for("UNKNOWN");
    // What an earlier look knew of the schema is not what can be seen now.
    gone(&terminal, "readable; jobs are identified");
    let due = |terminal: &Terminal| {
        let screen = terminal.screen();
        screen.lines().find(|line| line.starts_with("due now")).unwrap_or_default().to_owned()
    };
    wait_until("the figure says its age", || {
        let line = due(&terminal);
        line.contains("12") && line.contains("ago)")
    });
    terminal.wait_for("seen ");
    own.up("main_healthy");
    wait_until("the figures are fresh", || {
        let line = due(&terminal);
        !line.is_empty() && !line.contains("ago)") && !line.contains("12")
    });
    gone(&terminal, "seen ");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let database = Database::from_fixture("main_healthy");
    let mut terminal = start("", &database.url(), 24, 80);
    terminal.signal("TERM");
    assert_eq!(terminal.finish(), 0);
    assert!(given_back(&terminal));
}

#[test]
fn it_records_while_it_runs() {
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

/// The copy of this program that takes the screen and panics.
const PANICS: &str = "CLIPLYCTL_TEST_SCREEN_PANICS";

/// Not a test: what [`a_panic_gives_the_terminal_back_before_it_is_told`] runs in a terminal.
#[test]
fn panics() {
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let mut screen = Screen::open().unwrap();
    screen.draw(|frame| frame.render_widget("on the screen", frame.area())).unwrap();
    panic!("a bug in the painting");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let program = std::env::current_exe().unwrap();
    let words = ["--exact", "watch::screen::panics", "--nocapture"];
    let cli = Cli::program(program.to_str().unwrap(), words).env(PANICS, "1");
    let mut terminal = cli.terminal(24, 80);
    assert_ne!(terminal.finish(), 0);
    assert!(given_back(&terminal));
    let raw = terminal.raw();
    assert!(raw.rfind("a bug in the painting") > raw.find("\u{1b}[?1049l"), "{raw:?}");
}

//! Tests that every exit restores the terminal: screen, cursor, keyboard modes.

use cliplyctl::terminal::Screen;

use super::start;
use crate::support::cli::Cli;
use crate::support::postgres::Database;
use crate::support::pty::Terminal;

/// Whether the terminal was restored.
pub fn terminal_is_restored(terminal: &Terminal) -> bool {
    let raw = terminal.raw();
    let last = |sequence: &str| raw.rfind(sequence);
    last("\u{1b}[?1049l") > last("\u{1b}[?1049h")
        && last("\u{1b}[?25h") > last("\u{1b}[?25l")
        && terminal.has_initial_modes()
}

/// An action that ends the dashboard.
type ExitAction = fn(&mut Terminal);

#[test]
fn keys_and_signals_restore_the_terminal() {
    let database = Database::from_fixture("main_healthy");
    let exits: [(&str, ExitAction); 5] = [
        ("q", |terminal| terminal.type_text("q")),
        ("q, on top", |terminal| terminal.type_text("?qq")),
        ("Ctrl-C", |terminal| terminal.type_text("\x03")),
        ("SIGINT", |terminal| terminal.signal("INT")),
        ("SIGTERM", |terminal| terminal.signal("TERM")),
    ];
    for (name, leave) in exits {
        let mut terminal = start("--no-record", &database.url(), 24, 80);
        assert!(
            !terminal.has_initial_modes() && !terminal_is_restored(&terminal),
            "nothing was taken"
        );
        leave(&mut terminal);
        assert_eq!(terminal.finish(), 0, "{name}");
        assert!(terminal_is_restored(&terminal), "{name}: {:?}", terminal.raw());
        assert_eq!(terminal.screen().trim(), "", "{name}: what was there before is there again");
    }
}

/// The environment variable set for the process that opens the screen and panics.
const PANIC_PROCESS: &str = "CLIPLYCTL_TEST_SCREEN_PANICS";

/// Not a test: the process that [`panic_restores_the_terminal_before_the_message`] starts.
#[test]
#[ignore = "a process that another test starts"]
fn panicking_screen_process() {
    if std::env::var_os(PANIC_PROCESS).is_none() {
        return;
    }
    let mut screen = Screen::open().unwrap();
    screen.draw(|frame| frame.render_widget("on the screen", frame.area())).unwrap();
    panic!("a bug in the painting");
}

#[test]
fn panic_restores_the_terminal_before_the_message() {
    let program = std::env::current_exe().unwrap();
    let words = ["--exact", "watch::exit::panicking_screen_process", "--ignored", "--nocapture"];
    let cli = Cli::program(program.to_str().unwrap(), words).env(PANIC_PROCESS, "1");
    let mut terminal = cli.terminal(24, 80);
    assert_ne!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
    let raw = terminal.raw();
    assert!(raw.rfind("a bug in the painting") > raw.find("\u{1b}[?1049l"), "{raw:?}");
}

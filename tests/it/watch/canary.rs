//! Tests of the canary that the dashboard starts: the plan, the prompts and the guards of the command line.

use super::exit::terminal_is_restored;
use super::{start, watch};
use crate::support::postgres::Database;
use crate::support::pty::Terminal;
use crate::support::wait_until;

/// Selects the group of the only job of kind `THUMBNAIL_GEN` and presses `c`.
fn start_canary(terminal: &mut Terminal) {
    select_group(terminal);
    terminal.type_text("c");
}

fn select_group(terminal: &mut Terminal) {
    terminal.type_text("/thumb\r2");
    terminal.wait_for("[2] Causes (1 of 4)");
    terminal.wait_for("Input buffer contains unsupported");
}

/// Waits for a prompt that was shown before: the screen still has its first occurrence.
fn wait_for_second(terminal: &Terminal, prompt: &str) {
    wait_until(&format!("{prompt} is shown again"), || terminal.raw().matches(prompt).count() >= 2);
}

fn dead_letters(database: &Database) -> String {
    database.value("SELECT count(*) FROM jobs WHERE state = 'dead_letter'")
}

#[test]
fn canary_key_shows_the_plan_asks_writes_and_returns() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("--no-record", &database.url(), 30, 120);
    start_canary(&mut terminal);
    terminal.wait_for("Requeue 1 job on ");
    terminal.wait_for("[y/N]");
    assert!(terminal.screen().contains("dlq requeue --group v2-"), "{}", terminal.screen());
    terminal.type_text("n\r");
    terminal.wait_for("Press Enter to return to the dashboard");
    assert_eq!(dead_letters(&database), "26", "declined");
    terminal.type_text("\r");
    terminal.wait_for("[2] Causes (1 of 4)");
    terminal.type_text("c");
    wait_for_second(&terminal, "[y/N]");
    terminal.type_text("y\r");
    wait_until("the job is requeued", || dead_letters(&database) == "25");
    // A worker finishes it, and the canary is complete.
    database.execute(
        "UPDATE jobs SET state = 'succeeded', updated_at = now()
          WHERE kind = 'THUMBNAIL_GEN' AND state = 'queued'",
    );
    terminal.wait_for("1 job requeued");
    terminal.wait_for("Press Enter to return to the dashboard");
    terminal.type_text("\r");
    // The keys work again, and the operation is listed.
    terminal.wait_for("[2] Causes");
    terminal.type_text("\x1b");
    terminal.wait_for("[2] Causes (3)");
    terminal.type_text("4");
    terminal.wait_for("[4] Operations (1)");
    terminal.wait_for("1 succeeded");
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
}

#[test]
fn answer_typed_before_the_prompt_of_a_canary_does_not_count() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("--no-record", &database.url(), 30, 120);
    select_group(&mut terminal);
    let session = database.session();
    session.execute("BEGIN; LOCK TABLE jobs");
    terminal.type_text("c");
    terminal.wait_for("dlq requeue --group v2-");
    terminal.type_text("y\r");
    session.execute("COMMIT");
    terminal.wait_for("[y/N]");
    terminal.type_text("n\r");
    terminal.wait_for("Press Enter to return to the dashboard");
    assert_eq!(dead_letters(&database), "26");
    terminal.type_text("\x03");
    terminal.finish();
}

#[test]
fn terminated_prompt_of_a_canary_writes_nothing_and_ends() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("--no-record", &database.url(), 30, 120);
    start_canary(&mut terminal);
    terminal.wait_for("[y/N]");
    terminal.signal("TERM");
    assert_ne!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
    assert_eq!(dead_letters(&database), "26");
}

#[test]
fn interrupted_prompt_of_a_canary_writes_nothing_and_ends() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start("--no-record", &database.url(), 30, 120);
    start_canary(&mut terminal);
    terminal.wait_for("[y/N]");
    terminal.type_text("\x03");
    assert_ne!(terminal.finish(), 0);
    assert!(terminal_is_restored(&terminal));
    assert_eq!(dead_letters(&database), "26");
}

/// Starts `watch` in the context `c` with this setting.
fn start_in_context(database: &Database, setting: &str) -> Terminal {
    let config = format!("[context.c]\ndatabase_url = \"{}\"\n{setting}\n", database.url());
    let cli = watch("-c c --no-record", &database.url()).file("cliplyctl.toml", config);
    let terminal = cli.terminal(30, 120);
    terminal.wait_for("updated");
    terminal
}

#[test]
fn canary_key_is_refused_in_a_read_only_context() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start_in_context(&database, "read_only = true");
    start_canary(&mut terminal);
    terminal.wait_for("refused: ");
    assert!(terminal.screen().contains("read-only"), "{}", terminal.screen());
    terminal.type_text("qq");
    assert_eq!(terminal.finish(), 0);
    assert_eq!(dead_letters(&database), "26");
}

#[test]
fn canary_in_a_protected_context_asks_for_its_name() {
    let database = Database::from_fixture("main_typical");
    let mut terminal = start_in_context(&database, "protected = true");
    start_canary(&mut terminal);
    terminal.wait_for("Type c to confirm: ");
    terminal.type_text("y\r");
    terminal.wait_for("Press Enter to return to the dashboard");
    assert_eq!(dead_letters(&database), "26", "not its name");
    terminal.type_text("\r");
    terminal.wait_for("[2] Causes (1 of 4)");
    terminal.type_text("c");
    wait_for_second(&terminal, "Type c to confirm: ");
    terminal.type_text("c\r");
    terminal.wait_for("Reason (recorded with the operation): ");
    terminal.type_text("image fixed\r");
    wait_until("the job is requeued", || dead_letters(&database) == "25");
    terminal.type_text("\x03");
    terminal.finish();
    assert!(terminal_is_restored(&terminal));
}

//! Tests of a running requeue in the dashboard of another operator.

use super::rendering::{compare, frame};
use super::{OwnServer, start};
use crate::support::cli::Cli;
use crate::support::postgres::Session;
use crate::support::wait_until;

#[test]
fn requeue_is_shown_while_running_and_after_it_ended() {
    let own = OwnServer::start("main_typical");
    let database = Session::open(&own.url());
    let mut terminal = start("--no-record", &own.url(), 24, 120);
    terminal.type_text("4");
    frame(&terminal, &["[4] Operations (0)"], &[]);
    // At this rate it writes one job and would run for an hour.
    let words = ["dlq", "requeue", "--all", "--yes", "--reason", "token renewed", "--rate", "20/h"];
    let mut cli = Cli::new(words).env("DATABASE_URL", own.url()).env("USER", "ada");
    let requeue = cli.start();
    compare("requeue-running", &frame(&terminal, &["[4] Operations (1)", "requeue  running"], &[]));
    // A worker has claimed the requeued job.
    database.execute(
        "UPDATE jobs SET state = 'running', locked_at = now(), heartbeat_at = now()
          WHERE id = (SELECT job_id FROM job_events ORDER BY id DESC LIMIT 1)",
    );
    frame(&terminal, &["1 running"], &[]);
    requeue.signal("INT");
    requeue.finish();
    terminal.type_text("s");
    // Ages the last event, instead of waiting.
    database.execute("UPDATE job_events SET created_at = created_at - interval '2 min'");
    compare("requeue-ended", &frame(&terminal, &["2m ", "by jobs"], &["requeue  running"]));
}

#[test]
fn undone_operation_is_shown_as_undone() {
    let own = OwnServer::start("main_typical");
    let run = |args: &[&str]| {
        let args = [args, &["--yes", "-o", "json"]].concat();
        Cli::new(args).env("DATABASE_URL", own.url()).run().expect_code(0).json()
    };
    let json = run(&["dlq", "requeue", "--kind", "CLIP_RENDER"]);
    let operation = json["data"]["outcome"]["operation"].as_str().unwrap();
    run(&["dlq", "undo", operation]);
    let mut terminal = start("--no-record", &own.url(), 24, 160);
    terminal.type_text("4");
    terminal.wait_for("[4] Operations (2)");
    let rows = |start: &str| {
        let screen = terminal.screen();
        let row = screen.lines().find(|line| line.starts_with(start));
        row.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    wait_until("both rows", || {
        rows("undo ").is_some_and(|row| row.ends_with("15 dead_letter"))
            && rows("requeue ").is_some_and(|row| row.ends_with("15 undone"))
    });
}

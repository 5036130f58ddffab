//! Tests of acknowledged groups on a dashboard that polls again and again.

use super::watch;
use crate::support::cli::Cli;
use crate::support::postgres::Database;

#[test]
fn acknowledged_groups_are_classified_once_until_they_change() {
    let database = Database::from_fixture("main_typical");
    let groups = Cli::new(["dlq", "groups", "-o", "json"]).env("DATABASE_URL", database.url());
    let json = { groups }.run().json();
    let group = json["data"]["groups"][0]["group"].as_str().unwrap().to_owned();
    let config = format!(
        "[[acknowledged]]\ngroup = '{group}'\nowner = 'ann'\nreason = 'vendor'\n\
         expires = 2999-12-31\nmax_jobs = 50\n\n[context.c]\ndatabase_url = '{}'\n",
        database.url()
    );
    let cli = watch("-c c --no-record", &database.url()).file("cliplyctl.toml", config);
    let mut terminal = cli.terminal(30, 120);
    // A later poll reuses the classification and says how old it is.
    terminal.wait_for("26 dead letters (15 acknowledged, classified ");
    terminal.type_text("2");
    terminal.wait_for("acknowledged  CLIP_RENDER");
    // Another dead letter of the group is noticed by the next poll.
    database.execute(
        "UPDATE jobs SET (state, updated_at, error, last_error) =
                (SELECT state, now(), error, last_error FROM jobs
                  WHERE state = 'dead_letter' AND kind = 'CLIP_RENDER' LIMIT 1)
          WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND kind = 'CLIP_RENDER' LIMIT 1)",
    );
    terminal.wait_for("27 dead letters (16 acknowledged");
    terminal.type_text("q");
    assert_eq!(terminal.finish(), 0);
}

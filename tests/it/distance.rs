//! Round trips to a distant database, counted on the wire.

use std::time::Duration;

use crate::queues::QUEUES;
use crate::support::cli::Cli;
use crate::support::distance::Relay;
use crate::support::drill::{is_full_run, report_run};
use crate::support::postgres::{Database, cluster};

/// Delays in each direction, milliseconds.
const DELAYS: [u64; 3] = [20, 5, 80];

/// Commands with the round trips that they may take after the connection is made. A listing takes one more for deaths
/// that only events tell, `dlq groups` one for its rows.
const COMMANDS: [(&[&str], u64); 7] = [
    (&["queue"], 2),
    (&["dlq", "list"], 3),
    (&["jobs", "show"], 2),
    (&["dlq", "show"], 3),
    (&["dlq", "groups"], 3),
    (&["rls", "audit"], 7),
    // The access audit is the longest chain: catalog, samples, memberships, policies.
    (&["triage"], 8),
];

#[test]
fn commands_take_few_round_trips_on_a_distant_database() {
    let db = Database::with_variant("main");
    crate::requeue::insert_dead_letters(&db, 50);
    let id = db.value("SELECT id::text FROM jobs LIMIT 1");
    let delays = if is_full_run() { &DELAYS[..] } else { &DELAYS[..1] };
    for delay in delays {
        let mut counted = Vec::new();
        for (command, most) in COMMANDS {
            let show = command.contains(&"show").then_some(id.as_str());
            let args: Vec<_> = command.iter().copied().chain(show).collect();
            let (trips, requests) = fewest(db.name(), &args, *delay);
            assert!(trips <= most, "{args:?}: {trips} of {most} round trips\n{requests}");
            counted.push(format!("{} {trips}", command.join(" ")));
        }
        report_run(&format!("{delay} ms each way: round trips of {}", counted.join(", ")));
    }
}

/// In the tables of packages: the catalog, the layout, and the rows. All but River have one more: whether row-level
/// security hides the rows of further tables, or whether Oban deletes its dead letters after a minute.
#[test]
fn packages_take_few_round_trips_on_a_distant_database() {
    for queue in QUEUES {
        let installed = queue.installed();
        let most = if queue.key == "river" { 3 } else { 4 };
        for command in [["queue"].as_slice(), &["dlq", "list"]] {
            let (trips, requests) = fewest(installed.db.name(), command, DELAYS[0]);
            assert!(trips <= most, "{} {command:?}: {trips} of {most}\n{requests}", queue.key);
        }
    }
}

/// Runs a command three times and returns its fewest round trips, and their requests. A response that a loaded machine
/// delays makes chains look longer than they are.
fn fewest(database: &str, args: &[&str], delay: u64) -> (u64, String) {
    let runs = (0..3).map(|_| run(database, args, Duration::from_millis(delay)));
    runs.min().unwrap()
}

/// Runs a command and returns its round trips and requests.
fn run(database: &str, args: &[&str], delay: Duration) -> (u64, String) {
    let relay = Relay::new(cluster().directory().join(".s.PGSQL.5432"), delay);
    let out = Cli::new(args).env("DATABASE_URL", relay.url(database)).run();
    assert!(!out.stdout.is_empty(), "{out:#?}");
    (relay.trips_after_connect(), relay.requests())
}

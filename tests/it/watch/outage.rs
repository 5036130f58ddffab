//! Tests of a server that is killed and started again.

use super::rendering::{compare, dimmed, frame};
use super::{OwnServer, start};

/// Compares the screens of an outage: old values are dimmed and show their age, then current values return.
fn outage(size: &str, rows: u16, columns: u16) {
    let mut own = OwnServer::start("main_typical");
    let terminal = start("--no-record", &own.url(), rows, columns);
    terminal.wait_for("no access violations");
    own.down();
    let refused = format!("cannot connect to 127.0.0.1:{}", own.port);
    let (database_row, queue_row) =
        (format!("Readiness      database: {refused}"), format!("ago: {refused}"));
    let outage_texts =
        [database_row.as_str(), &queue_row, "ago)", "UNKNOWN  stale: queue not read for "];
    compare(&format!("greyed-{size}"), &frame(&terminal, &outage_texts, &[]));
    compare(&format!("greyed-{size}-dimmed"), &dimmed(&terminal, &outage_texts, &[]));
    own.up("main_healthy");
    let (now, then) = (["THUMBNAIL_GEN", "no access violations"], ["ago)", "seen "]);
    compare(&format!("fresh-{size}"), &frame(&terminal, &now, &then));
    compare(&format!("fresh-{size}-dimmed"), &dimmed(&terminal, &now, &then));
}

#[test]
fn stale_values_are_dimmed_until_updated_at_80_columns() {
    outage("80x24", 24, 80);
}

#[test]
fn stale_values_are_dimmed_until_updated_at_120_columns() {
    outage("120x40", 40, 120);
}

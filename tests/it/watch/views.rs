//! Snapshots of every view at the two common terminal sizes.

use super::rendering::{compare, frame, selected};
use super::{OwnServer, watch_every};
use crate::support::http::Stub;
use crate::support::pty::Terminal;
use crate::support::readiness;

/// Starts the dashboard and waits for its only poll, so that only the clock changes afterwards. The server is
/// new and has no other clients, so that ages and connections are the same in every run.
fn start(own: &OwnServer, app: &Stub, rows: u16, columns: u16) -> Terminal {
    let cli = watch_every("1h", "--no-record", &own.url());
    cli.env("CLIPLY_BASE_URL", app.url()).terminal(rows, columns)
}

fn views(size: &str, rows: u16, columns: u16) {
    let own = OwnServer::start("main_typical");
    let app = Stub::start([
        ("/api/healthz", readiness::response("healthz_ok")),
        ("/api/readyz", readiness::response("canonical_ok")),
    ]);
    let mut terminal = start(&own, &app, rows, columns);
    let compare_view = |name: &str, frame: String| compare(&format!("{name}-{size}"), &frame);
    compare_view("overview", frame(&terminal, &["updated ", "CLIP_RENDER", "TRANSCRIBE"], &[]));
    terminal.type_text("sj");
    compare_view("kinds", frame(&terminal, &["by oldest", "TRANSCRIBE"], &[]));
    terminal.type_text("2");
    compare_view("groups", frame(&terminal, &["by jobs", "FFmpeg timed out"], &[]));
    compare_view("groups-selected", selected(&terminal, &["by jobs", "FFmpeg timed out"], &[]));
    terminal.type_text("\r");
    compare_view("detail", frame(&terminal, &["dlq show 00000000-", "same cause"], &["reading …"]));
    terminal.type_text("q3");
    compare_view("stuck", frame(&terminal, &["by heartbeat", "worker-c"], &[]));
    terminal.type_text(" ");
    compare_view("frozen", frame(&terminal, &["FROZEN"], &[]));
    terminal.type_text(" ?");
    compare_view("help", frame(&terminal, &["select a list"], &["FROZEN"]));
    terminal.type_text("qy");
    compare_view("command", frame(&terminal, &["Command"], &["select a list"]));
    terminal.type_text("\x03");
    assert_eq!(terminal.finish(), 0);
}

#[test]
fn every_view_renders_at_80_columns() {
    views("80x24", 24, 80);
}

#[test]
fn every_view_renders_at_120_columns() {
    views("120x40", 40, 120);
}

//! Renders the dashboard at every window size, without a terminal.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{MIN_SIZE, render};
use crate::facts::Status;
use crate::facts::operation::OperationType;
use crate::facts::recent_activity::RecentOperation;
use crate::facts::snapshot::AreaLine;
use crate::suggest::ShellCommand;
use crate::terminal::KeyPress;
use crate::watch::row_command::RowCommand;
use crate::watch::testing::{at, model, operation, sample_update};
use crate::watch::{Detail, Model, Overlay, press};

fn screen(model: &Model, width: u16, height: u16) -> String {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| render(frame, model, true));
    terminal.backend().to_string()
}

fn detail(lines: Option<Vec<String>>, position: usize) -> Overlay {
    let command = RowCommand::Job("1".to_owned());
    Overlay::Detail(Detail { command, canary: None, requeue: None, lines, position })
}

#[test]
fn every_view_renders_at_any_window_size() {
    let mut model = model();
    let overlays = [
        None,
        Some(Overlay::Help),
        Some(Overlay::Command(ShellCommand::new("dlq list --group v1-a"))),
        Some(Overlay::Kinds(1)),
        Some(Overlay::Nothing("no row".to_owned())),
        Some(detail(Some(vec!["a line".to_owned(); 50]), 49)),
        Some(detail(None, 0)),
    ];
    for overlay in overlays {
        model.overlay = overlay;
        for (width, height) in sizes() {
            screen(&model, width, height);
        }
    }
}

/// Returns window sizes around every size at which the layout changes.
fn sizes() -> impl Iterator<Item = (u16, u16)> {
    let widths = [1, 2, 7, 39, 59, 60, 61, 79, 80, 139, 140, 300];
    let heights = [1, 2, 3, 10, 19, 20, 21, 24, 31, 48, 100];
    widths.into_iter().flat_map(move |width| heights.map(|height| (width, height)))
}

#[test]
fn small_window_shows_the_status_and_the_required_size() {
    let model = model();
    for (width, height) in [(MIN_SIZE.0 - 1, MIN_SIZE.1), (MIN_SIZE.0, MIN_SIZE.1 - 1), (48, 3)] {
        let screen = screen(&model, width, height);
        assert!(screen.contains("OK") && screen.contains("need 60 × 20"), "{screen}");
    }
    assert!(screen(&model, 20, 1).contains("OK"));
    let smallest = screen(&model, MIN_SIZE.0, MIN_SIZE.1);
    assert!(smallest.contains("RENDER") && smallest.contains("? help  q quit"), "{smallest}");
}

#[test]
fn operation_counts_as_running_while_it_writes() {
    let mut model = model();
    let mut operation = operation();
    press(&mut model, KeyPress::Char('4'));
    let screen_with = |model: &mut Model, operation: &RecentOperation| {
        let mut update = sample_update(5, Some(1.0));
        let Some(recent) = &mut update.activity else { return String::new() };
        if let Ok(activity) = &mut recent.activity.result {
            activity.operations = vec![operation.clone()];
        }
        model.apply_update(update);
        model.now = at(5);
        screen(model, 120, 24)
    };
    let running = screen_with(&mut model, &operation);
    let row =
        "requeue  running      120  ada@desk  rq-20260101T000000Z-e1-a1  80 queued, 40 dead_letter";
    assert!(running.contains(row), "{running}");
    operation.operation_type = OperationType::Undo;
    assert!(screen_with(&mut model, &operation).contains("undo  running"));
    operation.last = 15.0;
    assert!(screen_with(&mut model, &operation).contains("undo  15s ago"));
}

#[test]
fn no_column_is_cut_while_the_window_has_room() {
    let mut model = model();
    let long = "TRANSCODE_VERY_LONG_VIDEO_TO_EVERY_FORMAT";
    let mut update = sample_update(5, Some(1.0));
    update.snapshot.detail.kinds[0].kind = long.to_owned();
    if let Some(Ok(dead)) = update.activity.as_mut().map(|recent| &mut recent.dead_letters.result) {
        dead.causes[0].kind = long.to_owned();
        dead.causes[0].cause = "a cause of some length that the operator has to read".to_owned();
    }
    model.apply_update(update);
    model.now = at(5);
    for panel in ['1', '2'] {
        press(&mut model, KeyPress::Char(panel));
        let screen = screen(&model, 128, 24);
        assert!(screen.contains(long), "{screen}");
    }
    assert!(screen(&model, 300, 24).contains("has to read"));
    // In a narrow window the columns share what there is.
    let narrow = screen(&model, 80, 24);
    assert!(narrow.contains("TRANSCODE_VERY_LONG") && narrow.contains('…'), "{narrow}");
}

#[test]
fn trend_shows_its_scale_and_its_time_window() {
    let mut model = model();
    model.apply_update(sample_update(60, Some(70.0)));
    model.now = at(60);
    let screen = screen(&model, 140, 40);
    assert!(screen.contains("last 20m · bars from 0 to max"), "{screen}");
    assert!(screen.contains("max 70"), "{screen}");
    for text in ["due · last 20m", "20m ago", "now", "70│"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    assert!(screen.contains(|c| matches!(c, '\u{2801}'..='\u{28ff}')), "no point: {screen}");
}

#[test]
fn headline_names_what_the_rows_show() {
    let mut model = model();
    assert!(screen(&model, 80, 24).contains("OK  all checks passed"));
    let mut update = sample_update(5, Some(1.0));
    update.snapshot.status = Status::Unknown;
    let area = AreaLine {
        area: "access".to_owned(),
        status: "unknown".to_owned(),
        detail: "no audit".to_owned(),
    };
    update.snapshot.detail.areas = vec![area];
    model.apply_update(update);
    model.now = at(5);
    let screen_now = screen(&model, 80, 24);
    assert!(screen_now.contains("UNKNOWN  not checked: access"), "{screen_now}");
    model.apply_update(sample_update(10, None));
    model.now = at(12);
    let unread = screen(&model, 80, 24);
    assert!(unread.contains("updated 2s ago · queue not read for 7s"), "{unread}");
    model.now = at(305);
    let stale = screen(&model, 80, 24);
    assert!(stale.contains("UNKNOWN  stale: no poll for 4m 55s"), "{stale}");
}

#[test]
fn newest_value_and_scale_of_a_trend_are_never_cut() {
    let mut model = model();
    for seconds in (10..1_200).step_by(10) {
        model.apply_update(sample_update(seconds, Some(70.0)));
    }
    model.now = at(1_190);
    assert!(!screen(&model, 60, 40).contains("max…"), "no part of a scale");
    for width in [80, 100, 140, 200] {
        let screen = screen(&model, width, 40);
        let row = screen.lines().find(|line| line.starts_with("\"RENDER ")).unwrap();
        assert!(row.contains("█ max 2"), "{screen}");
        let due = screen.lines().find(|line| line.starts_with("\"due ")).unwrap();
        assert!(due.contains("█ max 70"), "{screen}");
    }
}

#[test]
fn text_is_cut_by_what_is_missing_not_to_a_fixed_width() {
    let mut model = model();
    press(&mut model, KeyPress::Char('3'));
    let mut update = sample_update(10, Some(1.0));
    if let Some(Ok(stuck)) = update.activity.as_mut().map(|recent| &mut recent.stuck.result) {
        stuck[0].id = "00000000-0000-4000-8000-000000000334".to_owned();
    }
    model.apply_update(update);
    model.now = at(10);
    let id_width = |model: &Model, width| {
        let screen = screen(model, width, 20);
        let row = screen.lines().find(|line| line.contains("00000000-")).unwrap_or_default();
        row.split_whitespace().next().unwrap_or_default().trim_start_matches('"').chars().count()
    };
    assert_eq!([63, 62, 61, 60].map(|width| id_width(&model, width)), [36, 35, 34, 33]);
}

//! Renders the dashboard at every window size, without a terminal.

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{MIN_SIZE, render};
use crate::facts::operation::{OperationId, OperationType};
use crate::facts::recent_activity::RecentOperation;
use crate::terminal::KeyPress;
use crate::watch::testing::{at, model, sample_update};
use crate::watch::{Model, Overlay, press};

fn screen(model: &Model, width: u16, height: u16) -> String {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(width, height));
    let Ok(_) = terminal.draw(|frame| render(frame, model, true));
    terminal.backend().to_string()
}

#[test]
fn every_view_renders_at_any_window_size() {
    let mut model = model();
    let overlays = [
        None,
        Some(Overlay::Help),
        Some(Overlay::Command("cliplyctl dlq list --group v1-a".to_owned())),
        Some(Overlay::Kinds(1)),
        Some(Overlay::Cause("v1-a".to_owned(), 1)),
        Some(Overlay::Text("job".to_owned(), vec!["a line".to_owned(); 50], 49)),
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
    let widths = [1, 2, 7, 39, 59, 60, 61, 79, 80, 129, 130, 300];
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
    let mut operation = RecentOperation {
        operation: OperationId::parse("rq-20260101T000000Z-e1-a1").unwrap(),
        operation_type: OperationType::Requeue,
        who: "ada@desk".to_owned(),
        reason: Some("token renewed".to_owned()),
        jobs: 120,
        first: 60.0,
        last: 2.0,
        now: vec![("queued".to_owned(), 80), ("dead_letter".to_owned(), 40)],
    };
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
    let row = "requeueing   120: 80 queued, 40 dead_letter; ada@desk: token renewed";
    assert!(running.contains(row), "{running}");
    operation.operation_type = OperationType::Undo;
    assert!(screen_with(&mut model, &operation).contains("undoing"));
    operation.last = 15.0;
    assert!(screen_with(&mut model, &operation).contains("15s ago      120 undone: 80 queued"));
}

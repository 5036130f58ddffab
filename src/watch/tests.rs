//! Tests of keys and polls on the model, without a screen.

use std::time::Duration;

use super::testing::{at, model, sample_update};
use super::*;
use crate::facts::snapshot::{METRICS, Metric};
use crate::facts::{SourceError, SourceErrorKind};
use crate::terminal::KeyPress;

fn press_all(model: &mut Model, keys: &[KeyPress]) -> Option<Action> {
    keys.iter().fold(None, |_, key| press(model, *key))
}

#[test]
fn stale_value_is_marked_with_its_age() {
    let mut model = model();
    let due = |model: &Model| model.metrics[Metric::Due as usize].clone().unwrap();
    assert_eq!(model.stale_age(&due(&model)), None);
    model.apply_update(sample_update(5, None));
    model.now = at(8);
    assert_eq!(due(&model).value.value, 7.0);
    assert_eq!(model.stale_age(&due(&model)), Some(8.0));
    assert!(model.stale_age(model.kinds.as_ref().unwrap()).is_some());
    assert!(model.stale_age(model.dead_letters.as_ref().unwrap()).is_some());
    assert_eq!(model.trend.back().unwrap().metrics.get(Metric::Due), None, "a gap, no zero");
    model.apply_update(sample_update(10, Some(3.0)));
    assert_eq!(model.stale_age(&due(&model)), None);
}

#[test]
fn missing_metric_is_removed() {
    let mut model = model();
    let mut next = sample_update(5, Some(0.0));
    next.snapshot.metrics.exact(Metric::Due, None); // answered, but not counted
    model.apply_update(next);
    assert_eq!(model.metrics[Metric::Due as usize], None);
}

#[test]
fn missing_polls_mark_all_values_stale() {
    let mut model = model();
    model.now = at(12);
    assert!(!model.is_overdue());
    model.now = at(30);
    assert!(model.is_overdue());
    let due = model.metrics[Metric::Due as usize].clone().unwrap();
    assert_eq!(model.stale_age(&due), Some(30.0));
}

#[test]
fn frozen_view_is_unchanged_but_keeps_collecting_polls() {
    let mut model = model();
    press(&mut model, KeyPress::Char(' '));
    model.apply_update(sample_update(5, Some(100.0)));
    model.apply_update(sample_update(10, Some(200.0)));
    assert_eq!((model.at(), model.trend.len()), (Some(at(0)), 1));
    press(&mut model, KeyPress::Char(' '));
    assert_eq!((model.at(), model.trend.len()), (Some(at(10)), 3));
}

#[test]
fn rows_are_sorted_and_filtered_by_kind() {
    let mut model = model();
    let names =
        |model: &Model| kinds(model).iter().map(|line| line.kind.clone()).collect::<Vec<_>>();
    assert_eq!(names(&model), ["PUBLISH $(x)", "RENDER"]);
    press_all(&mut model, &[KeyPress::Char('s'), KeyPress::Char('s'), KeyPress::Char('s')]);
    assert_eq!(sort_order(&model, Panel::Kinds), "dead");
    assert_eq!(names(&model), ["RENDER", "PUBLISH $(x)"]);
    press_all(&mut model, &[KeyPress::Char('f'), KeyPress::Down, KeyPress::Down, KeyPress::Enter]);
    assert_eq!(model.kind.as_deref(), Some("RENDER"));
    assert_eq!((names(&model).len(), causes(&model).len()), (1, 1));
    press_all(&mut model, &[KeyPress::Char('f'), KeyPress::Enter]);
    assert_eq!(names(&model).len(), 2);
}

#[test]
fn causes_show_rising_and_falling_trends() {
    let model = model();
    assert_eq!(causes(&model).iter().map(|row| row.trend).collect::<String>(), "↑↓");
}

#[test]
fn cause_and_its_jobs_open_with_enter() {
    let mut model = model();
    press_all(&mut model, &[KeyPress::Tab, KeyPress::Down, KeyPress::Enter]);
    assert_eq!(model.overlay, Some(Overlay::Cause("v1-b".into(), 0)));
    let action = press_all(&mut model, &[KeyPress::Down, KeyPress::Down, KeyPress::Enter]);
    assert_eq!(action, Some(Action::OpenJob("v1-b-job2".into())));
    assert!(matches!(&model.overlay, Some(Overlay::Text(title, ..)) if title == "job v1-b-job2"));
    let mut closed = model.clone();
    press(&mut closed, KeyPress::Escape);
    assert_eq!(closed.overlay, None);
    press(&mut model, KeyPress::Char('c'));
    let command = "cliplyctl -c prod jobs show v1-b-job2";
    assert_eq!(model.overlay, Some(Overlay::Command(command.into())));
}

#[test]
fn requeue_and_rescue_keys_only_print_the_command() {
    let mut model = model();
    press(&mut model, KeyPress::Tab);
    let action = press(&mut model, KeyPress::Char('r'));
    let command = "cliplyctl -c prod dlq requeue --group v1-a --canary";
    assert_eq!(action, Some(Action::Leave(command.to_owned())));
    press(&mut model, KeyPress::Tab);
    let action = press(&mut model, KeyPress::Char('r'));
    let rescue = "cliplyctl -c prod jobs rescue job9";
    assert_eq!(action, Some(Action::Leave(rescue.to_owned())));
    let action = press_all(&mut model, &[KeyPress::Enter]);
    assert_eq!(action, Some(Action::OpenJob("job9".into())));
    let action = press(&mut model, KeyPress::Char('r'));
    assert_eq!(action, Some(Action::Leave(rescue.to_owned())), "in its box, too");
}

#[test]
fn external_kind_is_quoted_for_the_shell() {
    let mut model = model();
    press(&mut model, KeyPress::Char('c'));
    let command = "cliplyctl -c prod queue --kind 'PUBLISH $(x)'";
    assert_eq!(model.overlay, Some(Overlay::Command(command.to_owned())));
}

#[test]
fn keys_on_empty_lists_do_nothing() {
    let mut model = Model::new("db".into(), Default::default(), Duration::from_secs(5), at(0));
    for panel in ['1', '2', '3', '4'] {
        for key in [
            KeyPress::Down,
            KeyPress::Up,
            KeyPress::PageDown,
            KeyPress::Enter,
            KeyPress::Char('r'),
            KeyPress::Char('c'),
        ] {
            let action = press_all(&mut model, &[KeyPress::Escape, KeyPress::Char(panel), key]);
            assert_eq!(action, None, "{panel} {key:?}");
        }
    }
    for key in ['r', 'c'] {
        press_all(&mut model, &[KeyPress::Escape, KeyPress::Char('1'), KeyPress::Char(key)]);
        let Some(Overlay::Nothing(why)) = model.overlay else { panic!("{key} has no effect") };
        assert!(why.contains("select"), "{why}");
        press(&mut model, KeyPress::Char('2'));
        assert_eq!((model.focus, &model.overlay), (Panel::Causes, &None), "the key is not lost");
    }
    assert_eq!(press(&mut model, KeyPress::Interrupt), Some(Action::Quit));
    assert_eq!(model.metrics.len(), METRICS.len());
    let error: SourceError = SourceError::new(SourceErrorKind::Other, "needs a scan");
    assert!(!error.kind.is_retryable());
}

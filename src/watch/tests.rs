//! Tests of keys and polls on the model, without a screen.

use std::time::Duration;

use super::testing::{at, model, sample_update};
use super::*;
use crate::facts::snapshot::{FailedCheck, METRICS, Metric, MetricValues};
use crate::facts::{SourceError, SourceErrorKind, Status, Threshold};
use crate::suggest::ShellCommand;
use crate::terminal::KeyPress;
use crate::watch::row_command::RowCommand;

fn press_all(model: &mut Model, keys: &[KeyPress]) -> Option<Action> {
    keys.iter().fold(None, |_, key| press(model, *key))
}

/// Returns a command for the context of the test's model.
fn in_prod(command: ShellCommand) -> ShellCommand {
    command.in_context("prod")
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
    model.now = at(11);
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

/// The words of a command.
fn command_line(command: &RowCommand) -> String {
    command.to_paste().argv().collect::<Vec<_>>().join(" ")
}

/// Returns the words of the open detail.
fn open_detail(model: &Model) -> String {
    match &model.overlay {
        Some(Overlay::Detail(detail)) => command_line(&detail.command),
        other => panic!("no detail: {other:?}"),
    }
}

#[test]
fn enter_opens_the_report_of_a_row_in_every_list() {
    let expected = [
        ('1', "queue --kind PUBLISH $(x)"),
        ('2', "dlq show v1-a-job1"),
        ('3', "jobs show job9"),
        ('4', "dlq follow rq-20260101T000000Z-e1-a1 --wait 1s"),
    ];
    for (panel, words) in expected {
        let mut model = model();
        model.apply_update(update_with_operation());
        let action = press_all(&mut model, &[KeyPress::Char(panel), KeyPress::Enter]);
        assert!(
            matches!(action, Some(Action::Open(opened)) if self::command_line(&opened) == words),
            "{panel}"
        );
        assert_eq!(open_detail(&model), words);
        press(&mut model, KeyPress::Escape);
        assert_eq!(model.overlay, None);
    }
}

fn update_with_operation() -> DashboardUpdate {
    let mut update = sample_update(5, Some(7.0));
    let Some(recent) = &mut update.activity else { return update };
    let Ok(activity) = &mut recent.activity.result else { return update };
    activity.operations = vec![super::testing::operation()];
    update
}

#[test]
fn detail_of_a_group_steps_through_its_jobs() {
    let mut model = model();
    press_all(&mut model, &[KeyPress::Tab, KeyPress::Down, KeyPress::Enter]);
    assert_eq!(open_detail(&model), "dlq show v1-b-job1");
    let action = press(&mut model, KeyPress::Char('n'));
    assert!(matches!(action, Some(Action::Open(_))));
    assert_eq!(open_detail(&model), "dlq show v1-b-job2");
    assert_eq!(press(&mut model, KeyPress::Char('n')), None, "it has only two");
    press(&mut model, KeyPress::Char('p'));
    assert_eq!(open_detail(&model), "dlq show v1-b-job1");
    press(&mut model, KeyPress::Char('y'));
    let command = in_prod(ShellCommand::new("dlq show v1-b-job1"));
    assert_eq!(model.overlay, Some(Overlay::Command(command)));
}

#[test]
fn filter_applies_to_every_list_while_it_is_typed() {
    let mut model = model();
    let count = |model: &Model| Panel::ALL.map(|panel| rows(model, panel));
    assert_eq!(count(&model), [2, 2, 1, 0]);
    press_all(&mut model, &"/pub".chars().map(KeyPress::Char).collect::<Vec<_>>());
    assert!(model.is_typing);
    assert_eq!(count(&model), [1, 1, 0, 0], "ignoring case");
    press_all(&mut model, &[KeyPress::Char('q'), KeyPress::Backspace, KeyPress::Enter]);
    assert_eq!((model.filter.as_str(), count(&model)), ("pub", [1, 1, 0, 0]), "q is a letter");
    press_all(&mut model, &[KeyPress::Char('2'), KeyPress::Enter]);
    assert_eq!(open_detail(&model), "dlq show v1-b-job1", "the row that is shown");
    press_all(&mut model, &[KeyPress::Escape, KeyPress::Escape]);
    assert_eq!((model.filter.as_str(), count(&model)), ("", [2, 2, 1, 0]));
}

#[test]
fn selection_follows_its_row_when_the_order_changes() {
    let mut model = model();
    press(&mut model, KeyPress::Char('2'));
    let mut next = sample_update(5, Some(7.0));
    let Some(recent) = &mut next.activity else { panic!("no activity") };
    let Ok(dead_letters) = &mut recent.dead_letters.result else { panic!("not read") };
    dead_letters.causes.reverse();
    model.apply_update(next);
    press(&mut model, KeyPress::Enter);
    assert_eq!(open_detail(&model), "dlq show v1-a-job1");
}

/// Returns a poll with the last cause only.
fn update_without_the_first_cause() -> DashboardUpdate {
    let mut update = sample_update(5, Some(7.0));
    let Some(recent) = &mut update.activity else { panic!("no activity") };
    let Ok(dead_letters) = &mut recent.dead_letters.result else { panic!("not read") };
    dead_letters.causes.remove(0);
    update
}

#[test]
fn keys_of_a_detail_are_about_its_row_when_the_row_has_left() {
    let mut model = model();
    press_all(&mut model, &[KeyPress::Char('2'), KeyPress::Enter]);
    assert_eq!(open_detail(&model), "dlq show v1-a-job1");
    model.apply_update(update_without_the_first_cause());
    let canary = RowCommand::Canary("v1-a".to_owned());
    let mut requeued = model.clone();
    let Some(Action::Leave(command)) = press(&mut requeued, KeyPress::Char('r')) else {
        panic!("no command")
    };
    assert!(command.argv().any(|word| word == "v1-a"), "{command}");
    assert_eq!(press(&mut model, KeyPress::Char('c')), Some(Action::Canary(canary)));
}

#[test]
fn selection_is_always_a_row_of_the_list() {
    let mut model = model();
    press_all(&mut model, &[KeyPress::Char('2'), KeyPress::Char('s')]);
    press_all(&mut model, &[KeyPress::Enter]);
    assert_eq!(open_detail(&model), "dlq show v1-a-job1", "the row that was selected");
    press_all(&mut model, &[KeyPress::Escape, KeyPress::Down, KeyPress::Down]);
    model.apply_update(update_without_the_first_cause());
    press(&mut model, KeyPress::Enter);
    assert_eq!(open_detail(&model), "dlq show v1-b-job1");
}

#[test]
fn canary_key_starts_only_for_a_group_in_a_writable_context() {
    let mut model = model();
    assert_eq!(press(&mut model, KeyPress::Char('c')), None);
    assert!(matches!(&model.overlay, Some(Overlay::Nothing(why)) if why.contains("group")));
    let action = press_all(&mut model, &[KeyPress::Char('2'), KeyPress::Char('c')]);
    let canary = RowCommand::Canary("v1-a".to_owned());
    assert_eq!(action, Some(Action::Canary(canary.clone())));
    press(&mut model, KeyPress::Enter);
    assert_eq!(press(&mut model, KeyPress::Char('c')), Some(Action::Canary(canary)), "its report");
    model.target.read_only = Some("this context is read-only".to_owned());
    assert_eq!(press(&mut model, KeyPress::Char('c')), None);
    let refused = "refused: this context is read-only".to_owned();
    assert_eq!(model.overlay, Some(Overlay::Nothing(refused)));
}

#[test]
fn frozen_screen_is_not_overdue_while_polls_arrive() {
    let mut model = model();
    press(&mut model, KeyPress::Char(' '));
    model.apply_update(sample_update(60, Some(1.0)));
    model.now = at(62);
    assert!(!model.is_overdue());
    model.now = at(120);
    assert!(model.is_overdue());
}

#[test]
fn row_status_agrees_with_the_checks_and_thresholds() {
    let mut model = model();
    model.target.limits.oldest_due = Threshold::new(60.0, 300.0);
    let mut update = sample_update(5, Some(7.0));
    let check =
        |check: &str, status| FailedCheck { check: check.into(), status, message: String::new() };
    update.snapshot.failed_checks = vec![check("queue.stuck", Status::Warning)];
    for (line, age) in update.snapshot.detail.kinds.iter_mut().zip([Some(59.0), Some(301.0)]) {
        line.oldest_due = age;
    }
    update.acknowledged = vec!["v1-a".to_owned()];
    model.apply_update(update);
    assert_eq!(stuck_status(&model), Status::Warning);
    assert_eq!(metric_status(&model, Metric::Stuck), Status::Warning);
    assert_eq!(metric_status(&model, Metric::Due), Status::Ok);
    let statuses: Vec<_> = kinds(&model).iter().map(|line| kind_status(&model, line)).collect();
    assert_eq!(statuses, [Status::Critical, Status::Ok]);
    let states: Vec<_> = causes(&model).iter().map(|row| group_state(&model, row.cause)).collect();
    assert_eq!(states, [GroupState::Acknowledged, GroupState::Quiet]);
}

#[test]
fn checks_of_every_metric_are_registered() {
    for doc in &METRICS {
        for check in severity::checks_of(doc.metric) {
            assert!(crate::checks::registry::title(check).is_some(), "{check}");
        }
    }
}

#[test]
fn trend_is_a_function_of_time_not_of_the_number_of_polls() {
    let mut model = model();
    model.trend.clear();
    let point = |seconds, due| {
        let mut metrics = MetricValues::default();
        metrics.exact(Metric::Due, due);
        TrendPoint { at: at(seconds), metrics, kinds: Default::default() }
    };
    // 20 minutes in four parts: nothing, then many polls, then one poll without an answer, then one poll.
    for seconds in 400..420 {
        model.remember(point(seconds, Some(3.0)));
    }
    model.remember(point(419, Some(9.0)));
    model.remember(point(700, None));
    model.remember(point(1_000, Some(5.0)));
    model.now = at(1_200);
    let due = |point: &TrendPoint| point.metrics.get(Metric::Due).map(|m| m.value);
    assert_eq!(series(&model, 4, due), [None, Some(9.0), None, Some(5.0)]);
    assert_eq!(lines(&model, due).iter().map(Vec::len).collect::<Vec<_>>(), [21, 1]);
    assert_eq!(lines(&model, due)[1], [(-200.0, 5.0)]);
}

#[test]
fn requeue_and_rescue_keys_only_print_the_command() {
    let mut model = model();
    press(&mut model, KeyPress::Tab);
    let action = press(&mut model, KeyPress::Char('r'));
    let command = in_prod(ShellCommand::new("dlq requeue --group v1-a --canary"));
    assert_eq!(action, Some(Action::Leave(command)));
    press(&mut model, KeyPress::Tab);
    let action = press(&mut model, KeyPress::Char('r'));
    let rescue = in_prod(ShellCommand::new("jobs rescue job9"));
    assert_eq!(action, Some(Action::Leave(rescue.clone())));
    press(&mut model, KeyPress::Enter);
    let action = press(&mut model, KeyPress::Char('r'));
    assert_eq!(action, Some(Action::Leave(rescue)), "in its box, too");
}

#[test]
fn external_kind_is_quoted_for_the_shell() {
    let mut model = model();
    press(&mut model, KeyPress::Char('y'));
    let command = in_prod(ShellCommand::new("queue --kind").arg("PUBLISH $(x)"));
    assert_eq!(command.to_string(), "cliplyctl -c prod queue --kind 'PUBLISH $(x)'");
    assert_eq!(model.overlay, Some(Overlay::Command(command)));
}

#[test]
fn keys_on_empty_lists_do_nothing() {
    let mut model = Model::new(Target::default(), Duration::from_secs(5), at(0));
    for panel in ['1', '2', '3', '4'] {
        for key in [
            KeyPress::Down,
            KeyPress::Up,
            KeyPress::PageDown,
            KeyPress::Enter,
            KeyPress::Char('r'),
            KeyPress::Char('c'),
            KeyPress::Char('y'),
        ] {
            let action = press_all(&mut model, &[KeyPress::Escape, KeyPress::Char(panel), key]);
            assert_eq!(action, None, "{panel} {key:?}");
        }
    }
    for key in ['r', 'c', 'y'] {
        press_all(&mut model, &[KeyPress::Escape, KeyPress::Char('1'), KeyPress::Char(key)]);
        let Some(Overlay::Nothing(why)) = &model.overlay else { panic!("{key} has no effect") };
        assert!(why.contains("select"), "{why}");
        press(&mut model, KeyPress::Char('2'));
        assert_eq!((model.focus, &model.overlay), (Panel::Causes, &None), "the key is not lost");
    }
    assert_eq!(press(&mut model, KeyPress::Interrupt), Some(Action::Quit));
    assert_eq!(model.metrics.len(), METRICS.len());
    let error: SourceError = SourceError::new(SourceErrorKind::Other, "needs a scan");
    assert!(!error.kind.is_retryable());
}

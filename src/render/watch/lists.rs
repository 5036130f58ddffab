//! The lists: kinds, causes, stuck jobs, operations.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::style::{Paint, field, right, truncate};
use crate::facts::SourceError;
use crate::facts::operation::OperationType;
use crate::text::{age, count, sparkline};
use crate::watch::{Model, Panel, Timestamped, causes, kinds, operations, sort_of, stuck};

/// Rows of a list: their texts, as wide as the list allows.
type ListRows = Vec<String>;

/// A list under its heading.
pub(crate) fn paint(frame: &mut Frame<'_>, model: &Model, panel: Panel, area: Rect, style: Paint) {
    let mut heading = vec![Span::styled(title(model, panel), heading_style(model, panel, style))];
    heading.push(Span::styled(format!("  by {}", sort_of(model, panel)), style.muted()));
    body(frame, model, panel, area, Line::from(heading), style);
}

/// The list that the keys speak to, under the names of all.
pub(crate) fn paint_one(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    let mut heading = Vec::new();
    for panel in Panel::ALL {
        heading.push(Span::styled(title(model, panel), heading_style(model, panel, style)));
        heading.push(Span::raw("  "));
    }
    heading.push(Span::styled(format!("by {}", sort_of(model, model.focus)), style.muted()));
    body(frame, model, model.focus, area, Line::from(heading), style);
}

fn heading_style(model: &Model, panel: Panel, style: Paint) -> Style {
    if model.focus == panel { style.selected() } else { style.strong() }
}

fn title(model: &Model, panel: Panel) -> String {
    let (number, rows) = (panel as usize + 1, rows(model, panel, 200).len());
    format!(" {number} {} {rows} ", panel.title())
}

fn body(
    frame: &mut Frame<'_>,
    model: &Model,
    panel: Panel,
    area: Rect,
    heading: Line<'static>,
    style: Paint,
) {
    let width = usize::from(area.width);
    let mut lines = vec![heading];
    let (note, old) = note(model, panel);
    if let Some(note) = note {
        lines.push(Line::styled(truncate(&note, width), style.muted()));
    }
    let all = rows(model, panel, width);
    if !all.is_empty() {
        lines.push(Line::styled(truncate(columns(panel), width), style.muted()));
    }
    let room = usize::from(area.height).saturating_sub(lines.len());
    let selected = model.selected[panel as usize].min(all.len().saturating_sub(1));
    let skip = (selected + 1).saturating_sub(room);
    for (place, row) in all.into_iter().enumerate().skip(skip).take(room) {
        let of_then = if old { style.muted() } else { Style::new() };
        let here = place == selected && model.focus == panel;
        let mark = if here { style.selected() } else { Style::new() };
        lines.push(Line::styled(field(&row, width), of_then.patch(mark)));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// What is to be said before the rows, and whether they are of then.
fn note(model: &Model, panel: Panel) -> (Option<String>, bool) {
    let Some(looked) = &model.latest else { return (None, false) };
    let live = looked.activity.as_ref();
    let said = |error: Option<&SourceError>| {
        error.map(|error| match &error.hint {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        })
    };
    let (obstacle, since) = match panel {
        Panel::Kinds => {
            let missing = looked.by_kind_missing.as_ref().map(|why| format!("not whole: {why}"));
            (looked.obstacle.clone().or(missing), since(model, model.kinds.as_ref()))
        }
        Panel::Causes => (
            said(live.and_then(|live| live.dead_letters.error())),
            since(model, model.dead_letters.as_ref()),
        ),
        Panel::Stuck => {
            (said(live.and_then(|live| live.stuck.error())), since(model, model.stuck.as_ref()))
        }
        Panel::Operations => (
            said(live.and_then(|live| live.activity.error())),
            since(model, model.activity.as_ref()),
        ),
    };
    let window = match &model.dead_letters {
        Some(known) if panel == Panel::Causes && !known.value.whole => {
            Some(format!("of the newest {} dead letters", count(known.value.read)))
        }
        _ => None,
    };
    match since {
        Some(seconds) => {
            let why = obstacle.map(|why| format!(": {why}")).unwrap_or_default();
            (Some(format!("seen {} ago{why}", age(seconds))), true)
        }
        None => (obstacle.or(window), false),
    }
}

fn since<T>(model: &Model, known: Option<&Timestamped<T>>) -> Option<f64> {
    known.and_then(|known| model.stale(known))
}

fn rows(model: &Model, panel: Panel, width: usize) -> ListRows {
    match panel {
        Panel::Kinds => kind_rows(model, width),
        Panel::Causes => cause_rows(model),
        Panel::Stuck => stuck_rows(model),
        Panel::Operations => operation_rows(model),
    }
}

/// The names of a list's columns, above its rows.
fn columns(panel: Panel) -> &'static str {
    match panel {
        Panel::Kinds => "KIND                    DUE    OLDEST   RUNNING      DEAD",
        Panel::Causes => "GROUP           JOBS   15 MIN     LAST  KIND             CAUSE",
        Panel::Stuck => "JOB                                       SILENT  WORKER          KIND",
        Panel::Operations => "OPERATION                        STATE        JOBS",
    }
}

/// Columns before the sparkline of a kind.
const KINDS: usize = 60;

fn kind_rows(model: &Model, width: usize) -> ListRows {
    let rest = width.saturating_sub(KINDS).min(KINDS);
    let skip = model.trend.len().saturating_sub(rest);
    let row = |line: &&crate::facts::snapshot::KindLine| {
        let due = model.trend.iter().skip(skip).map(|dot| {
            let known = dot.kinds.iter().find(|(kind, _)| *kind == line.kind);
            known.map(|(_, due)| *due as f64)
        });
        let oldest = line.oldest_due.map_or_else(|| "-".to_owned(), age);
        format!(
            "{} {} {} {} {}  {}",
            field(&line.kind, 18),
            right(&count(line.due), 8),
            right(&oldest, 9),
            right(&count(line.in_progress), 9),
            right(&count(line.dead), 9),
            sparkline::bars(due),
        )
    };
    kinds(model).iter().map(row).collect()
}

fn cause_rows(model: &Model) -> ListRows {
    let row = |row: &crate::watch::CauseRow<'_>| {
        let cause = row.cause;
        format!(
            "{} {} {} {} {}  {} {}",
            field(&cause.group, 13),
            right(&count(cause.jobs), 6),
            row.trend,
            right(&count(cause.recent), 6),
            right(&cause.newest.map_or_else(|| "?".to_owned(), age), 8),
            field(&cause.kind, 16),
            cause.cause,
        )
    };
    causes(model).iter().map(row).collect()
}

fn stuck_rows(model: &Model) -> ListRows {
    let row = |job: &&crate::facts::recent_activity::Stuck| {
        let silent = job.silent.map_or_else(|| "no beat".to_owned(), age);
        let (id, worker) = (field(&job.id, 37), field(&job.worker, 15));
        format!("{id} {}  {worker} {}", right(&silent, 10), job.kind)
    };
    stuck(model).iter().map(row).collect()
}

fn operation_rows(model: &Model) -> ListRows {
    let row = |running: &&crate::facts::recent_activity::RecentOperation| {
        let state = match (running.runs(), running.operation_type) {
            (true, OperationType::Requeue) => "requeueing".to_owned(),
            (true, OperationType::Undo) => "undoing".to_owned(),
            (true, OperationType::Rescue) => "rescuing".to_owned(),
            (false, _) => format!("{} ago", age(running.last)),
        };
        let now = running.now.iter().map(|(state, n)| format!("{} {state}", count(*n)));
        let now = now.collect::<Vec<_>>().join(", ");
        let why = running.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
        let deed = if running.operation_type == OperationType::Requeue {
            ""
        } else {
            running.operation_type.past_tense()
        };
        let jobs = format!("{} {deed}", count(running.jobs));
        let (id, jobs) = (field(&running.operation, 32), jobs.trim_end());
        format!("{id} {} {jobs}: {now}; {}{why}", field(&state, 12), running.who)
    };
    operations(model).iter().map(row).collect()
}

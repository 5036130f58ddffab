//! The lists of the dashboard: kinds, causes, stuck jobs, operations.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::style::{Paint, field, right, truncate};
use crate::facts::SourceError;
use crate::facts::operation::OperationType;
use crate::text::{age, count, sparkline};
use crate::watch::{Model, Panel, Timestamped, causes, kinds, operations, sort_order, stuck};

/// The rows of a list, as texts.
type ListRows = Vec<String>;

/// Renders a list under its heading.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, panel: Panel, area: Rect, style: Paint) {
    let mut heading = vec![Span::styled(title(model, panel), heading_style(model, panel, style))];
    heading.push(Span::styled(format!("  by {}", sort_order(model, panel)), style.muted()));
    body(frame, model, panel, area, Line::from(heading), style);
}

/// Renders the focused list under the headings of all lists.
pub(crate) fn render_focused(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    let mut heading = Vec::new();
    for panel in Panel::ALL {
        heading.push(Span::styled(title(model, panel), heading_style(model, panel, style)));
    }
    heading.push(Span::styled(format!("by {}", sort_order(model, model.focus)), style.muted()));
    body(frame, model, model.focus, area, Line::from(heading), style);
}

fn heading_style(model: &Model, panel: Panel, style: Paint) -> Style {
    if model.focus == panel { style.selected() } else { style.strong() }
}

fn title(model: &Model, panel: Panel) -> String {
    let (number, rows) = (panel as usize + 1, rows(model, panel, 200).len());
    format!(" [{number}] {} ({rows}) ", panel.title())
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
    let (note, is_stale) = note(model, panel);
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
    for (index, row) in all.into_iter().enumerate().skip(skip).take(room) {
        let row_style = if is_stale { style.muted() } else { Style::new() };
        let is_selected = index == selected && model.focus == panel;
        let highlight = if is_selected { style.selected() } else { Style::new() };
        lines.push(Line::styled(field(&row, width), row_style.patch(highlight)));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// Returns the note above the rows, and whether the rows are stale.
fn note(model: &Model, panel: Panel) -> (Option<String>, bool) {
    let Some(update) = &model.latest else { return (None, false) };
    let recent = update.activity.as_ref();
    let error_text = |error: Option<&SourceError>| {
        error.map(|error| match &error.hint {
            Some(hint) => format!("{error}; {hint}"),
            None => error.to_string(),
        })
    };
    let (obstacle, stale_seconds) = match panel {
        Panel::Kinds => {
            let missing = update.by_kind_missing.as_ref().map(|why| format!("incomplete: {why}"));
            (update.obstacle.clone().or(missing), stale_age(model, model.kinds.as_ref()))
        }
        Panel::Causes => (
            error_text(recent.and_then(|recent| recent.dead_letters.error())),
            stale_age(model, model.dead_letters.as_ref()),
        ),
        Panel::Stuck => (
            error_text(recent.and_then(|recent| recent.stuck.error())),
            stale_age(model, model.stuck.as_ref()),
        ),
        Panel::Operations => (
            error_text(recent.and_then(|recent| recent.activity.error())),
            stale_age(model, model.activity.as_ref()),
        ),
    };
    let window = match &model.dead_letters {
        Some(known) if panel == Panel::Causes && !known.value.is_complete => {
            Some(format!("of the newest {} dead letters", count(known.value.read)))
        }
        _ => None,
    };
    match stale_seconds {
        Some(seconds) => {
            let why = obstacle.map(|why| format!(": {why}")).unwrap_or_default();
            (Some(format!("seen {} ago{why}", age(seconds))), true)
        }
        None => (obstacle.or(window), false),
    }
}

fn stale_age<T>(model: &Model, known: Option<&Timestamped<T>>) -> Option<f64> {
    known.and_then(|known| model.stale_age(known))
}

fn rows(model: &Model, panel: Panel, width: usize) -> ListRows {
    match panel {
        Panel::Kinds => kind_rows(model, width),
        Panel::Causes => cause_rows(model),
        Panel::Stuck => stuck_rows(model),
        Panel::Operations => operation_rows(model),
    }
}

/// Returns the headings of a list's columns.
fn columns(panel: Panel) -> &'static str {
    match panel {
        Panel::Kinds => "KIND                    DUE    OLDEST   CLAIMED      DEAD",
        Panel::Causes => "GROUP           JOBS   15 MIN     LAST  KIND             CAUSE",
        Panel::Stuck => "JOB                                    HEARTBEAT  WORKER          KIND",
        Panel::Operations => "OPERATION                        STATE        JOBS",
    }
}

/// The width of the columns before the sparkline of a kind.
const KIND_COLUMNS: usize = 60;

fn kind_rows(model: &Model, width: usize) -> ListRows {
    let sparkline_width = width.saturating_sub(KIND_COLUMNS).min(KIND_COLUMNS);
    let skip = model.trend.len().saturating_sub(sparkline_width);
    let row = |line: &&crate::facts::snapshot::KindLine| {
        let due = model.trend.iter().skip(skip).map(|point| {
            let count = point.kinds.iter().find(|(kind, _)| *kind == line.kind);
            count.map(|(_, due)| *due as f64)
        });
        let oldest = line.oldest_due.map_or_else(|| "-".to_owned(), age);
        format!(
            "{} {} {} {} {}  {}",
            field(&line.kind, 18),
            right(&count(line.due), 8),
            right(&oldest, 9),
            right(&count(line.claimed), 9),
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
    let row = |job: &&crate::facts::recent_activity::RecentStuckJob| {
        let heartbeat_age = job.heartbeat_age.map_or_else(|| "none".to_owned(), age);
        let (id, worker) = (field(&job.id, 37), field(&job.worker, 15));
        format!("{id} {}  {worker} {}", right(&heartbeat_age, 10), job.kind)
    };
    stuck(model).iter().map(row).collect()
}

fn operation_rows(model: &Model) -> ListRows {
    let row = |operation: &&crate::facts::recent_activity::RecentOperation| {
        let state = match (operation.runs(), operation.operation_type) {
            (true, OperationType::Requeue) => "requeueing".to_owned(),
            (true, OperationType::Undo) => "undoing".to_owned(),
            (true, OperationType::Rescue) => "rescuing".to_owned(),
            (false, _) => format!("{} ago", age(operation.last)),
        };
        let now = operation.now.iter().map(|(state, n)| format!("{} {state}", count(*n)));
        let now = now.collect::<Vec<_>>().join(", ");
        let reason =
            operation.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
        let verb = if operation.operation_type == OperationType::Requeue {
            ""
        } else {
            operation.operation_type.past_tense()
        };
        let jobs = format!("{} {verb}", count(operation.jobs));
        let (id, jobs) = (field(&operation.operation.to_string(), 32), jobs.trim_end());
        format!("{id} {} {jobs}: {now}; {}{reason}", field(&state, 12), operation.who)
    };
    operations(model).iter().map(row).collect()
}

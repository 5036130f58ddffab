//! The lists of the dashboard: kinds, causes, stuck jobs, operations.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::metrics::window;
use super::style::{self, Paint, field, right, truncate};
use crate::facts::recent_activity::{RecentOperation, RecentStuckJob};
use crate::facts::snapshot::{KindLine, Metric};
use crate::facts::stuck_job::SignOfLife;
use crate::facts::{SourceError, Status};
use crate::render::column_widths::{GAP, fit};
use crate::report::{Align, Column, ShrinkOrder, Table};
use crate::text::{age, count, sparkline};
use crate::watch::{
    GroupState, Model, Panel, Timestamped, causes, group_state, kind_status, kinds,
    operation_status, operations, rows, series, sort_order, stuck, stuck_status, total,
};

/// The least room for the last column before a minor column is dropped.
const MIN_LAST: usize = 24;
/// Texts are cut to this length at most before a column is dropped.
const MIN_CELL: usize = 16;
/// The widest trend of a kind.
const MAX_TREND: usize = 60;

/// The rows of a list: columns that are as wide as their texts, and a last column that takes the remaining width.
struct List {
    columns: Vec<Column>,
    last: String,
    rows: Vec<Row>,
}

/// A row of a list.
struct Row {
    cells: Vec<String>,
    last: String,
    status: Status,
}

/// Renders a list under its title.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, panel: Panel, area: Rect, style: Paint) {
    let title = vec![Span::styled(title(model, panel), style.title(model.focus == panel))];
    body(frame, model, (panel, area), title, style);
}

/// Renders the focused list under the titles of all lists.
pub(crate) fn render_focused(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    let title = |panel| Span::styled(title(model, panel), style.title(model.focus == panel));
    body(frame, model, (model.focus, area), Panel::ALL.map(title).to_vec(), style);
}

/// Returns the title of a list, with its number of rows.
fn title(model: &Model, panel: Panel) -> String {
    let (number, shown, all) = (panel as usize + 1, rows(model, panel), total(model, panel));
    let known = model.metrics[Metric::Stuck as usize].as_ref().filter(|_| panel == Panel::Stuck);
    // Of the stuck jobs, the list has only some.
    let all = known.map_or(all, |known| all.max(known.value.value as usize));
    let number_of_rows = match shown {
        shown if shown == all => count(all as u64),
        shown => format!("{} of {}", count(shown as u64), count(all as u64)),
    };
    format!(" [{number}] {} ({number_of_rows}) ", panel.title())
}

fn body(
    frame: &mut Frame<'_>,
    model: &Model,
    (panel, area): (Panel, Rect),
    mut title: Vec<Span<'static>>,
    style: Paint,
) {
    title.push(Span::styled(format!(" by {} ", sort_order(model, panel)), style.muted()));
    let block = super::panel(style).title(Line::from(title));
    let (width, inner) = (usize::from(area.width), block.inner(area));
    let mut lines = vec![];
    let (note, is_stale) = note(model, panel);
    if let Some(note) = note {
        lines.push(Line::styled(truncate(&note, width), style.muted()));
    }
    let list = list(model, panel, width);
    let widths = widths(&list, width);
    if !list.rows.is_empty() {
        let titles: Vec<_> =
            list.columns.iter().map(|column| column.title.to_uppercase()).collect();
        let titles = line(&list, &widths, (&titles, &list.last), width);
        lines.push(Line::styled(titles, style.muted()));
    } else if !model.filter.is_empty() || model.kind.is_some() {
        lines.push(Line::styled("no row passes the filter", style.muted()));
    }
    let room = usize::from(inner.height).saturating_sub(lines.len());
    let selected = model.selected[panel as usize].min(list.rows.len().saturating_sub(1));
    let skip = (selected + 1).saturating_sub(room);
    for (index, row) in list.rows.iter().enumerate().skip(skip).take(room) {
        let row_style = if is_stale { style.muted() } else { style.row(row.status) };
        let is_selected = index == selected && model.focus == panel;
        let highlight = if is_selected { style.selected() } else { Style::new() };
        let text = line(&list, &widths, (&row.cells, &row.last), width);
        lines.push(Line::styled(field(&text, width), row_style.patch(highlight)));
    }
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// Returns the columns that are shown, each with its width. A text is cut only if the columns need more than the width,
/// and a column that is not minor is dropped only if cutting is not enough.
fn widths(list: &List, width: usize) -> Vec<(usize, usize)> {
    let last = list.rows.iter().map(|row| style::width(&row.last)).max().unwrap_or(0);
    let room = width.saturating_sub(last.min(MIN_LAST) + GAP);
    let table = Table::listing(list.columns.clone());
    let layout = |longest: usize| {
        let cells = |row: &Row| row.cells.iter().map(|cell| truncate(cell, longest)).collect();
        fit(&table, &list.rows.iter().map(cells).collect::<Vec<_>>(), Some(room))
    };
    let is_minor = |index: &usize| list.columns[*index].shrink_order == ShrinkOrder::DropEarly;
    let is_complete = |longest: &usize| layout(*longest).folded.iter().all(is_minor);
    if is_complete(&usize::MAX) {
        return layout(usize::MAX).shown;
    }
    // The longest texts with which every column fits.
    let lengths: Vec<_> = (MIN_CELL..width.max(MIN_CELL + 1)).collect();
    let fitting = lengths.partition_point(is_complete);
    layout(lengths[fitting.saturating_sub(1)]).shown
}

/// Returns a row as text.
fn line(
    list: &List,
    widths: &[(usize, usize)],
    (cells, last): (&[String], &str),
    width: usize,
) -> String {
    let mut text = String::new();
    for (index, column_width) in widths {
        let cell = match list.columns[*index].align {
            Align::Left => field(&cells[*index], *column_width),
            Align::Right => right(&cells[*index], *column_width),
        };
        text.push_str(&cell);
        text.push_str(&" ".repeat(GAP));
    }
    let remaining = width.saturating_sub(style::width(&text));
    text.push_str(&truncate(last, remaining));
    text
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

fn list(model: &Model, panel: Panel, width: usize) -> List {
    match panel {
        Panel::Kinds => kind_list(model, width),
        Panel::Causes => cause_list(model),
        Panel::Stuck => stuck_list(model),
        Panel::Operations => operation_list(model),
    }
}

fn kind_list(model: &Model, width: usize) -> List {
    let columns = vec![
        Column::text("kind"),
        Column::number("due"),
        Column::number("oldest"),
        Column::number("claimed"),
        Column::number("dead"),
    ];
    let cells = |line: &&KindLine| {
        let oldest = line.oldest_due.map_or_else(|| "-".to_owned(), age);
        vec![line.kind.clone(), count(line.due), oldest, count(line.claimed), count(line.dead)]
    };
    let lines = kinds(model);
    let all: Vec<_> = lines.iter().map(cells).collect();
    let used = (0..columns.len()).map(|index| {
        let texts = all.iter().map(|row| style::width(&row[index]));
        texts.chain([style::width(columns[index].title)]).max().unwrap_or(0) + GAP
    });
    let room = width.saturating_sub(used.sum());
    let row = |(line, cells): (&&KindLine, Vec<String>)| Row {
        cells,
        last: kind_trend(model, &line.kind, room),
        status: kind_status(model, line),
    };
    List {
        columns,
        last: format!("DUE, {}", window(model).to_uppercase()),
        rows: lines.iter().zip(all).map(row).collect(),
    }
}

/// Returns the due jobs of a kind over time, with their scale, in at most this many columns; nothing if there is no room.
fn kind_trend(model: &Model, kind: &str, room: usize) -> String {
    let due =
        |columns| series(model, columns, |point| point.kinds.get(kind).map(|due| *due as f64));
    let scale = |due: &[Option<f64>]| {
        let largest = due.iter().flatten().copied().fold(0.0, f64::max);
        format!(" max {}", count(largest as u64))
    };
    let bars = room.saturating_sub(style::width(&scale(&due(MAX_TREND)))).min(MAX_TREND);
    let due = due(bars);
    match due.iter().any(Option::is_some) {
        true => format!("{}{}", sparkline::bars(due.iter().copied()), scale(&due)),
        false => String::new(),
    }
}

fn cause_list(model: &Model) -> List {
    let row = |row: &crate::watch::CauseRow<'_>| {
        let cause = row.cause;
        let state = group_state(model, cause);
        Row {
            cells: vec![
                count(cause.jobs),
                format!("{} {}", count(cause.recent), row.trend),
                cause.newest.map_or_else(|| "?".to_owned(), age),
                state.label().to_owned(),
                cause.kind.clone(),
                cause.group.clone(),
            ],
            last: cause.cause.clone(),
            status: match state {
                GroupState::StillFailing => Status::Warning,
                GroupState::Quiet | GroupState::Acknowledged => Status::Ok,
            },
        }
    };
    List {
        columns: vec![
            Column::number("jobs"),
            Column::number("15m"),
            Column::number("last"),
            Column::text("state"),
            Column::text("kind"),
            Column::text("group").minor(),
        ],
        last: "CAUSE".to_owned(),
        rows: causes(model).iter().map(row).collect(),
    }
}

fn stuck_list(model: &Model) -> List {
    let row = |job: &&RecentStuckJob| Row {
        cells: vec![
            job.id.clone(),
            match (job.sign, job.heartbeat_age.map(age)) {
                (_, None) => "none".to_owned(),
                (SignOfLife::Lock, Some(age)) => format!("lock {age}"),
                (_, Some(age)) => age,
            },
            job.worker.clone(),
        ],
        last: job.kind.clone(),
        status: stuck_status(model),
    };
    List {
        columns: vec![Column::text("job"), Column::number("heartbeat"), Column::text("worker")],
        last: "KIND".to_owned(),
        rows: stuck(model).iter().map(row).collect(),
    }
}

fn operation_list(model: &Model) -> List {
    let row = |operation: &&RecentOperation| {
        let state = match operation.runs() {
            true => "running".to_owned(),
            false => format!("{} ago", age(operation.last)),
        };
        let now = operation.now.iter().map(|(state, n)| format!("{} {state}", count(*n)));
        let now = now.collect::<Vec<_>>().join(", ");
        let reason = operation.reason.iter().map(|reason| format!(": {reason}"));
        Row {
            cells: vec![
                operation.operation_type.as_str().to_owned(),
                state,
                count(operation.jobs),
                operation.who.clone(),
                operation.operation.to_string(),
            ],
            last: format!("{now}{}", reason.collect::<String>()),
            status: operation_status(model, operation),
        }
    };
    List {
        columns: vec![
            Column::text("type"),
            Column::text("last write"),
            Column::number("jobs"),
            Column::text("operator"),
            Column::text("operation").minor(),
        ],
        last: "JOBS NOW: REASON".to_owned(),
        rows: operations(model).iter().map(row).collect(),
    }
}

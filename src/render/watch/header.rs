//! The top of the dashboard: status, section and areas.

use ratatui::text::{Line, Span};

use super::style::{Paint, field, truncate};
use crate::facts::Status;
use crate::text;
use crate::triage;
use crate::watch::{DashboardUpdate, Model};

/// The widths of the status and of the area.
const COLUMNS: (usize, usize) = (10, 15);

/// Renders the lines at the top.
pub(crate) fn lines(model: &Model, width: u16, style: Paint) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let Some(update) = &model.latest else {
        let first = Line::styled(truncate("first poll …", width), style.strong());
        return vec![first, Line::styled(truncate(&model.target.subject, width), style.muted())];
    };
    let snapshot = &update.snapshot;
    let status = if model.is_overdue() { Status::Unknown } else { snapshot.status };
    let label = status.label();
    let heading = heading(model, update);
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{label}  "), style.status(status)),
            Span::styled(truncate(&heading, width.saturating_sub(label.len() + 2)), style.strong()),
        ]),
        Line::styled(truncate(&context_line(model), width), style.muted()),
    ];
    if let Some(next) = &update.next {
        lines.push(Line::from(vec![
            Span::styled("next: ", style.muted()),
            Span::styled(truncate(&next.to_string(), width.saturating_sub(6)), style.command()),
        ]));
    }
    for area in &snapshot.detail.areas {
        let status = status_of(&area.status);
        let detail_width = width.saturating_sub(COLUMNS.0 + COLUMNS.1);
        let (status_style, detail_style) = match model.is_overdue() {
            true => (style.muted(), style.muted()),
            false => (style.status(status), ratatui::style::Style::new()),
        };
        lines.push(Line::from(vec![
            Span::styled(field(status.label(), COLUMNS.0), status_style),
            Span::raw(field(triage::label(&area.area), COLUMNS.1)),
            Span::styled(truncate(&area.detail, detail_width), detail_style),
        ]));
    }
    lines
}

/// Returns the headline, which names what the rows below it show.
fn heading(model: &Model, update: &DashboardUpdate) -> String {
    let areas = &update.snapshot.detail.areas;
    let not_ok: Vec<_> = areas
        .iter()
        .filter(|area| status_of(&area.status) != Status::Ok)
        .map(|area| triage::label(&area.area).to_lowercase())
        .collect();
    match &update.section {
        _ if model.is_overdue() => {
            let age = text::seconds_since(update.snapshot.at, model.now).max(0.0);
            format!("stale: no poll for {}; the values below are that old", text::age(age))
        }
        // Without the queue, an area that is UNKNOWN for another reason is not what matters.
        _ if update.snapshot.status == Status::Unknown && update.obstacle.is_some() => {
            let why = update.obstacle.as_deref().unwrap_or_default();
            match queue_age(model) {
                Some(age) => format!("stale: queue not read for {age}: {why}"),
                None => format!("queue not read: {why}"),
            }
        }
        Some(section) => section.clone(),
        None if update.snapshot.status == Status::Ok && not_ok.is_empty() => {
            "all checks passed; environment is not included".to_owned()
        }
        None if not_ok.is_empty() => "some checks could not run".to_owned(),
        None => format!("not checked: {}", not_ok.join(", ")),
    }
}

/// Returns the age of the counts if the latest poll could not read the queue.
fn queue_age(model: &Model) -> Option<String> {
    let known = model.kinds.as_ref()?;
    model.latest.as_ref()?.obstacle.as_ref()?;
    Some(text::age(text::seconds_since(known.at, model.now).max(0.0)))
}

/// Returns the age and duration of the latest poll, the filter and the subject.
fn context_line(model: &Model) -> String {
    let mut parts = Vec::new();
    if let Some(update) = &model.latest {
        let age = text::seconds_since(update.snapshot.at, model.now).max(0.0);
        if model.frozen.is_some() {
            parts.push(format!("FROZEN {} ago", text::age(age)));
        } else {
            parts.push(format!("updated {} ago", text::age(age)));
        }
        if let Some(age) = queue_age(model) {
            parts.push(format!("queue not read for {age}"));
        }
        let usual_pause = model.every.saturating_sub(update.took);
        if update.pause > usual_pause {
            let pause = text::age(update.pause.as_secs_f64());
            parts.push(format!("slow database: next poll in {pause}"));
        }
    }
    if let Some(kind) = &model.kind {
        parts.push(format!("only {kind}"));
    }
    if !model.filter.is_empty() {
        parts.push(format!("filter /{}", model.filter));
    }
    parts.push(model.target.subject.clone());
    parts.join(" · ")
}

fn status_of(name: &str) -> Status {
    [Status::Ok, Status::Warning, Status::Critical]
        .into_iter()
        .find(|status| status.as_str() == name)
        .unwrap_or(Status::Unknown)
}

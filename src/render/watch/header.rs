//! The top of the dashboard: status, section and areas.

use ratatui::text::{Line, Span};

use super::style::{Paint, field, truncate};
use crate::facts::Status;
use crate::text;
use crate::watch::Model;

/// The widths of the status and of the area.
const COLUMNS: (usize, usize) = (10, 15);

/// Renders the lines at the top.
pub(crate) fn lines(model: &Model, width: u16, style: Paint) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let Some(update) = &model.latest else {
        let first = Line::styled(truncate("first poll …", width), style.strong());
        return vec![first, Line::styled(truncate(&model.subject, width), style.muted())];
    };
    let snapshot = &update.snapshot;
    let status = if model.is_overdue() { Status::Unknown } else { snapshot.status };
    let label = status.label();
    let heading = match (&update.section, model.is_overdue()) {
        (_, true) => "no recent poll: the values below are stale".to_owned(),
        (Some(section), false) => section.clone(),
        (None, false) => {
            "all checks passed; environment and access of other roles are not included".to_owned()
        }
    };
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{label}  "), style.status(status)),
            Span::styled(truncate(&heading, width.saturating_sub(label.len() + 2)), style.strong()),
        ]),
        Line::styled(truncate(&context_line(model), width), style.muted()),
    ];
    let next = update.next.clone().unwrap_or_default();
    if !next.is_empty() {
        lines.push(Line::from(vec![
            Span::styled("next: ", style.muted()),
            Span::styled(truncate(&next, width.saturating_sub(6)), style.command()),
        ]));
    }
    for area in &snapshot.detail.areas {
        let status = status_of(&area.status);
        let detail_width = width.saturating_sub(COLUMNS.0 + COLUMNS.1);
        let detail_style =
            if model.is_overdue() { style.muted() } else { ratatui::style::Style::new() };
        lines.push(Line::from(vec![
            Span::styled(field(status.label(), COLUMNS.0), style.status(status)),
            Span::raw(field(crate::triage::label(&area.area), COLUMNS.1)),
            Span::styled(truncate(&area.detail, detail_width), detail_style),
        ]));
    }
    lines
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
        let usual_pause = model.every.saturating_sub(update.took);
        if update.pause > usual_pause {
            let pause = text::age(update.pause.as_secs_f64());
            parts.push(format!("slow database: next poll in {pause}"));
        }
    }
    if let Some(kind) = &model.kind {
        parts.push(format!("only {kind}"));
    }
    parts.push(model.subject.clone());
    parts.join(" · ")
}

fn status_of(name: &str) -> Status {
    [Status::Ok, Status::Warning, Status::Critical]
        .into_iter()
        .find(|status| status.as_str() == name)
        .unwrap_or(Status::Unknown)
}

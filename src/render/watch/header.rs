//! Verdict, section and checklist.

use ratatui::text::{Line, Span};

use super::style::{Paint, field, truncate};
use crate::facts::Status;
use crate::text;
use crate::watch::Model;

/// Columns of a verdict and of a question.
const COLUMNS: (usize, usize) = (10, 15);

/// The lines at the top.
pub(crate) fn lines(model: &Model, width: u16, style: Paint) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let Some(looked) = &model.latest else {
        let first = Line::styled(truncate("looking for the first time …", width), style.strong());
        return vec![first, Line::styled(truncate(&model.subject, width), style.muted())];
    };
    let snapshot = &looked.snapshot;
    let verdict = if model.overdue() { Status::Unknown } else { snapshot.status };
    let label = verdict.label();
    let heading = match (&looked.section, model.overdue()) {
        (_, true) => "no look has ended of late".to_owned(),
        (Some(section), false) => section.clone(),
        (None, false) => {
            "what it looks at is well: not the environment, nor what other roles may".to_owned()
        }
    };
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{label}  "), style.verdict(verdict)),
            Span::styled(truncate(&heading, width.saturating_sub(label.len() + 2)), style.strong()),
        ]),
        Line::styled(truncate(&place(model), width), style.muted()),
    ];
    let next = looked.next.clone().unwrap_or_default();
    if !next.is_empty() {
        lines.push(Line::from(vec![
            Span::styled("next: ", style.muted()),
            Span::styled(truncate(&next, width.saturating_sub(6)), style.command()),
        ]));
    }
    for step in &snapshot.detail.areas {
        let verdict = status_of(&step.status);
        let reading = width.saturating_sub(COLUMNS.0 + COLUMNS.1);
        let of_then = if model.overdue() { style.muted() } else { ratatui::style::Style::new() };
        lines.push(Line::from(vec![
            Span::styled(field(verdict.label(), COLUMNS.0), style.verdict(verdict)),
            Span::raw(field(&step.area, COLUMNS.1)),
            Span::styled(truncate(&step.detail, reading), of_then),
        ]));
    }
    lines
}

/// When, how long, and of what.
fn place(model: &Model) -> String {
    let mut parts = Vec::new();
    if let Some(looked) = &model.latest {
        let age = text::seconds_since(looked.snapshot.at, model.now).max(0.0);
        if model.frozen.is_some() {
            parts.push(format!("FROZEN {} ago", text::age(age)));
        } else {
            let took = text::millis(looked.took.as_secs_f64() * 1e3);
            parts.push(format!("looked {} ago ({took})", text::age(age)));
        }
        let usual = model.every.saturating_sub(looked.took);
        if looked.pause > usual {
            let rest = text::age(looked.pause.as_secs_f64());
            parts.push(format!("slow: next in {rest}"));
        }
    }
    if let Some(kind) = &model.kind {
        parts.push(format!("only {kind}"));
    }
    parts.push(model.subject.clone());
    parts.join(" · ")
}

fn status_of(word: &str) -> Status {
    [Status::Ok, Status::Warning, Status::Critical]
        .into_iter()
        .find(|verdict| verdict.as_str() == word)
        .unwrap_or(Status::Unknown)
}

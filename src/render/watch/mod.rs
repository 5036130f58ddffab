//! Renders the dashboard: a model in, terminal cells out. One file per part of the screen.

mod charts;
mod header;
mod lists;
mod metrics;
mod overlay;
mod style;
#[cfg(test)]
mod tests;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Borders, Paragraph};
use style::Paint;

use crate::watch::{Model, Panel};

/// The minimum size of the dashboard, in columns and rows.
const MIN_SIZE: (u16, u16) = (60, 20);
/// Minimum height of the list area below the charts.
const LISTS_BELOW_CHARTS: u16 = 14;
/// Minimum height of the list area to show all lists at once, in a grid or stacked.
const ALL_LISTS_HEIGHT: u16 = 14;
/// Minimum width to show two lists side by side.
const GRID_WIDTH: u16 = 140;

/// The keys in the last line, from the longest text to the shortest.
const KEYS: [&str; 3] = [
    "? help  q quit  Tab lists  ↑↓ select  Enter open  / filter  s sort  f kind  c canary  r requeue  y command  Space freeze",
    "? help  q quit  Tab lists  Enter open  / filter  c canary  y command",
    "? help  q quit  Tab lists  Enter open  / filter",
];

/// Renders the dashboard.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, color: bool) {
    let (area, style) = (frame.area(), Paint { color });
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        return render_small(frame, model, style);
    }
    let header = header::lines(model, area.width, style);
    let metrics = metrics::lines(model, area.width, style);
    let (header_height, metrics_height) = (header.len() as u16, metrics.len() as u16 + 1);
    let rest = area.height.saturating_sub(header_height + metrics_height + 1);
    let has_charts = rest >= charts::HEIGHT + LISTS_BELOW_CHARTS;
    let [top, middle, charts, lists, footer] = Layout::vertical([
        Constraint::Length(header_height),
        Constraint::Length(metrics_height),
        Constraint::Length(if has_charts { charts::HEIGHT } else { 0 }),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(header), top);
    let panel = panel(style).title(metrics::title(model)).title_style(style.strong());
    frame.render_widget(Paragraph::new(metrics).block(panel), middle);
    if has_charts {
        charts::render(frame, model, charts, style);
    }
    render_lists(frame, model, lists, style);
    frame.render_widget(footer_line(model, footer.width, style), footer);
    if let Some(overlay) = &model.overlay {
        overlay::render(frame, model, overlay, style);
    }
}

/// Returns the frame of a panel: a line above it that holds its title. Borders at the sides would take room from the
/// columns.
fn panel(style: Paint) -> Block<'static> {
    Block::new().borders(Borders::TOP).border_style(style.muted())
}

/// Renders the status and the minimum window size.
fn render_small(frame: &mut Frame<'_>, model: &Model, style: Paint) {
    let area = frame.area();
    let mut lines = header::lines(model, area.width, style);
    lines.truncate(2);
    let small = format!(
        "terminal too small: {2} × {3}, need {0} × {1}",
        MIN_SIZE.0, MIN_SIZE.1, area.width, area.height
    );
    lines.insert(1, Line::from(style::truncate(&small, usize::from(area.width))));
    frame.render_widget(Paragraph::new(lines), area);
}

fn render_lists(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    if area.height >= ALL_LISTS_HEIGHT && area.width >= GRID_WIDTH {
        let [upper, lower] =
            Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
        // Causes and ids of jobs need more width than the lists beside them.
        let (wide, narrow) = (Constraint::Fill(4), Constraint::Fill(3));
        let [a, b] = Layout::horizontal([narrow, wide]).spacing(2).areas(upper);
        let [c, d] = Layout::horizontal([wide, narrow]).spacing(2).areas(lower);
        for (panel, area) in Panel::ALL.into_iter().zip([a, b, c, d]) {
            lists::render(frame, model, panel, area, style);
        }
    } else if area.height >= 2 * ALL_LISTS_HEIGHT {
        let quarters = [Constraint::Fill(1); Panel::ALL.len()];
        let areas: [Rect; Panel::ALL.len()] = Layout::vertical(quarters).areas(area);
        for (panel, area) in Panel::ALL.into_iter().zip(areas) {
            lists::render(frame, model, panel, area, style);
        }
    } else {
        lists::render_focused(frame, model, area, style);
    }
}

fn footer_line(model: &Model, width: u16, style: Paint) -> Line<'static> {
    let width = usize::from(width);
    if model.is_typing {
        let text = format!("/{}█  Enter: apply  Esc: clear", model.filter);
        return Line::styled(style::truncate(&text, width), style.command());
    }
    if let Some(error) = &model.error {
        return Line::styled(style::truncate(error, width), style.warning());
    }
    let keys = KEYS.iter().find(|keys| keys.chars().count() <= width).unwrap_or(&KEYS[2]);
    Line::styled(style::truncate(keys, width), style.muted())
}

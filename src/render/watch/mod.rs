//! Renders the dashboard: a model in, terminal cells out. One file per part of the screen.

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
use style::Paint;

use crate::watch::{Model, Panel};

/// The minimum size of the dashboard, in columns and rows.
const MIN_SIZE: (u16, u16) = (60, 20);
/// Minimum height of the list area to show all lists at once, in a grid or stacked.
const ALL_LISTS_HEIGHT: u16 = 14;
/// Minimum width to show two lists side by side.
const GRID_WIDTH: u16 = 130;

/// Renders the dashboard.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, color: bool) {
    let (area, style) = (frame.area(), Paint { color });
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        return render_small(frame, model, style);
    }
    let header = header::lines(model, area.width, style);
    let metrics = metrics::lines(model, area.width, style);
    let heights = [header.len() as u16, 1, metrics.len() as u16, 1];
    let [top, _, middle, _, lists, footer] = Layout::vertical([
        Constraint::Length(heights[0]),
        Constraint::Length(heights[1]),
        Constraint::Length(heights[2]),
        Constraint::Length(heights[3]),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(ratatui::widgets::Paragraph::new(header), top);
    frame.render_widget(ratatui::widgets::Paragraph::new(metrics), middle);
    render_lists(frame, model, lists, style);
    frame.render_widget(footer_line(model, footer.width, style), footer);
    if let Some(overlay) = &model.overlay {
        overlay::render(frame, model, overlay, style);
    }
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
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), area);
}

fn render_lists(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    if area.height >= ALL_LISTS_HEIGHT && area.width >= GRID_WIDTH {
        let half = || [Constraint::Fill(1), Constraint::Fill(1)];
        let [upper, lower] = Layout::vertical(half()).spacing(1).areas(area);
        let [a, b] = Layout::horizontal(half()).spacing(2).areas(upper);
        let [c, d] = Layout::horizontal(half()).spacing(2).areas(lower);
        for (panel, area) in Panel::ALL.into_iter().zip([a, b, c, d]) {
            lists::render(frame, model, panel, area, style);
        }
    } else if area.height >= 2 * ALL_LISTS_HEIGHT {
        let quarters = [Constraint::Fill(1); Panel::ALL.len()];
        let areas: [Rect; Panel::ALL.len()] = Layout::vertical(quarters).spacing(1).areas(area);
        for (panel, area) in Panel::ALL.into_iter().zip(areas) {
            lists::render(frame, model, panel, area, style);
        }
    } else {
        lists::render_focused(frame, model, area, style);
    }
}

fn footer_line(model: &Model, width: u16, style: Paint) -> Line<'static> {
    if let Some(error) = &model.error {
        let text = style::truncate(error, usize::from(width));
        return Line::styled(text, style.warning());
    }
    let all = "? help  q quit  Tab lists  ↑↓ select  Enter open  s sort  f kind  c command  r requeue  Space freeze";
    let few = "? help  q quit  Tab lists  Enter open  c command  r requeue";
    let width = usize::from(width);
    let keys = if all.chars().count() <= width { all } else { few };
    Line::styled(style::truncate(keys, width), style.muted())
}

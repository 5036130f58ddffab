//! Paints the dashboard: a model in, cells out. One file a part.

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

/// The least that the parts need.
const LEAST: (u16, u16) = (60, 20);
/// Rows of lists from which on they are shown all at once, in two columns or below each other.
const FOUR: u16 = 14;
/// Columns from which on two lists fit side by side.
const WIDE: u16 = 130;

/// Paints everything.
pub fn paint(frame: &mut Frame<'_>, model: &Model, color: bool) {
    let (area, style) = (frame.area(), Paint { color });
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return paint_small(frame, model, style);
    }
    let head = header::lines(model, area.width, style);
    let figures = metrics::lines(model, area.width, style);
    let rows = [head.len() as u16, 1, figures.len() as u16, 1];
    let [top, _, middle, _, lists, foot] = Layout::vertical([
        Constraint::Length(rows[0]),
        Constraint::Length(rows[1]),
        Constraint::Length(rows[2]),
        Constraint::Length(rows[3]),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(ratatui::widgets::Paragraph::new(head), top);
    frame.render_widget(ratatui::widgets::Paragraph::new(figures), middle);
    paint_lists(frame, model, lists, style);
    frame.render_widget(foot_line(model, foot.width, style), foot);
    if let Some(overlay) = &model.overlay {
        overlay::paint(frame, model, overlay, style);
    }
}

/// The verdict, and how large a window wants to be.
fn paint_small(frame: &mut Frame<'_>, model: &Model, style: Paint) {
    let area = frame.area();
    let mut lines = header::lines(model, area.width, style);
    lines.truncate(2);
    let small = format!(
        "the dashboard wants {} × {}, this is {} × {}",
        LEAST.0, LEAST.1, area.width, area.height
    );
    lines.insert(1, Line::from(style::truncate(&small, usize::from(area.width))));
    frame.render_widget(ratatui::widgets::Paragraph::new(lines), area);
}

fn paint_lists(frame: &mut Frame<'_>, model: &Model, area: Rect, style: Paint) {
    if area.height >= FOUR && area.width >= WIDE {
        let half = || [Constraint::Fill(1), Constraint::Fill(1)];
        let [upper, lower] = Layout::vertical(half()).spacing(1).areas(area);
        let [a, b] = Layout::horizontal(half()).spacing(2).areas(upper);
        let [c, d] = Layout::horizontal(half()).spacing(2).areas(lower);
        for (panel, area) in Panel::ALL.into_iter().zip([a, b, c, d]) {
            lists::paint(frame, model, panel, area, style);
        }
    } else if area.height >= 2 * FOUR {
        let quarters = [Constraint::Fill(1); Panel::ALL.len()];
        let areas: [Rect; Panel::ALL.len()] = Layout::vertical(quarters).spacing(1).areas(area);
        for (panel, area) in Panel::ALL.into_iter().zip(areas) {
            lists::paint(frame, model, panel, area, style);
        }
    } else {
        lists::paint_one(frame, model, area, style);
    }
}

fn foot_line(model: &Model, width: u16, style: Paint) -> Line<'static> {
    if let Some(trouble) = &model.error {
        let text = style::truncate(trouble, usize::from(width));
        return Line::styled(text, style.warning());
    }
    let all = "? help  q quit  Tab lists  ↑↓ select  Enter open  s sort  f kind  c command  r requeue  Space freeze";
    let few = "? help  q quit  Tab lists  Enter open  c command  r requeue";
    let width = usize::from(width);
    let keys = if all.chars().count() <= width { all } else { few };
    Line::styled(style::truncate(keys, width), style.muted())
}

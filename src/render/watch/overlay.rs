//! The overlays of the dashboard: keys, a command, a choice of kind, the report of a row.

use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::style::{Paint, truncate};
use crate::watch::{Model, Overlay, command_text, kind_choices};

const KEYS: [(&str, &str); 18] = [
    ("Tab, 1–4", "select a list"),
    ("↑ ↓, j k", "select a row"),
    ("Enter", "open the report of the selected row"),
    ("n, p", "in the report of a group: its next, previous job"),
    ("/", "show only rows that contain a text; Esc: all rows"),
    ("f", "show only one kind"),
    ("s", "change the sort order"),
    ("y", "show the command for the selection"),
    ("c", "start a canary for the group: shows the plan and asks"),
    ("r", "quit and print the requeue or rescue command"),
    ("Space", "freeze the screen; polling continues"),
    ("Esc, q", "close the overlay"),
    ("q, Ctrl-C", "quit"),
    ("", ""),
    ("", "bold or colored: not OK"),
    ("", "dimmed: stale, with its age"),
    ("", "not included: environment"),
    ("", "only c writes, and only after its confirmation"),
];

/// Renders an overlay in the middle of the screen.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, overlay: &Overlay, style: Paint) {
    let (title, lines, selected) = content(model, overlay, style);
    let area = frame.area();
    let is_text = matches!(overlay, Overlay::Detail(_));
    let height =
        if is_text { area.height - 2 } else { (lines.len() as u16 + 2).min(area.height - 2) };
    let width = if is_text { area.width - 4 } else { 76.min(area.width - 4) };
    // A long command needs a second line.
    let height = if matches!(overlay, Overlay::Command(_)) { height + 2 } else { height };
    let area = middle(area, width, height.min(area.height));
    let inner_height = usize::from(area.height.saturating_sub(2));
    let skip = match overlay {
        Overlay::Detail(detail) => detail.position,
        _ => (selected + 1).saturating_sub(inner_height),
    };
    let lines: Vec<_> = lines.into_iter().skip(skip).collect();
    let block = Block::bordered().title(format!(" {} ", truncate(&title, usize::from(width) - 6)));
    let mut paragraph = Paragraph::new(lines).block(block);
    if matches!(overlay, Overlay::Command(_)) {
        paragraph = paragraph.wrap(Wrap { trim: false });
    }
    frame.render_widget(Clear, area);
    frame.render_widget(paragraph, area);
}

fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let [area] = Layout::vertical([Constraint::Length(height)]).flex(Flex::Center).areas(area);
    let [area] = Layout::horizontal([Constraint::Length(width)]).flex(Flex::Center).areas(area);
    area
}

/// Returns the title, the lines, and the index of the selected line.
fn content(model: &Model, overlay: &Overlay, style: Paint) -> (String, Vec<Line<'static>>, usize) {
    let plain = |text: &str| Line::from(truncate(text, 400));
    match overlay {
        Overlay::Help => {
            let line =
                |(key, description): &(&str, &str)| Line::from(format!(" {key:<10} {description}"));
            ("Keys".to_owned(), KEYS.iter().map(line).collect(), 0)
        }
        Overlay::Nothing(why) => ("No action".to_owned(), vec![plain(why)], 0),
        Overlay::Command(command) => (
            "Command".to_owned(),
            vec![Line::styled(truncate(&command.to_string(), 400), style.command())],
            0,
        ),
        Overlay::Kinds(selected) => {
            let choice = |(index, name): (usize, String)| match index == *selected {
                true => Line::styled(truncate(&format!("> {name}"), 70), style.selected()),
                false => Line::from(truncate(&format!("  {name}"), 70)),
            };
            let lines = kind_choices(model).into_iter().enumerate().map(choice).collect();
            ("Filter by kind".to_owned(), lines, *selected)
        }
        Overlay::Detail(detail) => {
            let reading = || vec![Line::styled("reading …", style.muted())];
            let lines = detail.lines.as_ref();
            let lines =
                lines.map_or_else(reading, |lines| lines.iter().map(|l| plain(l)).collect());
            (command_text(model, &detail.command).to_string(), lines, 0)
        }
    }
}

//! The overlays of the dashboard: keys, a command, a choice of kind, a group, a job.

use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::style::{Paint, truncate};
use crate::text::{age, count, plural};
use crate::watch::{Model, Overlay, kind_choices};

const KEYS: [(&str, &str); 14] = [
    ("Tab, 1–4", "select a list"),
    ("↑ ↓, j k", "select a row"),
    ("Enter", "open a group or a job"),
    ("s", "change the sort order"),
    ("f", "filter by kind"),
    ("c", "show the command for the selection"),
    ("r", "quit and print the requeue or rescue command"),
    ("Space", "freeze the screen; polling continues"),
    ("Esc, q", "close the overlay"),
    ("q, Ctrl-C", "quit"),
    ("", ""),
    ("", "dimmed: stale, with its age"),
    ("", "not included: environment, access of other roles"),
    ("", "the dashboard is read-only"),
];

/// Renders an overlay in the middle of the screen.
pub(crate) fn render(frame: &mut Frame<'_>, model: &Model, overlay: &Overlay, style: Paint) {
    let (title, lines, selected) = content(model, overlay, style);
    let area = frame.area();
    let is_text = matches!(overlay, Overlay::Text(..));
    let height =
        if is_text { area.height - 2 } else { (lines.len() as u16 + 2).min(area.height - 2) };
    let width = if is_text { area.width - 4 } else { 76.min(area.width - 4) };
    // A long command needs a second line.
    let height = if matches!(overlay, Overlay::Command(_)) { height + 2 } else { height };
    let area = middle(area, width, height.min(area.height));
    let inner_height = usize::from(area.height.saturating_sub(2));
    let skip = match overlay {
        Overlay::Text(_, _, position) => *position,
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
        Overlay::Nothing(why) => ("No action".to_owned(), vec![Line::from(*why)], 0),
        Overlay::Command(command) => {
            ("Command".to_owned(), vec![Line::styled(truncate(command, 400), style.command())], 0)
        }
        Overlay::Kinds(selected) => {
            let choice = |(index, name): (usize, String)| match index == *selected {
                true => Line::styled(truncate(&format!("> {name}"), 70), style.selected()),
                false => Line::from(truncate(&format!("  {name}"), 70)),
            };
            let lines = kind_choices(model).into_iter().enumerate().map(choice).collect();
            ("Filter by kind".to_owned(), lines, *selected)
        }
        Overlay::Text(title, lines, _) => {
            (title.clone(), lines.iter().map(|line| plain(line)).collect(), 0)
        }
        Overlay::Cause(group, selected) => cause(model, group, *selected, style),
    }
}

fn cause(
    model: &Model,
    group: &str,
    selected: usize,
    style: Paint,
) -> (String, Vec<Line<'static>>, usize) {
    let title = format!("group {group}");
    let groups = model.dead_letters.iter().flat_map(|known| &known.value.causes);
    let Some(cause) = groups.into_iter().find(|cause| cause.group == group) else {
        return (title, vec![Line::from("no longer among the newest dead letters")], 0);
    };
    let newest = cause.newest.map_or_else(|| "?".to_owned(), age);
    let jobs = plural(cause.jobs, "job", "jobs");
    let mut lines = vec![
        Line::styled(truncate(&cause.cause, 72), style.strong()),
        Line::from(truncate(&format!("{} · {jobs} · last {newest} ago", cause.kind), 72)),
        Line::from(format!(
            "{} dead-lettered in the last 15m, {} in the 15m before",
            count(cause.recent),
            count(cause.before)
        )),
        Line::styled("newest jobs; Enter: open, c: command, r: requeue command", style.muted()),
    ];
    let header_lines = lines.len();
    for (index, id) in cause.ids.iter().enumerate() {
        let line = truncate(&format!(" {id}"), 72);
        let style = if index == selected { style.selected() } else { ratatui::style::Style::new() };
        lines.push(Line::styled(line, style));
    }
    (title, lines, header_lines + selected)
}

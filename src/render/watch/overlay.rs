//! What lies over the dashboard: keys, a command, a choice, a cause, a job.

use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::style::{Paint, truncate};
use crate::text::{age, count, plural};
use crate::watch::{Model, Overlay, choices};

const KEYS: [(&str, &str); 14] = [
    ("Tab, 1–4", "go to a list"),
    ("↑ ↓, j k", "select a row"),
    ("Enter", "open a cause, a job"),
    ("s", "sort the list another way"),
    ("f", "only one kind"),
    ("c", "the command for what is selected, to copy"),
    ("r", "leave, and print what requeues a cause or rescues a stuck job"),
    ("Space", "freeze; it goes on looking, and shows it when you press again"),
    ("Esc, q", "close what lies on top"),
    ("q, Ctrl-C", "leave"),
    ("", ""),
    ("", "dimmed: of then, with its age"),
    ("", "not looked at: the environment, what other roles may"),
    ("", "nothing here writes to the system"),
];

/// Paints it into the middle.
pub(crate) fn paint(frame: &mut Frame<'_>, model: &Model, overlay: &Overlay, style: Paint) {
    let (title, lines, selected) = content(model, overlay, style);
    let area = frame.area();
    let text = matches!(overlay, Overlay::Text(..));
    let height = if text { area.height - 2 } else { (lines.len() as u16 + 2).min(area.height - 2) };
    let wide = if text { area.width - 4 } else { 76.min(area.width - 4) };
    // A long command needs its second line.
    let height = if matches!(overlay, Overlay::Command(_)) { height + 2 } else { height };
    let area = middle(area, wide, height.min(area.height));
    let room = usize::from(area.height.saturating_sub(2));
    let skip = match overlay {
        Overlay::Text(_, _, at) => *at,
        _ => (selected + 1).saturating_sub(room),
    };
    let lines: Vec<_> = lines.into_iter().skip(skip).collect();
    let block = Block::bordered().title(format!(" {} ", truncate(&title, usize::from(wide) - 6)));
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

/// Title, lines, and which of them is selected.
fn content(model: &Model, overlay: &Overlay, style: Paint) -> (String, Vec<Line<'static>>, usize) {
    let plain = |text: &str| Line::from(truncate(text, 400));
    match overlay {
        Overlay::Help => {
            let line = |(key, what): &(&str, &str)| Line::from(format!(" {key:<10} {what}"));
            ("keys".to_owned(), KEYS.iter().map(line).collect(), 0)
        }
        Overlay::Nothing(why) => ("nothing done".to_owned(), vec![Line::from(*why)], 0),
        Overlay::Command(command) => {
            ("to copy".to_owned(), vec![Line::styled(truncate(command, 400), style.command())], 0)
        }
        Overlay::Kinds(at) => {
            let choice = |(place, name): (usize, String)| match place == *at {
                true => Line::styled(truncate(&format!("> {name}"), 70), style.selected()),
                false => Line::from(truncate(&format!("  {name}"), 70)),
            };
            let lines = choices(model).into_iter().enumerate().map(choice).collect();
            ("only this kind".to_owned(), lines, *at)
        }
        Overlay::Text(title, lines, _) => {
            (title.clone(), lines.iter().map(|line| plain(line)).collect(), 0)
        }
        Overlay::Cause(hash, at) => cause(model, hash, *at, style),
    }
}

fn cause(
    model: &Model,
    hash: &str,
    at: usize,
    style: Paint,
) -> (String, Vec<Line<'static>>, usize) {
    let title = format!("group {hash}");
    let known = model.dead_letters.iter().flat_map(|aged| &aged.value.causes);
    let Some(cause) = known.into_iter().find(|cause| cause.group == hash) else {
        return (title, vec![Line::from("no longer among the newest dead letters")], 0);
    };
    let newest = cause.newest.map_or_else(|| "?".to_owned(), age);
    let of = plural(cause.jobs, "job", "jobs");
    let mut lines = vec![
        Line::styled(truncate(&cause.cause, 72), style.strong()),
        Line::from(truncate(&format!("{} · {of} · last {newest} ago", cause.kind), 72)),
        Line::from(format!(
            "{} died in the last 15m, {} in the 15m before",
            count(cause.recent),
            count(cause.before)
        )),
        Line::styled(
            "the newest; Enter opens one, c its command, r prints its requeue",
            style.muted(),
        ),
    ];
    let before = lines.len();
    for (place, id) in cause.ids.iter().enumerate() {
        let line = truncate(&format!(" {id}"), 72);
        let style = if place == at { style.selected() } else { ratatui::style::Style::new() };
        lines.push(Line::styled(line, style));
    }
    (title, lines, before + at)
}

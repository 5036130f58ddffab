//! The effect of each key on the model.

use super::command;
use super::model::{Model, Overlay, Panel};
use super::rows::{count, kind_names};
use crate::terminal::KeyPress;

/// What the caller has to do after a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Quit.
    Quit,
    /// Quit and print this command.
    Leave(String),
    /// Read this job and show it.
    OpenJob(String),
}

/// Lines scrolled by page up and page down.
const PAGE: isize = 10;

/// The message if `c` has no command.
const NOTHING_SELECTED: &str = "no row to select";
/// The message if `r` has no command.
const NOTHING_TO_REQUEUE: &str = "select a group (2) or a stuck job (3) first";

/// The prefix of the title of an open job.
const JOB_TITLE: &str = "job ";

/// Applies a key to the model; some keys require an action of the caller.
pub(crate) fn press(model: &mut Model, key: KeyPress) -> Option<Action> {
    if key == KeyPress::Interrupt {
        return Some(Action::Quit);
    }
    match model.overlay.take() {
        None => on_lists(model, key),
        Some(overlay) => on_overlay(model, overlay, key),
    }
}

fn on_lists(model: &mut Model, key: KeyPress) -> Option<Action> {
    let focus = model.focus as usize;
    match key {
        KeyPress::Char('q') => return Some(Action::Quit),
        KeyPress::Char('?' | 'h') => model.overlay = Some(Overlay::Help),
        KeyPress::Char(' ') => model.toggle_freeze(),
        KeyPress::Char('s') => model.sort[focus] += 1,
        KeyPress::Char('f') => model.overlay = Some(Overlay::Kinds(0)),
        KeyPress::Char('c') => {
            let command = command::selected(model).map(Overlay::Command);
            model.overlay = command.or(Some(Overlay::Nothing(NOTHING_SELECTED)));
        }
        KeyPress::Char('r') => match command::requeue(model) {
            Some(command) => return Some(Action::Leave(command)),
            None => model.overlay = Some(Overlay::Nothing(NOTHING_TO_REQUEUE)),
        },
        KeyPress::Tab => focus_on(model, focus + 1),
        KeyPress::BackTab => focus_on(model, focus + Panel::ALL.len() - 1),
        KeyPress::Char(digit @ '1'..='4') => focus_on(model, digit as usize - '1' as usize),
        KeyPress::Up | KeyPress::Char('k') => move_by(model, -1),
        KeyPress::Down | KeyPress::Char('j') => move_by(model, 1),
        KeyPress::PageUp => move_by(model, -PAGE),
        KeyPress::PageDown => move_by(model, PAGE),
        KeyPress::Enter => return open(model),
        KeyPress::Escape | KeyPress::Char(_) | KeyPress::Interrupt => {}
    }
    None
}

fn focus_on(model: &mut Model, panel: usize) {
    model.focus = Panel::ALL[panel % Panel::ALL.len()];
}

fn move_by(model: &mut Model, offset: isize) {
    let focus = model.focus;
    let rows = count(model, focus);
    let selected = &mut model.selected[focus as usize];
    *selected = shifted_selection((*selected).min(rows.saturating_sub(1)), offset, rows);
}

fn shifted_selection(position: usize, offset: isize, rows: usize) -> usize {
    position.saturating_add_signed(offset).min(rows.saturating_sub(1))
}

fn open(model: &mut Model) -> Option<Action> {
    match model.focus {
        Panel::Causes => {
            model.overlay = command::cause(model).map(|group| Overlay::Cause(group, 0));
            None
        }
        Panel::Stuck => open_job(model),
        Panel::Kinds | Panel::Operations => {
            model.overlay = command::selected(model).map(Overlay::Command);
            None
        }
    }
}

fn open_job(model: &mut Model) -> Option<Action> {
    let id = command::job(model)?;
    model.overlay =
        Some(Overlay::Text(format!("{JOB_TITLE}{id}"), vec!["reading …".to_owned()], 0));
    Some(Action::OpenJob(id))
}

fn on_overlay(model: &mut Model, overlay: Overlay, key: KeyPress) -> Option<Action> {
    if matches!(key, KeyPress::Escape | KeyPress::Char('q')) {
        return None;
    }
    let offset = match key {
        KeyPress::Up | KeyPress::Char('k') => -1,
        KeyPress::Down | KeyPress::Char('j') => 1,
        KeyPress::PageUp => -PAGE,
        KeyPress::PageDown | KeyPress::Char(' ') => PAGE,
        _ => 0,
    };
    match overlay {
        // Any key closes these; after a message it also applies to the lists.
        Overlay::Nothing(_) => on_lists(model, key),
        Overlay::Help | Overlay::Command(_) => None,
        Overlay::Text(title, ..) if key == KeyPress::Char('c') => {
            let id = title.strip_prefix(JOB_TITLE);
            model.overlay = id.map(|id| Overlay::Command(command::show(model, id)));
            None
        }
        Overlay::Text(title, ..) if key == KeyPress::Char('r') && title.starts_with(JOB_TITLE) => {
            let id = title.strip_prefix(JOB_TITLE)?;
            Some(Action::Leave(command::requeue_job(model, id)))
        }
        Overlay::Text(title, lines, position) => {
            let position = shifted_selection(position, offset, lines.len());
            model.overlay = Some(Overlay::Text(title, lines, position));
            None
        }
        Overlay::Kinds(position) => {
            let names = kind_names(model);
            if key == KeyPress::Enter {
                model.kind =
                    position.checked_sub(1).and_then(|position| names.get(position).cloned());
                model.selected = Default::default();
            } else {
                model.overlay =
                    Some(Overlay::Kinds(shifted_selection(position, offset, names.len() + 1)));
            }
            None
        }
        Overlay::Cause(group, position) => {
            let groups = model.dead_letters.iter().flat_map(|known| &known.value.causes);
            let jobs =
                groups.filter(|cause| cause.group == group).map(|cause| cause.ids.len()).sum();
            model.overlay = Some(Overlay::Cause(group, shifted_selection(position, offset, jobs)));
            match key {
                KeyPress::Enter => open_job(model),
                KeyPress::Char('c') => {
                    model.overlay = command::selected(model).map(Overlay::Command);
                    None
                }
                KeyPress::Char('r') => command::requeue(model).map(Action::Leave),
                _ => None,
            }
        }
    }
}

/// Returns the kinds to choose from; the first choice is all kinds.
pub(crate) fn kind_choices(model: &Model) -> Vec<String> {
    std::iter::once("all kinds".to_owned()).chain(kind_names(model)).collect()
}

//! What a key does.

use super::command;
use super::model::{Model, Overlay, Panel};
use super::rows::{count, names};
use crate::terminal::KeyPress;

/// What the outside has to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// End.
    Quit,
    /// End, and print this command.
    Leave(String),
    /// Read this job, and show it.
    OpenJob(String),
}

/// Lines of a page of text.
const PAGE: isize = 10;

/// Why `c` shows nothing.
const NO_ROW: &str = "nothing is selected in this list";
/// Why `r` prints nothing.
const NOT_HERE: &str = "nothing to requeue here: select a cause (2) or a stuck job (3)";

/// What the title of an opened job begins with.
const JOB: &str = "job ";

/// Changes the model; some keys ask for more.
pub fn press(model: &mut Model, key: KeyPress) -> Option<Action> {
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
        KeyPress::Char(' ') => model.freeze(),
        KeyPress::Char('s') => model.sort[focus] += 1,
        KeyPress::Char('f') => model.overlay = Some(Overlay::Kinds(0)),
        KeyPress::Char('c') => {
            let command = command::selected(model).map(Overlay::Command);
            model.overlay = command.or(Some(Overlay::Nothing(NO_ROW)));
        }
        KeyPress::Char('r') => match command::requeue(model) {
            Some(command) => return Some(Action::Leave(command)),
            None => model.overlay = Some(Overlay::Nothing(NOT_HERE)),
        },
        KeyPress::Tab => focus_on(model, focus + 1),
        KeyPress::BackTab => focus_on(model, focus + Panel::ALL.len() - 1),
        KeyPress::Char(digit @ '1'..='4') => focus_on(model, digit as usize - '1' as usize),
        KeyPress::Up | KeyPress::Char('k') => step(model, -1),
        KeyPress::Down | KeyPress::Char('j') => step(model, 1),
        KeyPress::PageUp => step(model, -PAGE),
        KeyPress::PageDown => step(model, PAGE),
        KeyPress::Enter => return open(model),
        KeyPress::Escape | KeyPress::Char(_) | KeyPress::Interrupt => {}
    }
    None
}

fn focus_on(model: &mut Model, panel: usize) {
    model.focus = Panel::ALL[panel % Panel::ALL.len()];
}

fn step(model: &mut Model, by: isize) {
    let focus = model.focus;
    let rows = count(model, focus);
    let selected = &mut model.selected[focus as usize];
    *selected = moved_selection((*selected).min(rows.saturating_sub(1)), by, rows);
}

fn moved_selection(at: usize, by: isize, rows: usize) -> usize {
    at.saturating_add_signed(by).min(rows.saturating_sub(1))
}

fn open(model: &mut Model) -> Option<Action> {
    match model.focus {
        Panel::Causes => {
            model.overlay = command::cause(model).map(|hash| Overlay::Cause(hash, 0));
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
    model.overlay = Some(Overlay::Text(format!("{JOB}{id}"), vec!["reading …".to_owned()], 0));
    Some(Action::OpenJob(id))
}

fn on_overlay(model: &mut Model, overlay: Overlay, key: KeyPress) -> Option<Action> {
    if matches!(key, KeyPress::Escape | KeyPress::Char('q')) {
        return None;
    }
    let by = match key {
        KeyPress::Up | KeyPress::Char('k') => -1,
        KeyPress::Down | KeyPress::Char('j') => 1,
        KeyPress::PageUp => -PAGE,
        KeyPress::PageDown | KeyPress::Char(' ') => PAGE,
        _ => 0,
    };
    match overlay {
        // Any key closes them; the answer to a remark is meant for the lists.
        Overlay::Nothing(_) => on_lists(model, key),
        Overlay::Help | Overlay::Command(_) => None,
        Overlay::Text(title, ..) if key == KeyPress::Char('c') => {
            let id = title.strip_prefix(JOB);
            model.overlay = id.map(|id| Overlay::Command(command::show(model, id)));
            None
        }
        Overlay::Text(title, ..) if key == KeyPress::Char('r') && title.starts_with(JOB) => {
            let id = title.strip_prefix(JOB)?;
            Some(Action::Leave(command::requeue_job(model, id)))
        }
        Overlay::Text(title, lines, at) => {
            let at = moved_selection(at, by, lines.len());
            model.overlay = Some(Overlay::Text(title, lines, at));
            None
        }
        Overlay::Kinds(at) => {
            let names = names(model);
            if key == KeyPress::Enter {
                model.kind = at.checked_sub(1).and_then(|at| names.get(at).cloned());
                model.selected = Default::default();
            } else {
                model.overlay = Some(Overlay::Kinds(moved_selection(at, by, names.len() + 1)));
            }
            None
        }
        Overlay::Cause(hash, at) => {
            let all = model.dead_letters.iter().flat_map(|aged| &aged.value.causes);
            let jobs = all.filter(|cause| cause.group == hash).map(|cause| cause.ids.len()).sum();
            model.overlay = Some(Overlay::Cause(hash, moved_selection(at, by, jobs)));
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

/// The kinds to choose from, the first meaning all.
#[must_use]
pub fn choices(model: &Model) -> Vec<String> {
    std::iter::once("all kinds".to_owned()).chain(names(model)).collect()
}

//! What a key does.

use super::command;
use super::model::{Model, Overlay, Panel};
use super::rows::{count, names};

/// A key, whatever terminal it was pressed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A character.
    Char(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// The next list.
    Tab,
    /// The list before.
    BackTab,
    /// Ctrl-C.
    Interrupt,
}

/// What the outside has to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
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
pub fn press(model: &mut Model, key: Key) -> Option<Effect> {
    if key == Key::Interrupt {
        return Some(Effect::Quit);
    }
    match model.overlay.take() {
        None => on_lists(model, key),
        Some(overlay) => on_overlay(model, overlay, key),
    }
}

fn on_lists(model: &mut Model, key: Key) -> Option<Effect> {
    let focus = model.focus as usize;
    match key {
        Key::Char('q') => return Some(Effect::Quit),
        Key::Char('?' | 'h') => model.overlay = Some(Overlay::Help),
        Key::Char(' ') => model.freeze(),
        Key::Char('s') => model.sort[focus] += 1,
        Key::Char('f') => model.overlay = Some(Overlay::Kinds(0)),
        Key::Char('c') => {
            let command = command::selected(model).map(Overlay::Command);
            model.overlay = command.or(Some(Overlay::Nothing(NO_ROW)));
        }
        Key::Char('r') => match command::requeue(model) {
            Some(command) => return Some(Effect::Leave(command)),
            None => model.overlay = Some(Overlay::Nothing(NOT_HERE)),
        },
        Key::Tab => focus_on(model, focus + 1),
        Key::BackTab => focus_on(model, focus + Panel::ALL.len() - 1),
        Key::Char(digit @ '1'..='4') => focus_on(model, digit as usize - '1' as usize),
        Key::Up | Key::Char('k') => step(model, -1),
        Key::Down | Key::Char('j') => step(model, 1),
        Key::PageUp => step(model, -PAGE),
        Key::PageDown => step(model, PAGE),
        Key::Enter => return open(model),
        Key::Escape | Key::Char(_) | Key::Interrupt => {}
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
    *selected = moved((*selected).min(rows.saturating_sub(1)), by, rows);
}

fn moved(at: usize, by: isize, rows: usize) -> usize {
    at.saturating_add_signed(by).min(rows.saturating_sub(1))
}

fn open(model: &mut Model) -> Option<Effect> {
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

fn open_job(model: &mut Model) -> Option<Effect> {
    let id = command::job(model)?;
    model.overlay = Some(Overlay::Text(format!("{JOB}{id}"), vec!["reading …".to_owned()], 0));
    Some(Effect::OpenJob(id))
}

fn on_overlay(model: &mut Model, overlay: Overlay, key: Key) -> Option<Effect> {
    if matches!(key, Key::Escape | Key::Char('q')) {
        return None;
    }
    let by = match key {
        Key::Up | Key::Char('k') => -1,
        Key::Down | Key::Char('j') => 1,
        Key::PageUp => -PAGE,
        Key::PageDown | Key::Char(' ') => PAGE,
        _ => 0,
    };
    match overlay {
        // Any key closes them; the answer to a remark is meant for the lists.
        Overlay::Nothing(_) => on_lists(model, key),
        Overlay::Help | Overlay::Command(_) => None,
        Overlay::Text(title, ..) if key == Key::Char('c') => {
            let id = title.strip_prefix(JOB);
            model.overlay = id.map(|id| Overlay::Command(command::show(model, id)));
            None
        }
        Overlay::Text(title, ..) if key == Key::Char('r') && title.starts_with(JOB) => {
            let id = title.strip_prefix(JOB)?;
            Some(Effect::Leave(command::requeue_job(model, id)))
        }
        Overlay::Text(title, lines, at) => {
            let at = moved(at, by, lines.len());
            model.overlay = Some(Overlay::Text(title, lines, at));
            None
        }
        Overlay::Kinds(at) => {
            let names = names(model);
            if key == Key::Enter {
                model.kind = at.checked_sub(1).and_then(|at| names.get(at).cloned());
                model.selected = Default::default();
            } else {
                model.overlay = Some(Overlay::Kinds(moved(at, by, names.len() + 1)));
            }
            None
        }
        Overlay::Cause(hash, at) => {
            let all = model.deaths.iter().flat_map(|aged| &aged.value.causes);
            let jobs = all.filter(|cause| cause.hash == hash).map(|cause| cause.ids.len()).sum();
            model.overlay = Some(Overlay::Cause(hash, moved(at, by, jobs)));
            match key {
                Key::Enter => open_job(model),
                Key::Char('c') => {
                    model.overlay = command::selected(model).map(Overlay::Command);
                    None
                }
                Key::Char('r') => command::requeue(model).map(Effect::Leave),
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

//! The effect of each key on the model.

use super::command;
use super::model::{Detail, Model, Overlay, Panel};
use super::row_command::RowCommand;
use super::rows::{count, kind_names};
use crate::suggest::ShellCommand;
use crate::terminal::KeyPress;

/// What the caller has to do after a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// Quit.
    Quit,
    /// Quit and print this command.
    Leave(ShellCommand),
    /// Run the command and show its report as the detail.
    Open(RowCommand),
    /// Leave the screen, run the canary, and return.
    Canary(RowCommand),
}

/// Lines scrolled by page up and page down.
const PAGE: isize = 10;

/// The message if a key needs a row.
const NOTHING_SELECTED: &str = "no row to select";
/// The message if `r` has no command.
const NOTHING_TO_REQUEUE: &str = "select a group (2) or a stuck job (3) first";
/// The message if `c` has no group.
const NO_GROUP: &str = "select a group (2) first";

/// Applies a key to the model; some keys require an action of the caller.
pub(crate) fn press(model: &mut Model, key: KeyPress) -> Option<Action> {
    if key == KeyPress::Interrupt {
        return Some(Action::Quit);
    }
    if model.is_typing {
        edit_filter(model, key);
        return None;
    }
    match model.overlay.take() {
        None => on_lists(model, key),
        Some(overlay) => on_overlay(model, overlay, key),
    }
}

/// Edits the filter, which applies while it is typed.
fn edit_filter(model: &mut Model, key: KeyPress) {
    match key {
        KeyPress::Char(c) => model.filter.push(c),
        KeyPress::Backspace => _ = model.filter.pop(),
        KeyPress::Escape => {
            model.filter.clear();
            model.is_typing = false;
        }
        KeyPress::Enter => model.is_typing = false,
        _ => return,
    }
    model.selected = Default::default();
}

fn on_lists(model: &mut Model, key: KeyPress) -> Option<Action> {
    let focus = model.focus as usize;
    match key {
        KeyPress::Char('q') => return Some(Action::Quit),
        KeyPress::Char('?' | 'h') => model.overlay = Some(Overlay::Help),
        KeyPress::Char(' ') => model.toggle_freeze(),
        KeyPress::Char('s') => model.keep_selection(|model| model.sort[focus] += 1),
        KeyPress::Char('f') => model.overlay = Some(Overlay::Kinds(0)),
        KeyPress::Char('/') => model.is_typing = true,
        KeyPress::Escape => {
            model.filter.clear();
            model.selected = Default::default();
        }
        KeyPress::Char('y') => {
            let command = command::selected(model).map(Overlay::Command);
            model.overlay = command.or_else(|| Some(Overlay::Nothing(NOTHING_SELECTED.to_owned())));
        }
        KeyPress::Char('c') => return start_canary(model, command::canary(model)),
        KeyPress::Char('r') => return leave(model, command::requeue(model)),
        KeyPress::Tab => focus_on(model, focus + 1),
        KeyPress::BackTab => focus_on(model, focus + Panel::ALL.len() - 1),
        KeyPress::Char(digit @ '1'..='4') => focus_on(model, digit as usize - '1' as usize),
        KeyPress::Up | KeyPress::Char('k') => move_by(model, -1),
        KeyPress::Down | KeyPress::Char('j') => move_by(model, 1),
        KeyPress::PageUp => move_by(model, -PAGE),
        KeyPress::PageDown => move_by(model, PAGE),
        KeyPress::Enter => {
            let (canary, requeue) = (command::canary(model), command::requeue(model));
            let command = command::detail(model)?;
            return Some(open(
                model,
                Detail { command, canary, requeue, lines: None, position: 0 },
            ));
        }
        KeyPress::Backspace | KeyPress::Char(_) | KeyPress::Interrupt => {}
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

/// Opens a detail, which is empty until its command has ended.
fn open(model: &mut Model, detail: Detail) -> Action {
    let command = detail.command.clone();
    model.overlay = Some(Overlay::Detail(detail));
    Action::Open(command)
}

/// Quits with a command, if there is one.
fn leave(model: &mut Model, command: Option<ShellCommand>) -> Option<Action> {
    if command.is_none() {
        model.overlay = Some(Overlay::Nothing(NOTHING_TO_REQUEUE.to_owned()));
    }
    command.map(Action::Leave)
}

/// Starts a canary with these arguments, unless the context is read-only.
fn start_canary(model: &mut Model, canary: Option<RowCommand>) -> Option<Action> {
    let obstacle = match (&model.target.read_only, canary) {
        (None, Some(canary)) => return Some(Action::Canary(canary)),
        (Some(reason), _) => format!("refused: {reason}"),
        (None, None) => NO_GROUP.to_owned(),
    };
    model.overlay = Some(Overlay::Nothing(obstacle));
    None
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
        Overlay::Detail(detail) => on_detail(model, detail, key, offset),
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
    }
}

fn on_detail(
    model: &mut Model,
    mut detail: Detail,
    key: KeyPress,
    offset: isize,
) -> Option<Action> {
    match key {
        KeyPress::Char('y') => {
            model.overlay = Some(Overlay::Command(command::text(model, &detail.command)));
            return None;
        }
        KeyPress::Char('c') => return start_canary(model, detail.canary),
        KeyPress::Char('r') => return leave(model, detail.requeue),
        KeyPress::Char(step @ ('n' | 'p')) => {
            let offset = if step == 'n' { 1 } else { -1 };
            if let Some(command) = command::neighbor(model, &detail.command, offset) {
                return Some(open(model, Detail { command, lines: None, position: 0, ..detail }));
            }
        }
        _ => {}
    }
    let lines = detail.lines.as_ref().map_or(0, Vec::len);
    detail.position = shifted_selection(detail.position, offset, lines);
    model.overlay = Some(Overlay::Detail(detail));
    None
}

/// Returns the kinds to choose from; the first choice is all kinds.
pub(crate) fn kind_choices(model: &Model) -> Vec<String> {
    std::iter::once("all kinds".to_owned()).chain(kind_names(model)).collect()
}

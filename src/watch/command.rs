//! The commands for the selected row of the dashboard.

use super::model::{Model, Overlay, Panel};
use super::rows;
use crate::facts::operation::OperationType;
use crate::text::ShellCommand;

/// Returns the command that shows the selected row; `None` if there is none.
pub(crate) fn selected(model: &Model) -> Option<String> {
    if let Some(id) = job(model) {
        return Some(show(model, &id));
    }
    let row = model.selected[model.focus as usize];
    match model.focus {
        Panel::Kinds => {
            let kind = &rows::kinds(model).get(row)?.kind;
            Some(command(model, &["queue", "--kind", kind]))
        }
        Panel::Causes => {
            let group = cause(model)?;
            Some(command(model, &["dlq", "list", "--group", &group]))
        }
        Panel::Stuck => None,
        Panel::Operations => match rows::operations(model).get(row) {
            Some(operation) if operation.operation_type == OperationType::Requeue => {
                Some(command(model, &["dlq", "follow", &operation.operation.to_string()]))
            }
            _ => Some(command(model, &["dlq", "ops"])),
        },
    }
}

/// Returns the command that shows a job.
pub(crate) fn show(model: &Model, id: &str) -> String {
    command(model, &["jobs", "show", id])
}

/// Returns the command that requeues or rescues the selection; a group with a canary.
pub(crate) fn requeue(model: &Model) -> Option<String> {
    match (job(model), cause(model)) {
        (Some(id), _) => Some(requeue_job(model, &id)),
        (None, Some(group)) => {
            Some(command(model, &["dlq", "requeue", "--group", &group, "--canary"]))
        }
        (None, None) => None,
    }
}

/// Returns the command that rescues a stuck job or requeues a dead letter.
pub(crate) fn requeue_job(model: &Model, id: &str) -> String {
    let subcommand =
        if model.focus == Panel::Stuck { ["jobs", "rescue"] } else { ["dlq", "requeue"] };
    command(model, &[&subcommand[..], &[id]].concat())
}

/// Returns the id of the selected job: a dead letter of the open group, or a stuck job.
pub(crate) fn job(model: &Model) -> Option<String> {
    if let Some(Overlay::Cause(group, row)) = &model.overlay {
        let groups = model.dead_letters.as_ref().map(|known| known.value.causes.iter());
        let cause = groups?.into_iter().find(|cause| cause.group == *group)?;
        return cause.ids.get(*row).cloned();
    }
    let row = model.selected[Panel::Stuck as usize];
    let stuck = rows::stuck(model);
    (model.focus == Panel::Stuck).then(|| stuck.get(row).map(|job| job.id.clone())).flatten()
}

/// Returns the id of the selected group.
pub(crate) fn cause(model: &Model) -> Option<String> {
    let row = model.selected[Panel::Causes as usize];
    let causes = rows::causes(model);
    let group = causes.get(row).map(|row| row.cause.group.clone());
    group.filter(|_| model.focus == Panel::Causes)
}

fn command(model: &Model, words: &[&str]) -> String {
    // Kinds and ids are untrusted: the shell must not interpret them.
    let command = words.iter().fold(ShellCommand::new(""), ShellCommand::arg);
    model.address.add_to_text(&command.to_string())
}

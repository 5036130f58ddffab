//! The commands for the selected row of the dashboard.

use std::iter::once;

use super::model::{Model, Panel};
use super::rows;
use crate::facts::operation::OperationType;
use crate::suggest::ShellCommand;

/// Returns the command that shows the selected row; `None` if there is none.
pub(crate) fn selected(model: &Model) -> Option<ShellCommand> {
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
        Panel::Stuck => Some(command(model, &["jobs", "show", &job(model)?])),
        Panel::Operations => match rows::operations(model).get(row) {
            Some(operation) if operation.operation_type == OperationType::Requeue => {
                Some(command(model, &["dlq", "follow", &operation.operation.to_string()]))
            }
            _ => Some(command(model, &["dlq", "ops"])),
        },
    }
}

/// Returns the arguments of the command whose report is the detail of the selected row: of a group, its newest job.
pub(crate) fn detail(model: &Model) -> Option<Vec<String>> {
    let row = model.selected[model.focus as usize];
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    match model.focus {
        Panel::Kinds => words(&["queue", "--kind", &rows::kinds(model).get(row)?.kind]),
        Panel::Causes => words(&["dlq", "show", newest_jobs(model).first()?]),
        Panel::Stuck => words(&["jobs", "show", &job(model)?]),
        Panel::Operations => {
            let operations = rows::operations(model);
            let operation = operations.get(row)?;
            match operation.operation_type {
                OperationType::Requeue => {
                    words(&["dlq", "follow", &operation.operation.to_string(), "--wait", "1s"])
                }
                _ => words(&["dlq", "ops"]),
            }
        }
    }
}

/// Returns the detail of the job that many places after the shown one among the newest jobs of its group.
pub(crate) fn neighbor(model: &Model, words: &[String], offset: isize) -> Option<Vec<String>> {
    let jobs = newest_jobs(model);
    let (shown, command) = words.split_last()?;
    let index = jobs.iter().position(|job| job == shown)?;
    let job = jobs.get(index.checked_add_signed(offset)?)?;
    Some(command.iter().chain(once(job)).cloned().collect())
}

/// Returns the ids of the newest jobs of the selected group.
fn newest_jobs(model: &Model) -> &[String] {
    let row = model.selected[Panel::Causes as usize];
    let causes = rows::causes(model);
    let group = causes.get(row).filter(|_| model.focus == Panel::Causes);
    group.map_or(&[], |row| &row.cause.ids)
}

/// Returns the command that requeues or rescues the selection; a group with a canary.
pub(crate) fn requeue(model: &Model) -> Option<ShellCommand> {
    match (job(model), canary(model)) {
        (Some(id), _) => Some(command(model, &["jobs", "rescue", &id])),
        (None, Some(words)) => Some(text(model, &words)),
        (None, None) => None,
    }
}

/// Returns the arguments that start a canary for the selected group.
pub(crate) fn canary(model: &Model) -> Option<Vec<String>> {
    let words = ["dlq", "requeue", "--group", &cause(model)?, "--canary"];
    Some(words.map(str::to_owned).to_vec())
}

/// Returns the id of the selected stuck job.
fn job(model: &Model) -> Option<String> {
    let row = model.selected[Panel::Stuck as usize];
    let stuck = rows::stuck(model);
    (model.focus == Panel::Stuck).then(|| stuck.get(row).map(|job| job.id.clone())).flatten()
}

/// Returns the id of the selected group.
fn cause(model: &Model) -> Option<String> {
    let row = model.selected[Panel::Causes as usize];
    let causes = rows::causes(model);
    let group = causes.get(row).map(|row| row.cause.group.clone());
    group.filter(|_| model.focus == Panel::Causes)
}

/// Returns these arguments as a command to paste.
pub(crate) fn text(model: &Model, words: &[String]) -> ShellCommand {
    ShellCommand::new("").args(words).addressed(&model.target.address)
}

fn command(model: &Model, words: &[&str]) -> ShellCommand {
    ShellCommand::new("").args(words).addressed(&model.target.address)
}

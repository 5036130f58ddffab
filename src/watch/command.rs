//! The commands for the selected row of the dashboard.

use super::model::{Model, Panel};
use super::row_command::RowCommand;
use super::rows;
use crate::facts::operation::OperationType;
use crate::suggest::ShellCommand;

/// Returns the command that shows the selected row; `None` if there is none.
pub(crate) fn selected(model: &Model) -> Option<ShellCommand> {
    let row = model.selected[model.focus as usize];
    let command = match model.focus {
        Panel::Kinds => RowCommand::Queue(rows::kinds(model).get(row)?.kind.clone()).to_paste(),
        Panel::Causes => ShellCommand::new("dlq list --group").arg(cause(model)?),
        Panel::Stuck => RowCommand::Job(job(model)?).to_paste(),
        Panel::Operations => match rows::operations(model).get(row) {
            Some(operation) if operation.operation_type == OperationType::Requeue => {
                ShellCommand::new("dlq follow").arg(&operation.operation)
            }
            _ => RowCommand::Operations.to_paste(),
        },
    };
    Some(command.addressed(&model.target.address))
}

/// Returns the command whose report is the detail of the selected row: of a group, its newest job.
pub(crate) fn detail(model: &Model) -> Option<RowCommand> {
    let row = model.selected[model.focus as usize];
    Some(match model.focus {
        Panel::Kinds => RowCommand::Queue(rows::kinds(model).get(row)?.kind.clone()),
        Panel::Causes => RowCommand::DeadLetter(newest_jobs(model).first()?.clone()),
        Panel::Stuck => RowCommand::Job(job(model)?),
        Panel::Operations => {
            let operations = rows::operations(model);
            let operation = operations.get(row)?;
            match operation.operation_type {
                OperationType::Requeue => RowCommand::Follow(operation.operation.to_string()),
                _ => RowCommand::Operations,
            }
        }
    })
}

/// Returns the detail of the job that many places after the shown one among the newest jobs of its group.
pub(crate) fn neighbor(model: &Model, shown: &RowCommand, offset: isize) -> Option<RowCommand> {
    let RowCommand::DeadLetter(shown) = shown else { return None };
    let jobs = newest_jobs(model);
    let index = jobs.iter().position(|job| job == shown)?;
    let job = jobs.get(index.checked_add_signed(offset)?)?;
    Some(RowCommand::DeadLetter(job.clone()))
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
    let command = match (job(model), canary(model)) {
        (Some(id), _) => ShellCommand::new("jobs rescue").arg(id),
        (None, Some(canary)) => canary.to_paste(),
        (None, None) => return None,
    };
    Some(command.addressed(&model.target.address))
}

/// Returns the command that starts a canary for the selected group.
pub(crate) fn canary(model: &Model) -> Option<RowCommand> {
    cause(model).map(RowCommand::Canary)
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

/// Returns a command to paste, for the target of the dashboard.
pub(crate) fn text(model: &Model, command: &RowCommand) -> ShellCommand {
    command.to_paste().addressed(&model.target.address)
}

//! What to type for what is selected.

use super::model::{Model, Overlay, Panel};
use super::rows;
use crate::facts::operation::OperationType;

/// Shows what is selected; none where nothing is.
#[must_use]
pub fn selected(model: &Model) -> Option<String> {
    if let Some(id) = job(model) {
        return Some(show(model, &id));
    }
    let at = model.selected[model.focus as usize];
    match model.focus {
        Panel::Kinds => {
            let kind = &rows::kinds(model).get(at)?.kind;
            Some(addressed(model, &["queue", "--kind", kind]))
        }
        Panel::Causes => {
            let hash = cause(model)?;
            Some(addressed(model, &["dlq", "list", "--group", &hash]))
        }
        Panel::Stuck => None,
        Panel::Operations => match rows::operations(model).get(at) {
            Some(op) if op.operation_type == OperationType::Requeue => {
                Some(addressed(model, &["dlq", "follow", &op.operation]))
            }
            _ => Some(addressed(model, &["dlq", "ops"])),
        },
    }
}

/// Shows a job.
#[must_use]
pub fn show(model: &Model, id: &str) -> String {
    addressed(model, &["jobs", "show", id])
}

/// Acts on what is selected: the safe beginning of it, two jobs at most.
#[must_use]
pub fn requeue(model: &Model) -> Option<String> {
    match (job(model), cause(model)) {
        (Some(id), _) => Some(requeue_job(model, &id)),
        (None, Some(hash)) => {
            Some(addressed(model, &["dlq", "requeue", "--group", &hash, "--max", "2"]))
        }
        (None, None) => None,
    }
}

/// Acts on one job: takes it from a silent worker, or back from the dead.
#[must_use]
pub fn requeue_job(model: &Model, id: &str) -> String {
    let words = if model.focus == Panel::Stuck { ["jobs", "rescue"] } else { ["dlq", "requeue"] };
    addressed(model, &[&words[..], &[id]].concat())
}

/// The selected job: of an opened cause, or of the stuck ones.
pub(crate) fn job(model: &Model) -> Option<String> {
    if let Some(Overlay::Cause(hash, at)) = &model.overlay {
        let all = model.dead_letters.as_ref().map(|aged| aged.value.causes.iter());
        let cause = all?.into_iter().find(|cause| cause.group == *hash)?;
        return cause.ids.get(*at).cloned();
    }
    let at = model.selected[Panel::Stuck as usize];
    let stuck = rows::stuck(model);
    (model.focus == Panel::Stuck).then(|| stuck.get(at).map(|job| job.id.clone())).flatten()
}

/// The hash of the selected cause.
pub(crate) fn cause(model: &Model) -> Option<String> {
    let at = model.selected[Panel::Causes as usize];
    let causes = rows::causes(model);
    let hash = causes.get(at).map(|row| row.cause.group.clone());
    hash.filter(|_| model.focus == Panel::Causes)
}

fn addressed(model: &Model, words: &[&str]) -> String {
    // Kinds and ids come from outside: a shell must not run them.
    let words: Vec<_> = words.iter().map(|word| shell_words::quote(word)).collect();
    let command = format!("cliplyctl {}", words.join(" "));
    model.address.add_to_text(&command)
}

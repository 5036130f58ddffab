//! Ids on the command line may be shortened to a prefix that only one id has. It is resolved before anything else is
//! done, so that plans, reports and suggested commands have the complete id.

use super::candidates::{self, Candidate};
use crate::context::Context;
use crate::error::Error;
use crate::facts::job_id::JobId;
use crate::facts::operation::OperationId;
use crate::facts::{SourceError, SourceErrorKind};
use crate::fingerprint;
use crate::queue::{IdType, Layout};
use crate::sources::files::local_store::LocalStore;
use crate::sources::postgres::jobs;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

/// Minimum length of the prefix of a job id, so that a mistyped short id does not stand for another job.
const MIN_JOB: usize = 4;
/// Maximum number of candidates that an error lists.
const SHOWN: usize = 10;

/// Returns the complete id of a group.
pub(crate) async fn group(context: &Context, group: &str) -> Result<String, Error> {
    if !is_group_prefix(group) {
        return check_group(group).map(|()| group.to_owned());
    }
    let groups = candidates::groups(context).await?.ok_or_else(|| {
        let message = format!("the groups of \"{group}\" were not read within the time limit");
        SourceError::new(SourceErrorKind::Timeout, message)
            .hint("pass the complete id, or allow more time: --timeout 1m")
    })?;
    only(
        ("group", "groups"),
        group,
        groups,
        CommandText::to("list them", ShellCommand::new("dlq groups")),
    )
}

/// Refuses an id that is not one of this version's groups. Ids of another version are not translated: the errors of
/// one group can be in several groups now.
pub(crate) fn check_group(group: &str) -> Result<(), Error> {
    match fingerprint::version_of_hash(group) {
        Some(fingerprint::VERSION) => Ok(()),
        Some(version) => Err(Error::usage(format!(
            "group {group} has an id of the grouping rules {version}; this version uses {}",
            fingerprint::VERSION
        ))
        .hint(CommandText::to(
            "list the groups with their new ids",
            ShellCommand::new("dlq groups"),
        ))),
        None => Err(Error::usage(format!("\"{group}\" is not a group id"))
            .hint(format!("expected an id such as {}-3f9a2c1b07", fingerprint::VERSION))
            .hint(CommandText::to("list them", ShellCommand::new("dlq groups")))),
    }
}

/// Whether a text is the start of a group id of this version, and not a complete one.
fn is_group_prefix(text: &str) -> bool {
    let digits = text.strip_prefix(fingerprint::VERSION).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }) && fingerprint::version_of_hash(text).is_none()
}

/// Returns the complete id of a stored plan.
pub(crate) fn plan(context: &Context, store: &LocalStore, plan: &str) -> Result<String, Error> {
    let plans = candidates::plans(context, store);
    let is_start = plan.len() > "plan-".len() && plan.starts_with("plan-");
    // Another text is refused where the plan is read.
    if !is_start || plans.iter().any(|candidate| candidate.id == plan) {
        return Ok(plan.to_owned());
    }
    only(
        ("plan on this machine", "plans on this machine"),
        plan,
        plans,
        CommandText::to("create one", ShellCommand::new("dlq requeue … --dry-run")),
    )
}

/// Returns the id of an operation.
pub(crate) async fn operation(
    context: &Context,
    store: Option<&LocalStore>,
    text: &str,
) -> Result<OperationId, Error> {
    let parsed = OperationId::parse(text);
    if let Some(id) = parsed.as_ref().filter(|id| id.is_complete()) {
        return Ok(id.clone());
    }
    let is_start = text.strip_prefix("rq-").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    if !is_start {
        return Err(Error::usage(format!("\"{text}\" is not an operation id"))
            .hint(CommandText::to("list them", ShellCommand::new("dlq ops"))));
    }
    let operations = candidates::operations(context, store, text).await?;
    if let Some(id) = parsed.filter(|_| operations.iter().all(|operation| operation.id == text)) {
        // What is not known about it says the command.
        return Ok(id);
    }
    let id = only(
        ("operation", "operations"),
        text,
        operations,
        CommandText::to("list them", ShellCommand::new("dlq ops")),
    )?;
    OperationId::parse(&id).ok_or_else(|| Error::bug("a listed operation has no valid id"))
}

/// Returns the complete ids of jobs that are to be written, and names those that were shortened. Ids of type text
/// have no fixed length: the id of a job that was deleted may be the start of another, so that writes take them as
/// they are.
pub(crate) async fn jobs(
    context: &Context,
    layout: &Layout,
    words: &[String],
) -> Result<Vec<String>, Error> {
    let mut ids = Vec::with_capacity(words.len());
    for word in words {
        // Another text is refused where the ids are parsed.
        if layout.id != IdType::Uuid || !is_job_prefix(layout, word) {
            ids.push(word.clone());
            continue;
        }
        let id = job(context, layout, word).await?;
        context.terminal.print_note(&format!("{word} is job {id}"));
        ids.push(id);
    }
    Ok(ids)
}

/// Returns the complete id of a job. Numbers are always complete.
pub(crate) async fn job(context: &Context, layout: &Layout, text: &str) -> Result<String, Error> {
    if !is_job_prefix(layout, text) {
        return match JobId::parse(text, layout.id) {
            Some(_) => Ok(text.to_owned()),
            None => Err(not_an_id(layout, text)),
        };
    }
    let prefix = match layout.id {
        IdType::Uuid => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    };
    let (database, limit) = (context.database().await?, context.remaining());
    let most = u32::try_from(SHOWN + 1).unwrap_or(u32::MAX);
    let found = jobs::with_prefix(database, layout, &prefix, most, limit).await?;
    if found.is_empty() && layout.id == IdType::Text {
        // It may be a complete id; what is not known about it says the command.
        return Ok(text.to_owned());
    }
    let described = found.into_iter().map(|job| {
        let words = [job.kind, job.state].into_iter().flatten().collect::<Vec<_>>();
        Candidate::new(job.id, &words.join(", "))
    });
    only(
        ("job", "jobs"),
        &prefix,
        described.collect(),
        CommandText::to("list them", ShellCommand::new("jobs list")),
    )
}

fn not_an_id(layout: &Layout, id: &str) -> Error {
    Error::usage(format!("\"{id}\" is not a job id: ids here are of type {}", layout.id.sql()))
        .hint(CommandText::to("list them", ShellCommand::new("jobs list")))
}

/// Whether a text can be the start of a job id, and is not known to be complete.
fn is_job_prefix(layout: &Layout, text: &str) -> bool {
    match layout.id {
        IdType::BigInt => false,
        IdType::Uuid => {
            let is_place = |(at, c): (usize, char)| match at {
                8 | 13 | 18 | 23 => c == '-',
                _ => c.is_ascii_hexdigit(),
            };
            (MIN_JOB..36).contains(&text.len()) && text.chars().enumerate().all(is_place)
        }
        IdType::Text => {
            text.len() >= MIN_JOB && matches!(JobId::parse_any(text), Some(JobId::Text(_)))
        }
    }
}

/// Returns the only candidate whose id starts with the prefix.
///
/// # Errors
/// 64 if there is none, or more than one; the error lists them.
fn only(
    (one, many): (&str, &str),
    prefix: &str,
    candidates: Vec<Candidate>,
    hint: CommandText,
) -> Result<String, Error> {
    let mut matching = candidates;
    matching.retain(|candidate| candidate.id.starts_with(prefix));
    match matching.as_slice() {
        [] => {
            Err(Error::usage(format!("no {one} has an id that starts with \"{prefix}\""))
                .hint(hint))
        }
        [only] => Ok(only.id.clone()),
        several => {
            let count = match several.len() {
                count if count > SHOWN => format!("more than {SHOWN}"),
                count => text::count(count as u64),
            };
            let error = Error::usage(format!("\"{prefix}\" is the start of {count} {many}"));
            let shown = several.iter().take(SHOWN);
            Err(shown.fold(error, |error, candidate| {
                error.hint(format!("{}  {}", candidate.id, candidate.description))
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::Fingerprint;

    fn candidates(ids: &[String]) -> Vec<Candidate> {
        ids.iter().map(|id| Candidate::new(id, "K")).collect()
    }

    proptest! {
        #[test]
        fn prefix_is_resolved_only_if_one_id_has_it(
            ids in prop::collection::hash_set("[a-c]{6}", 1..8),
            prefix in "[a-c]{1,6}",
        ) {
            let ids: Vec<_> = ids.into_iter().collect();
            let matching: Vec<_> = ids.iter().filter(|id| id.starts_with(&prefix)).collect();
            match (only(("job", "jobs"), &prefix, candidates(&ids), "list them".into()), matching.as_slice()) {
                (Ok(id), [only]) => prop_assert_eq!(&id, *only),
                (Err(error), matching) => {
                    prop_assert_ne!(matching.len(), 1);
                    prop_assert_eq!(error.exit_code().code(), 64);
                    for id in matching {
                        prop_assert!(error.hints.iter().any(|hint| hint.to_string().starts_with(*id)));
                    }
                }
                (resolved, _) => prop_assert!(false, "{resolved:?}: {matching:?}"),
            }
        }
    }

    #[test]
    fn long_list_of_candidates_is_cut_and_says_so() {
        let ids: Vec<_> = (10..30).map(|n| format!("v2-{n}")).collect();
        let error = only(("group", "groups"), "v2-", candidates(&ids), "".into()).unwrap_err();
        assert_eq!(error.message, "\"v2-\" is the start of more than 10 groups");
        assert_eq!(error.hints.len(), SHOWN);
    }

    #[test]
    fn group_id_of_another_version_is_refused_by_name() {
        let error = check_group("v1-3f9a2c1b07").unwrap_err();
        assert_eq!(error.exit_code().code(), 64);
        assert!(error.message.contains("v1-3f9a2c1b07"), "{}", error.message);
        assert!(error.message.contains("grouping rules v1"), "{}", error.message);
        let current = Fingerprint::new("K", Some("boom"), None).hash;
        assert!(check_group(&current).is_ok());
    }

    #[test]
    fn complete_or_foreign_group_ids_are_not_prefixes() {
        for prefix in ["v2-3", "v2-3f9a2c1b0"] {
            assert!(is_group_prefix(prefix), "{prefix}");
        }
        for other in ["v2-3f9a2c1b07", "v1-3f", "v2-", "v2", "3f9a", "v2-xyz", "v2-3F"] {
            assert!(!is_group_prefix(other), "{other}");
        }
    }
}

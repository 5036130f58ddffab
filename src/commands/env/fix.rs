//! `env check --fix`: shows what is missing, asks, and inserts it.

use std::path::Path;

use crate::checks::environment::{Fix, plan};
use crate::cli::EnvCheck;
use crate::context::Context;
use crate::error::Error;
use crate::permit::{self, WritePermit, WriteRequest};
use crate::redact::sanitize;
use crate::zod::env_file;
use crate::zod::model::{EnvFile, Environment, FileNote};

/// Inserts the missing keys, and puts the template that is there now into the facts. What was inserted
/// is returned; nothing where nothing is missing.
///
/// # Errors
/// 77 when nobody agrees or somebody else wrote meanwhile, 3 when it cannot be written.
pub(crate) async fn run(
    context: &Context,
    args: &EnvCheck,
    facts: &mut Environment,
) -> Result<Option<Fix>, Error> {
    let Some(template) = &facts.template else {
        return Err(Error::usage("there is no template to insert anything into")
            .hint("create an empty .env.example, or name it with --template PATH"));
    };
    let path = template.path.clone();
    let before = env_file::bytes(&path).map_err(super::gather::file_error)?;
    // From these very bytes: the file may have changed since it was read.
    let template = env_file::parse(&path, &before);
    readable(&template)?;
    let fix = plan(facts, &template, &before);
    if fix.is_empty() {
        context.terminal.print_note(&format!("nothing is missing in {}", path.display()));
        return Ok(None);
    }
    let after = fix.apply(&before);
    let fixed = env_file::parse(&path, &after);
    verify(&template, &fixed, &fix)?;
    let permit = confirm(context, &fix, &path, args.yes).await?;
    env_file::replace(&path, &before, &after, &permit).map_err(|error| unwritten(&path, error))?;
    facts.template = Some(fixed);
    Ok(Some(fix))
}

fn readable(template: &EnvFile) -> Result<(), Error> {
    if template.notes.contains(&FileNote::Utf16) {
        return Err(Error::refused(format!("{} is UTF-16", template.path.display()))
            .hint("save it as UTF-8 first: dotenv finds nothing in it as it is"));
    }
    Ok(())
}

/// Reads the result as an application would: the old entries as they were, and the new ones.
fn verify(before: &EnvFile, after: &EnvFile, fix: &Fix) -> Result<(), Error> {
    let old = |file: &EnvFile| -> Vec<_> {
        let kept = file.entries.iter().filter(|entry| !fix.keys.contains(&entry.key));
        kept.map(|entry| (entry.key.clone(), entry.state, entry.value.clone())).collect()
    };
    let all_there = fix.keys.iter().all(|key| after.entries.iter().any(|entry| entry.key == *key));
    if old(before) == old(after) && all_there {
        return Ok(());
    }
    Err(Error::refused(format!("{} reads otherwise with the new lines", before.path.display()))
        .cause("a quote or a line of it is open where they would go")
        .hint("close it first: cliplyctl env check says where"))
}

async fn confirm(
    context: &Context,
    fix: &Fix,
    path: &Path,
    yes: bool,
) -> Result<WritePermit, Error> {
    let diff = sanitize::lines(&fix.diff(&path.display().to_string())).into_owned();
    let shown = permit::show(&diff, |text| context.terminal.print_stderr(text));
    let request = WriteRequest {
        read_only: false, // that is about a database
        protected: None,
        jobs: 0,
        first: None,
        yes,
        confirm: None,
        reason: None,
        interactive: context.terminal.interactive,
    };
    let (keys, path) = (fix.keys.len() as u64, path.display());
    let keys = crate::text::plural(keys, "key", "keys");
    request
        .permit(shown, async |_: &str| {
            let question = format!("insert {keys} into {path}? [y/N] ");
            context.terminal.ask(&question).await.map_err(permit::unanswered)
        })
        .await
}

fn unwritten(path: &Path, error: std::io::Error) -> Error {
    let message = format!("{} was not written", path.display());
    match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Error::refused(message).cause(error).hint("run it again")
        }
        _ => super::gather::io_error(&error, message),
    }
}

//! `env check --fix`: shows the missing keys, asks for confirmation, and inserts them.

use std::path::Path;

use crate::checks::environment::{drift, template_name};
use crate::cli::EnvCheck;
use crate::context::Context;
use crate::error::Error;
use crate::permit::{self, WritePermit, WriteRequest};
use crate::redact::sanitize;
use crate::sources::files::env_file::{read_bytes, replace};
use crate::suggest::{CommandText, ShellCommand};
use crate::zod::env_file::{Insertions, TemplateKey, parse, plan_insertions};
use crate::zod::model::{EnvFile, Environment, FileNote};

/// Inserts the missing keys and replaces the template in the facts. Returns the insertions; `None` if no key
/// is missing.
///
/// # Errors
/// 77 if it is not confirmed or the file changed meanwhile, 3 if the file cannot be read or written.
pub(crate) async fn run(
    context: &Context,
    args: &EnvCheck,
    facts: &mut Environment,
) -> Result<Option<Insertions>, Error> {
    let Some(template) = &facts.template else {
        return Err(Error::usage("no template to insert variables into")
            .hint("create an empty .env.example, or name it with --template PATH"));
    };
    let path = template.path.clone();
    let before = read_bytes(&path).map_err(super::gather::file_error)?;
    // The file may have changed since the facts were read, so the plan is made from these bytes.
    let template = parse(&path, &before);
    refuse_utf16(&template)?;
    refuse_guess(facts)?;
    let plan = plan(facts, &template, &before);
    if plan.is_empty() {
        context.terminal.print_note(&format!("{} has all keys of the schema", path.display()));
        return Ok(None);
    }
    let after = plan.apply(&before);
    let fixed = parse(&path, &after);
    verify(&template, &fixed, &plan)?;
    let permit = confirm(context, &plan, &path, args.yes).await?;
    replace(&path, &before, &after, &permit).map_err(|error| write_error(&path, error))?;
    facts.template = Some(fixed);
    Ok(Some(plan))
}

/// Plans the insertions. Nothing is inserted for a key whose variable is not known.
fn plan(facts: &Environment, template: &EnvFile, bytes: &[u8]) -> Insertions {
    let missing = drift(facts, template).missing;
    let keys = facts.keys().map(|(schema, key)| {
        let name = template_name(schema, key);
        let missing = missing.iter().any(|missing| missing.name == name);
        TemplateKey { schema, key, name, missing }
    });
    plan_insertions(keys, facts.policy.strict, template, bytes)
}

/// A schema that nothing in its file uses or exports may be the shape of something else.
fn refuse_guess(facts: &Environment) -> Result<(), Error> {
    match facts.schemas().find(|schema| schema.chosen.is_guess()) {
        None => Ok(()),
        Some(schema) => {
            let message = format!("{} at {} may be another schema", schema.name, schema.place);
            Err(Error::refused(message)
                .cause("it is the only schema in the file, but it is not exported and does not parse the environment")
                .hint(format!("name the schema: --schema-name {}", schema.name)))
        }
    }
}

fn refuse_utf16(template: &EnvFile) -> Result<(), Error> {
    if template.notes.contains(&FileNote::Utf16) {
        return Err(Error::refused(format!("{} is UTF-16", template.path.display()))
            .hint("save it as UTF-8 first: dotenv reads nothing from it now"));
    }
    Ok(())
}

/// Checks that the result has the old entries unchanged, and the new ones.
fn verify(before: &EnvFile, after: &EnvFile, plan: &Insertions) -> Result<(), Error> {
    let old = |file: &EnvFile| -> Vec<_> {
        let old = file.entries.iter().filter(|entry| !plan.keys.contains(&entry.key));
        old.map(|entry| (entry.key.clone(), entry.state, entry.value.clone())).collect()
    };
    let all_inserted =
        plan.keys.iter().all(|key| after.entries.iter().any(|entry| entry.key == *key));
    if old(before) == old(after) && all_inserted {
        return Ok(());
    }
    Err(Error::refused(format!(
        "inserting the lines would change other values of {}",
        before.path.display()
    ))
    .cause("a quote or line is not closed where they would be inserted")
    .hint(CommandText::to("close it first; the line", ShellCommand::new("env check"))))
}

async fn confirm(
    context: &Context,
    plan: &Insertions,
    path: &Path,
    yes: bool,
) -> Result<WritePermit, Error> {
    let diff = sanitize::lines(&plan.diff(&path.display().to_string())).into_owned();
    let shown = permit::show(&diff, |text| context.terminal.print_stderr(text));
    let (keys, path) = (plan.keys.len() as u64, path.display());
    let question = format!("Insert {} into {path}?", crate::text::plural(keys, "key", "keys"));
    let request = WriteRequest {
        question: &question,
        read_only: None, // applies only to databases
        protected: None,
        jobs: 0,
        yes,
        confirm: None,
        reason: None,
        interactive: context.terminal.interactive,
    };
    let ask = async |prompt: &str| context.terminal.ask(prompt).await.map_err(permit::unanswered);
    Ok(request.permit(shown, ask).await?.permit)
}

fn write_error(path: &Path, error: std::io::Error) -> Error {
    let message = format!("{} was not written", path.display());
    match error.kind() {
        std::io::ErrorKind::InvalidData => {
            Error::refused(message).cause(error).hint("run it again")
        }
        _ => super::gather::io_error(&error, message),
    }
}

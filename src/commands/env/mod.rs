//! `env check` and `env explain`: evaluate schema, template, values and source code; no network.

mod fix;
mod gather;

use std::path::{Path, PathBuf};

use crate::checks::environment::{ALL, did_you_mean};
use crate::cli::{EnvCheck, EnvExplain, EnvSources};
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::facts::{Finding, Observed, SourceError, SourceErrorKind};
use crate::report::{Report, environment};
use crate::settings::suggest;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;
use crate::zod::env_file::Insertions;
use crate::zod::model::{EnvPolicy, Environment, Unresolved};

/// Runs `env check`.
///
/// # Errors
/// If an input cannot be read (3), or the profile is not defined (64).
pub(crate) async fn check(context: &Context, args: &EnvCheck) -> Result<Report, Error> {
    let policy = EnvPolicy {
        required: required(context, args.profile.as_deref())?,
        profile: args.profile.clone(),
        strict: args.strict,
        ..gather::policy(context)
    };
    let template_needed = args.fix || (!args.sources.has_values() && args.code.is_none());
    let mut facts = gather::read(context, &args.sources, policy, template_needed)?;
    if let Some(root) = &args.code {
        facts.code = Some(gather::code(context, root, &facts)?);
    }
    let inserted = if args.fix { fix::run(context, args, &mut facts).await? } else { None };
    facts.make_relative_to(&gather::root(context));
    let limits = &context.settings.thresholds;
    let findings: Vec<Finding> = ALL.iter().flat_map(|check| check.run(&facts, limits)).collect();
    let mut report =
        environment::report(&facts, findings, args.status_args.fail_on, &files(&args.sources));
    let root = gather::root(context);
    if !root.as_os_str().is_empty() && args.sources.schema.is_empty() {
        report.document.add_note(format!("in {}", root.display()));
    }
    if let Some(Insertions { keys, .. }) = inserted {
        report.summary.push(("inserted", keys.len().into()));
        let count = text::plural(keys.len() as u64, "key", "keys");
        report.document.add_note(format!("inserted {count}: {}", keys.join(", ")));
    }
    Ok(report.redacted())
}

/// Reads schema and template of the project for `triage`; `None` if there is no schema.
pub(crate) async fn observe(context: &Context) -> Option<Observed<Environment>> {
    let (schema, sources) = gather::conventional(context)?;
    let source = schema.display().to_string();
    let read = async {
        let facts = gather::read(context, &sources, gather::policy(context), true);
        let mut facts = facts.map_err(source_error)?;
        facts.make_relative_to(&gather::root(context));
        Ok(facts)
    };
    Some(context.observe(source, read).await)
}

/// The keys of the schema of the project, if there is one.
pub(crate) fn keys(context: &Context) -> Option<Vec<String>> {
    let (_, sources) = gather::conventional(context)?;
    let facts = gather::read(context, &sources, EnvPolicy::default(), false).ok()?;
    Some(facts.keys().map(|(_, key)| key.name.clone()).collect())
}

/// An error as a fact: what could not be read, and why.
fn source_error(error: Error) -> SourceError {
    let kind = match error.kind {
        ErrorKind::Source(kind) => kind,
        _ => SourceErrorKind::Other,
    };
    let messages: Vec<_> = std::iter::once(error.message).chain(error.causes).collect();
    SourceError::new(kind, messages.join(": "))
}

/// Runs `env explain`.
///
/// # Errors
/// If an input cannot be read (3), or the schema does not declare the key (64).
pub(crate) fn explain(context: &Context, args: &EnvExplain) -> Result<Report, Error> {
    let facts = gather::read(context, &args.sources, gather::policy(context), false)?;
    let Some(found) = facts.key(&args.key) else {
        if let Some(open) = facts.open() {
            return Err(undecided(&args.key, open));
        }
        let schema = &facts.schema;
        let (name, place) = (&schema.name, &schema.place);
        let error = Error::usage(format!("{} is not a key of {name} at {place}", args.key));
        let keys = facts.keys().map(|(_, key)| key.name.as_str());
        return Err(match did_you_mean(&args.key, keys) {
            Some(key) => error.hint(format!("did you mean {key}?")),
            None => {
                let list = CommandText::from(ShellCommand::new("env check -o json"));
                error.hint(list.text(" lists every key under data.keys"))
            }
        });
    };
    let dotenv = Path::new(DOTENV).is_file().then_some(["--values", DOTENV]);
    let added = dotenv.iter().flatten().chain(&["--process"]).map(|word| (*word).to_owned());
    let values: Vec<_> = files(&args.sources).into_iter().chain(added).collect();
    Ok(environment::explain(&facts, found, &values).redacted())
}

/// The error for a key that an open schema may declare.
fn undecided(key: &str, open: &Unresolved) -> Error {
    let kind = ErrorKind::Source(SourceErrorKind::Malformed);
    Error::new(kind, format!("not known whether {key} is a key"))
        .cause(format!("the schema may declare more keys: {open}"))
}

/// The file with the values of a project.
const DOTENV: &str = ".env";

/// The flags that select the files of a check, for suggested commands.
fn files(sources: &EnvSources) -> Vec<String> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let schemas = sources.schema.iter().map(|path| ("--schema", Some(path.display().to_string())));
    let named =
        [("--schema-name", sources.schema_name.clone()), ("--template", path(&sources.template))];
    let named = schemas.chain(named).filter_map(|(flag, value)| Some((flag, value?)));
    named.flat_map(|(flag, value)| [flag.to_owned(), value]).collect()
}

/// The keys that the profile requires.
fn required(context: &Context, profile: Option<&str>) -> Result<Vec<String>, Error> {
    let Some(profile) = profile else { return Ok(Vec::new()) };
    let profiles = &context.settings.env.profiles;
    profiles.get(profile).cloned().ok_or_else(|| {
        let names: Vec<&str> = profiles.keys().map(String::as_str).collect();
        Error::usage(format!("unknown profile `{profile}`"))
            .cause("profiles are lists of keys below [env.profiles] in cliplyctl.toml")
            .hint(suggest::did_you_mean(profile, &names))
    })
}

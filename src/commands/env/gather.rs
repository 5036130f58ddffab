//! Reads the schema, the template, the values and the source code, as the flags select them.

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::EnvSources;
use crate::context::Context;
use crate::error::{Error, ErrorKind};
use crate::facts::SourceErrorKind;
use crate::settings::demo;
use crate::sources::files::env_file::EnvFileError;
use crate::sources::files::{env_file, schema, source_tree};
use crate::zod::model::{
    Code, EntryState, EnvFile, EnvPolicy, EnvSchema, EnvValue, EnvValues, Environment, FileNote,
    Loader, SchemaChoice, Unresolved,
};
use crate::zod::schema::{CONVENTIONAL_PATHS, SchemaError};

/// The default template.
const TEMPLATE: &str = ".env.example";

/// The settings for the evaluation.
pub(crate) fn policy(context: &Context) -> EnvPolicy {
    EnvPolicy { fallbacks: context.settings.env.fallbacks(), ..EnvPolicy::default() }
}

/// Reads the schema, the template and the values.
pub(crate) fn read(
    context: &Context,
    sources: &EnvSources,
    policy: EnvPolicy,
    template_needed: bool,
) -> Result<Environment, Error> {
    let (schema, others) = read_schemas(context, sources)?;
    let project = schema::project(&schema.place.file);
    let mut template = read_template(context, sources, template_needed)?;
    let mut values = if sources.has_values() { Some(read_values(context, sources)?) } else { None };
    if let Loader::Expands(_) = project.loader {
        template.iter_mut().for_each(EnvFile::expand);
        values.iter_mut().for_each(|values| values.expand(project.loader));
    }
    Ok(Environment { schema, others, project, template, values, code: None, policy })
}

/// Reads the uses of keys in the source files below a directory.
pub(crate) fn code(context: &Context, root: &Path, facts: &Environment) -> Result<Code, Error> {
    let tree = source_tree::find(root).map_err(|error| {
        io_error(&error, format!("cannot read {}", root.display()))
            .hint("name the directory with --code DIR")
    })?;
    let progress = context.terminal.progress(tree.file_count() as u64, "files");
    let code = tree.read(facts, |done| progress.at(done as u64));
    progress.finish();
    Ok(code)
}

/// The file of the schema of the project, and its template, if a conventional path has a schema.
pub(crate) fn conventional(context: &Context) -> Option<(PathBuf, EnvSources)> {
    let root = root(context);
    let schema = schema::find(&root).ok()?;
    let template = (!root.as_os_str().is_empty()).then(|| root.join(TEMPLATE));
    Some((schema, EnvSources { template, ..EnvSources::default() }))
}

/// The root of the project: the working directory (empty path). For the demo context it is the demo project
/// unless the working directory has a schema, because the path of the demo project is generated.
pub(crate) fn root(context: &Context) -> PathBuf {
    let settings = &context.settings;
    let working_directory = PathBuf::new();
    let is_demo = settings.context_name.as_deref() == Some(demo::NAME);
    if !is_demo || schema::find(&working_directory).is_ok() {
        return working_directory;
    }
    settings.state_dir.as_deref().and_then(demo::project).unwrap_or(working_directory)
}

/// The schemas: the first one, and further ones that share the template.
fn read_schemas(
    context: &Context,
    sources: &EnvSources,
) -> Result<(EnvSchema, Vec<EnvSchema>), Error> {
    let name = sources.schema_name.as_deref();
    let paths = match &sources.schema[..] {
        [] => {
            let folder = sources.template.as_deref().and_then(Path::parent);
            vec![schema::find_near(&root(context), folder).map_err(schema_error)?]
        }
        named => named.to_vec(),
    };
    let mut schemas = Vec::new();
    for path in &paths {
        schemas.extend(schema::read_all(path, name).map_err(schema_error)?);
    }
    let mut schemas = schemas.into_iter();
    let Some(mut first) = schemas.next() else {
        return Err(schema_error(SchemaError::NotFound { path: paths[0].clone(), name: None }));
    };
    let mut others: Vec<EnvSchema> = schemas.collect();
    if sources.schema.is_empty() && name.is_none() {
        for path in schema::siblings(&paths[0]) {
            add_sibling(&path, &mut first, &mut others);
        }
    }
    Ok((first, others))
}

/// Adds what a file beside that of the schema applies to the environment. A file without a schema adds nothing; one
/// that cannot be read leaves the first schema open.
fn add_sibling(path: &Path, first: &mut EnvSchema, others: &mut Vec<EnvSchema>) {
    let found = match schema::read_all(path, None) {
        Ok(found) => found,
        Err(SchemaError::NotFound { .. } | SchemaError::Ambiguous { .. }) => return,
        Err(error) => {
            let reason = format!("a schema beside it cannot be read: {error}");
            first.unresolved.push(Unresolved::in_file(path, 1, reason));
            return;
        }
    };
    for schema in found {
        let mut known = std::iter::once(&*first).chain(&*others);
        let is_known = match schema.chosen.is_applied() {
            true => known.any(|other| schema.is_part_of(other)),
            // Perhaps a part that another file puts together.
            false => {
                schema.chosen != SchemaChoice::ByName
                    || known.any(|other| other.shares_key(&schema))
            }
        };
        if !is_known {
            others.push(schema);
        }
    }
}

/// Reads the template. A missing default template is an error only if it is needed.
fn read_template(
    context: &Context,
    sources: &EnvSources,
    needed: bool,
) -> Result<Option<EnvFile>, Error> {
    let path = match (&sources.template, &sources.schema[..]) {
        (Some(path), _) => path.clone(),
        (None, [_, ..]) => TEMPLATE.into(),
        (None, []) => root(context).join(TEMPLATE),
    };
    match env_file::read(&path) {
        Ok(file) => Ok(Some(file)),
        Err(EnvFileError::Io { source, .. })
            if source.kind() == io::ErrorKind::NotFound
                && sources.template.is_none()
                && !needed =>
        {
            Ok(None)
        }
        Err(error) => {
            Err(file_error(error).hint("name the template with --template PATH, or create it"))
        }
    }
}

/// Reads the values: later files override earlier ones, and the process environment overrides all files.
fn read_values(context: &Context, sources: &EnvSources) -> Result<EnvValues, Error> {
    let mut values = EnvValues::default();
    for path in &sources.values {
        add_file(&mut values, path)?;
    }
    if sources.process {
        for (name, value) in context.settings.process.iter() {
            values.insert(name, EnvValue::new(value), "the process", true);
        }
    }
    Ok(values)
}

fn add_file(values: &mut EnvValues, path: &Path) -> Result<(), Error> {
    let file = if path.as_os_str() == "-" { env_file::read_stdin() } else { env_file::read(path) };
    let file = file.map_err(|error| file_error(error).hint("name files with --values FILE"))?;
    values.files += 1;
    if file.notes.contains(&FileNote::Utf16) {
        values.unreadable.push(file.path.display().to_string());
    }
    for entry in file.entries.into_iter().filter(|entry| entry.state == EntryState::Active) {
        let origin = format!("{}:{}", file.path.display(), entry.line);
        values.insert(&entry.key, entry.value, &origin, false);
    }
    Ok(())
}

/// An error of reading a `.env` file as an error of a source.
pub(crate) fn file_error(error: EnvFileError) -> Error {
    match &error {
        EnvFileError::Io { source, .. } => read_error(&error, source),
        EnvFileError::TooLarge { .. } => malformed(&error),
    }
}

fn schema_error(error: SchemaError) -> Error {
    match &error {
        SchemaError::Io { source, .. } => read_error(&error, source),
        SchemaError::NoFile { .. } => {
            let message = "no schema file in the default places";
            Error::new(ErrorKind::Source(SourceErrorKind::NotFound), message)
                .cause(format!("searched {}", CONVENTIONAL_PATHS.join(", ")))
                .hint("run it in the root of the project, or name the file with --schema PATH")
        }
        SchemaError::Ambiguous { .. } | SchemaError::NotFound { .. } => {
            malformed(&error).hint("name the schema with --schema-name NAME")
        }
        _ => malformed(&error),
    }
}

fn malformed(error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Source(SourceErrorKind::Malformed), error.to_string())
}

fn read_error(error: &dyn std::error::Error, source: &io::Error) -> Error {
    io_error(source, error.to_string())
}

/// An error of the operating system as an error of a source.
pub(crate) fn io_error(source: &io::Error, message: String) -> Error {
    let kind = match source.kind() {
        io::ErrorKind::NotFound => SourceErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => SourceErrorKind::Permission,
        _ => SourceErrorKind::Other,
    };
    Error::new(ErrorKind::Source(kind), message).cause(source)
}

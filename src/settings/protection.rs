//! Which context protects this database, however it was reached.

use super::config::{ConfigFile, ContextSettings};
use super::{Origin, ProcessEnvironment, Settings, context_database};
use crate::dsn::{Dsn, Host, ServerAddress};

/// Applies the guards of every context whose database this is, and those of the context in force.
pub fn apply(settings: &mut Settings, config: &ConfigFile, environment: &ProcessEnvironment) {
    for context in config.contexts.iter().filter(|context| has_guard(context)) {
        if in_force(settings, config, context) || is_its_database(settings, context, environment) {
            let protected = context.protected.as_ref().is_some_and(|flag| flag.value);
            if protected && settings.protected.is_none() {
                settings.protected = Some(context.name.clone());
            }
            settings.read_only |= context.read_only.as_ref().is_some_and(|flag| flag.value);
        }
    }
}

fn has_guard(context: &ContextSettings) -> bool {
    [&context.protected, &context.read_only].into_iter().flatten().any(|flag| flag.value)
}

/// Whether the guards of this context hold whatever database was found. Those of the default
/// context hold even where the environment replaced its database: that may be another name of the
/// same server. A flag is typed on purpose; there the comparison alone decides.
fn in_force(settings: &Settings, config: &ConfigFile, context: &ContextSettings) -> bool {
    let strongest = config.context(&context.name).is_some_and(|first| std::ptr::eq(first, context));
    if !strongest {
        return false;
    }
    if let Some(name) = &settings.context_name {
        return *name == context.name;
    }
    let typed = matches!(&settings.database, Ok(dsn) if matches!(dsn.origin, Origin::Flag(_)));
    let default = config.default_context.as_ref().map(|name| &name.value);
    default == Some(&context.name) && !typed
}

fn is_its_database(
    settings: &mut Settings,
    context: &ContextSettings,
    environment: &ProcessEnvironment,
) -> bool {
    let Ok(database) = &settings.database else { return false };
    match context_database(context, environment) {
        Some(Ok(theirs)) => same_database(&database.value, &theirs.value),
        Some(Err(_)) if settings.context_name.is_none() => {
            let name = &context.name;
            settings.warnings.push(format!(
                "context {name} is guarded, but its database URL cannot be read: \
                 whether this is its database is not known"
            ));
            false
        }
        _ => false,
    }
}

/// Whether two ways lead to one database. When in doubt, yes: the cost is a question too many.
#[must_use]
pub fn same_database(one: &Dsn, other: &Dsn) -> bool {
    if let (Some(one), Some(other)) = (supabase_project(one), supabase_project(other)) {
        return one == other;
    }
    let same = |a: &Host, b: &Host| place(a) == place(b);
    one.database == other.database
        && one.hosts.iter().any(|a| other.hosts.iter().any(|b| same(a, b)))
}

/// The host without its spelling. A pooler on another port of a server serves the same databases;
/// on this machine, ports tell servers and tunnels apart.
fn place(host: &Host) -> (String, Option<u16>) {
    let name = match &host.address {
        ServerAddress::Socket(_) => "localhost".to_owned(),
        ServerAddress::Tcp { name, .. } => name.trim_end_matches('.').to_ascii_lowercase(),
    };
    match name.as_str() {
        "localhost" | "127.0.0.1" | "::1" => ("localhost".to_owned(), Some(host.port)),
        _ => (name, None),
    }
}

/// The project behind Supabase's two kinds of address: `db.PROJECT.supabase.co`, and a pooler that
/// all projects of a region share, with `ROLE.PROJECT` as user.
fn supabase_project(dsn: &Dsn) -> Option<String> {
    let (name, _) = place(dsn.hosts.first()?);
    if name.ends_with(".pooler.supabase.com") {
        return dsn.user.rsplit_once('.').map(|(_, project)| project.to_ascii_lowercase());
    }
    Some(name.strip_prefix("db.")?.strip_suffix(".supabase.co")?.to_owned())
}

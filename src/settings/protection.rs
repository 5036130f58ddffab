//! Write protection: finds the contexts whose database is the selected one, however it was
//! selected.

use super::config::{ConfigFile, ContextSettings};
use super::{Origin, ProcessEnvironment, Settings, context_database};
use crate::dsn::{Dsn, Host, ServerAddress};

/// Applies the protection of the selected context and of every context with the same database.
pub(super) fn apply(
    settings: &mut Settings,
    config: &ConfigFile,
    environment: &ProcessEnvironment,
) {
    for context in config.contexts.iter().filter(|context| is_guarded(context)) {
        if applies_always(settings, config, context)
            || has_same_database(settings, context, environment)
        {
            let protected = context.protected.as_ref().is_some_and(|flag| flag.value);
            if protected && settings.protected.is_none() {
                settings.protected = Some(context.name.clone());
            }
            settings.read_only |= context.read_only.as_ref().is_some_and(|flag| flag.value);
        }
    }
}

/// Whether the context is protected or read-only.
fn is_guarded(context: &ContextSettings) -> bool {
    [&context.protected, &context.read_only].into_iter().flatten().any(|flag| flag.value)
}

/// Whether the protection of this context applies to any database. That of the default context
/// applies even if a variable replaces its database, which may be another name of the same server.
/// A database from a flag is intentional: only the comparison counts.
fn applies_always(settings: &Settings, config: &ConfigFile, context: &ContextSettings) -> bool {
    let is_effective =
        config.context(&context.name).is_some_and(|first| std::ptr::eq(first, context));
    if !is_effective {
        return false;
    }
    if let Some(name) = &settings.context_name {
        return *name == context.name;
    }
    let from_flag = matches!(&settings.database, Ok(dsn) if matches!(dsn.origin, Origin::Flag(_)));
    let default = config.default_context.as_ref().map(|name| &name.value);
    default == Some(&context.name) && !from_flag
}

/// Whether the selected database is that of the context. Adds a warning if the URL of the context
/// is invalid.
fn has_same_database(
    settings: &mut Settings,
    context: &ContextSettings,
    environment: &ProcessEnvironment,
) -> bool {
    let Ok(database) = &settings.database else { return false };
    match context_database(context, environment) {
        Some(Ok(guarded)) => same_database(&database.value, &guarded.value),
        Some(Err(_)) if !settings.is_selected_by_flag => {
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

/// Whether two connections lead to the same database. In doubt yes, which costs only an unnecessary
/// confirmation.
pub(super) fn same_database(one: &Dsn, other: &Dsn) -> bool {
    if let (Some(one), Some(other)) = (supabase_project(one), supabase_project(other)) {
        return one == other;
    }
    let same = |a: &Host, b: &Host| normalized(a) == normalized(b);
    one.database == other.database
        && one.hosts.iter().any(|a| other.hosts.iter().any(|b| same(a, b)))
}

/// The normalized name of a host, with its port for the local machine only: there, ports
/// distinguish servers and tunnels; elsewhere, another port of the host is a pooler of the same
/// databases.
fn normalized(host: &Host) -> (String, Option<u16>) {
    let name = match &host.address {
        ServerAddress::Socket(_) => "localhost".to_owned(),
        ServerAddress::Tcp { name, .. } => name.trim_end_matches('.').to_ascii_lowercase(),
    };
    match name.as_str() {
        "localhost" | "127.0.0.1" | "::1" => ("localhost".to_owned(), Some(host.port)),
        _ => (name, None),
    }
}

/// The Supabase project of a connection: from the host `db.PROJECT.supabase.co`, or from the user
/// `ROLE.PROJECT` of a pooler that all projects of a region share.
fn supabase_project(dsn: &Dsn) -> Option<String> {
    let (name, _) = normalized(dsn.hosts.first()?);
    if name.ends_with(".pooler.supabase.com") {
        return dsn.user.rsplit_once('.').map(|(_, project)| project.to_ascii_lowercase());
    }
    Some(name.strip_prefix("db.")?.strip_suffix(".supabase.co")?.to_owned())
}

//! Write protection: finds the contexts whose database is the selected one, however it was
//! selected.

use super::config::{ConfigFile, ContextSettings};
use super::{Origin, ProcessEnvironment, Settings, context_database};
use crate::dsn::{Dsn, Host, ServerAddress};
use crate::error::Error;

/// A protected or read-only context. Whether it is about the selected database is known here only if both have
/// the same address; otherwise the servers tell (`requeue::protection`).
#[derive(Debug, Clone)]
pub(crate) struct GuardedContext {
    /// Its name.
    pub(crate) name: String,
    /// Where it is defined.
    pub(crate) origin: Origin,
    /// Whether writes require its name.
    pub(crate) protected: bool,
    /// Whether writes are refused.
    pub(crate) read_only: bool,
    /// Its database, or why that is not known.
    pub(crate) database: Result<Dsn, Error>,
    /// How its address relates to that of the selected database.
    pub(crate) address: AddressMatch,
}

impl GuardedContext {
    /// `context ro marks this database read-only (cliplyctl.toml:6)`
    pub(crate) fn read_only_reason(&self) -> String {
        format!("context {} marks this database read-only ({})", self.name, self.origin)
    }
}

impl Settings {
    /// Why writes are refused, if they are.
    pub(crate) fn read_only_by(&self) -> Option<String> {
        let applies =
            |guard: &&GuardedContext| guard.read_only && guard.address == AddressMatch::Same;
        let reason = self.guards.iter().find(applies).map(GuardedContext::read_only_reason);
        self.read_only.then(|| reason.unwrap_or_else(|| "this context is read-only".to_owned()))
    }
}

/// How two addresses relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressMatch {
    /// They lead to the same database.
    Same,
    /// They lead to different databases.
    Other,
    /// That is not known.
    Unknown,
}

/// Finds the guarded contexts, and applies the protection of the selected context and of every context with the
/// same address.
pub(super) fn apply(
    settings: &mut Settings,
    config: &ConfigFile,
    environment: &ProcessEnvironment,
) {
    for context in config.contexts.iter().filter(|context| is_guarded(context)) {
        let applies = applies_always(settings, config, context);
        let Some(guard) = guarded_context(settings, context, environment, applies) else {
            continue;
        };
        if applies || guard.address == AddressMatch::Same {
            if guard.protected && settings.protected.is_none() {
                settings.protected = Some(context.name.clone());
            }
            settings.read_only |= guard.read_only;
        }
        let is_unknown = guard.database.is_err() && !applies && settings.database.is_ok();
        if is_unknown && !settings.is_selected_by_flag {
            settings.warnings.push(format!(
                "context {} is protected or read-only, but its database URL cannot be read: not known whether this is its database",
                guard.name
            ));
        }
        settings.guards.push(guard);
    }
}

/// Returns the guard of a context; `None` if the context has no database and is not the selected one.
fn guarded_context(
    settings: &Settings,
    context: &ContextSettings,
    environment: &ProcessEnvironment,
    applies: bool,
) -> Option<GuardedContext> {
    let is_set = |flag: &Option<super::Setting<bool>>| flag.as_ref().is_some_and(|flag| flag.value);
    let database = context_database(context, environment);
    if database.is_none() && !applies {
        return None;
    }
    let database = database.unwrap_or_else(|| Err(Error::config("it has no database URL")));
    let database = database.map(|database| database.value);
    let address = match (&settings.database, &database) {
        (Ok(selected), Ok(guarded)) => compare(&selected.value, guarded),
        _ => AddressMatch::Unknown,
    };
    Some(GuardedContext {
        name: context.name.clone(),
        origin: context.origin.clone(),
        protected: is_set(&context.protected),
        read_only: is_set(&context.read_only),
        database,
        address: if applies { AddressMatch::Same } else { address },
    })
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

/// Compares two addresses. Different projects behind one pooler are different databases; any other pair of
/// names may lead to one server.
fn compare(one: &Dsn, other: &Dsn) -> AddressMatch {
    let projects = (supabase_project(one), supabase_project(other));
    match projects {
        _ if same_database(one, other) => AddressMatch::Same,
        (Some(one), Some(other)) if one != other => AddressMatch::Other,
        _ => AddressMatch::Unknown,
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

//! Settings with `-c NAME` or `CLIPLYCTL_CONTEXT`: only those of the named context.

use super::config::{ConfigFile, demo_context};
use super::{Overrides, ProcessEnvironment, Settings, context_database, demo, invalid_setting};
use crate::error::Error;

/// The variable that selects a context.
const VARIABLE: &str = "CLIPLYCTL_CONTEXT";

/// The context that the operator selects.
#[derive(Clone, Copy)]
pub(super) struct SelectedContext<'a> {
    name: &'a str,
    /// Whether `-c` selects it, otherwise the variable.
    by_flag: bool,
}

impl<'a> SelectedContext<'a> {
    /// The context of `-c`, otherwise of the variable.
    pub(super) fn of(
        overrides: &'a Overrides,
        environment: &'a ProcessEnvironment,
    ) -> Option<Self> {
        match (overrides.context.as_deref(), environment.get(VARIABLE)) {
            (Some(name), _) => Some(Self { name, by_flag: true }),
            (None, Some(name)) => Some(Self { name, by_flag: false }),
            (None, None) => None,
        }
    }

    /// The error for a name that no context has.
    fn unknown(self, config: &ConfigFile) -> Error {
        let error = match self {
            Self { name: demo::NAME, .. } => demo::not_running(),
            Self { name, by_flag: true } => Error::usage(format!("unknown context `{name}`"))
                .hint(config.unknown_context_hint(name)),
            Self { name, by_flag: false } => Error::config(format!("unknown context `{name}`"))
                .hint(config.unknown_context_hint(name)),
        };
        if self.by_flag { error } else { error.cause(format!("named by ${VARIABLE}")) }
    }
}

impl std::fmt::Display for SelectedContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.by_flag {
            true => write!(f, "-c {}", self.name),
            false => write!(f, "{VARIABLE}={}", self.name),
        }
    }
}

/// The settings of the selected context.
pub(super) fn resolve(
    selected: SelectedContext<'_>,
    overrides: &Overrides,
    environment: &ProcessEnvironment,
    config: &ConfigFile,
) -> Result<Settings, Error> {
    let flags = [
        ("--base-url", overrides.base_url.is_some()),
        ("--database-url", overrides.database_url.is_some()),
    ];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        return Err(Error::usage(format!("{flag} and {selected} exclude each other"))
            .cause("a context has its own app and database")
            .hint("remove one of them"));
    }
    let context = config.unambiguous(selected.name, environment)?;
    let (context, warning) = context.ok_or_else(|| selected.unknown(config))?;
    let context = context.valid()?;
    let demo_records = demo_context::records_dir(context, environment)?;
    let mut settings = Settings::unset(overrides, environment, config);
    settings.state_dir = demo_records.or(settings.state_dir);
    settings.context_name = Some(context.name.clone());
    settings.warnings.extend(warning);
    settings.apply_thresholds(context);
    settings.apply_app(context, environment);
    if let Some(database) = context_database(context, environment) {
        settings.database = database.map_err(invalid_setting);
        settings.queue.clone_from(&context.queue);
        settings.access_contract = context.contract_file(environment);
    }
    Ok(settings)
}

//! Settings with `-c NAME`: only those of the named context.

use super::config::{ConfigFile, demo_context};
use super::{Overrides, ProcessEnvironment, Settings, context_database, demo, unconfigured};
use crate::error::Error;

/// The settings of the context `name`.
pub(super) fn resolve(
    name: &str,
    overrides: &Overrides,
    environment: &ProcessEnvironment,
    config: &ConfigFile,
) -> Result<Settings, Error> {
    let flags = [
        ("--base-url", overrides.base_url.is_some()),
        ("--database-url", overrides.database_url.is_some()),
    ];
    if let Some((flag, _)) = flags.iter().find(|(_, given)| *given) {
        return Err(Error::usage(format!("{flag} contradicts -c {name}"))
            .cause("a context brings its own API and database")
            .hint("leave one of the two out"));
    }
    let context = config.context(name).ok_or_else(|| match name {
        demo::NAME => demo::not_running(),
        _ => Error::usage(format!("no context `{name}`")).hint(config.unknown_context_hint(name)),
    })?;
    let context = context.valid()?;
    let demo_records = demo_context::records_dir(context, environment)?;
    let mut settings = Settings::unset(overrides, environment, config);
    settings.state_dir = demo_records.or(settings.state_dir);
    settings.context_name = Some(context.name.clone());
    settings.apply_thresholds(context);
    settings.apply_app(context, environment);
    if let Some(database) = context_database(context, environment) {
        settings.database = database.map_err(unconfigured);
        settings.queue.clone_from(&context.queue);
    }
    Ok(settings)
}

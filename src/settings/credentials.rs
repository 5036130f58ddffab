//! Which credentials may be sent to which server: only to one that is named where the credential is. A `.env` or
//! `cliplyctl.toml` of a checkout must not direct the operator's own token to another server.

use super::{Origin, Setting};
use crate::dsn::Dsn;
use crate::error::Error;

/// Who wrote a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// The operator: flags and the environment.
    Operator,
    /// `.env` of the working directory.
    DotEnv,
    /// A configuration file, and files that it names.
    ConfigFile,
}

impl Origin {
    /// Who wrote the setting.
    pub(super) fn author(&self) -> Author {
        match self {
            Self::Flag(_) | Self::Env(_) | Self::Default => Author::Operator,
            Self::DotEnv { .. } => Author::DotEnv,
            Self::File { .. } | Self::ValueFile(_) => Author::ConfigFile,
        }
    }
}

/// Refuses to send a credential to a server that another source names.
///
/// # Errors
/// If the authors of both differ; the error names both places.
pub(super) fn check(what: &str, credential: &Origin, server: &Origin) -> Result<(), Error> {
    if credential.author() == server.author() {
        return Ok(());
    }
    Err(Error::config(format!(
        "refused: {what} from {credential} would be sent to the server from {server}"
    ))
    .hint("set both in the same source, or use a context: admin_token_env, database_url_env"))
}

/// Checks the password of a database that was completed from `PGPASSWORD`.
pub(super) fn check_password(
    database: &Setting<Dsn>,
    variable: Option<&Setting<String>>,
) -> Result<(), Error> {
    let Some(variable) = variable else { return Ok(()) };
    let origin = variable.origin.to_string();
    let passwords = database.value.hosts.iter().filter_map(|host| host.password.as_ref());
    match passwords.into_iter().any(|password| password.origin == origin) {
        true => check("the password", &variable.origin, &database.origin),
        false => Ok(()),
    }
}

/// Refuses to send the admin token without TLS, unless to this machine.
///
/// # Errors
/// If the base URL begins with `http://` and its host is not a loopback address.
pub(super) fn check_plain_http(base_url: &Setting<String>) -> Result<(), Error> {
    let Ok(url) = url::Url::parse(&base_url.value) else { return Ok(()) };
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    };
    if url.scheme() != "http" || is_loopback {
        return Ok(());
    }
    Err(Error::config(format!(
        "refused: the admin token would be sent without TLS to {}",
        url.host_str().unwrap_or_default()
    ))
    .cause(format!("set by {}", base_url.origin))
    .hint("use https, or set allow_plain_http = true in a context"))
}

//! Connection strings, service files and password files, interpreted as libpq interprets them.
//!
//! [`Dsn::parse`] reads a URL or a keyword string and completes it: first from a service file, then
//! from PG* variables, then with libpq's defaults. The result names every server with its password,
//! the TLS settings and the session options. Passwords are redacted in every output. An
//! error contains at most names of parameters and services from the connection string.
//!
//! Imports: nothing else of this project, so that this module could become a crate. Callers convert
//! [`Error`] and [`Sourced`] to their own types.

mod build;
mod params;
mod passfile;
mod secret;
mod service;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod tls;
mod url;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use params::holds_password;
pub use secret::{REDACTED, Secret};

/// Connection parameters by libpq's names.
type ConnectionParams = BTreeMap<String, String>;

/// The reason why a connection string or its service file cannot be used. Of the connection string
/// it contains only names of parameters and services, because any other part could be a password.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What failed, in lower case.
    pub message: String,
    /// Why it failed.
    pub(crate) cause: Option<String>,
    /// How to fix it.
    pub(crate) hint: Option<String>,
}

impl Error {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None, hint: None }
    }

    fn cause(mut self, cause: impl ToString) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A value and the place where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub(crate) value: T,
    /// Its place, as text for the user: `database URL`, `$PGPASSWORD` or `/home/me/.pgpass:3`.
    pub(crate) origin: String,
}

impl<T> Sourced<T> {
    /// A value found at `origin`.
    pub(crate) fn new(value: T, origin: impl Into<String>) -> Self {
        Self { value, origin: origin.into() }
    }
}

/// One server of a connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its address.
    pub(crate) address: ServerAddress,
    /// Its port; for a Unix socket, a part of the file name.
    pub(crate) port: u16,
    /// The password for this server, if one is known.
    pub password: Option<Sourced<Secret<Vec<u8>>>>,
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerAddress {
    /// A TCP address.
    Tcp {
        /// The host name or IP address; the server certificate is compared with it.
        name: String,
        /// The value of `hostaddr`, which replaces the name resolution.
        addr: Option<IpAddr>,
    },
    /// The directory of a Unix socket.
    Socket(PathBuf),
}

/// The `sslmode` parameter, from the weakest to the strongest mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum SslMode {
    /// Without TLS.
    Disable,
    /// With TLS only if the server requires it.
    Allow,
    /// With TLS if the server supports it.
    Prefer,
    /// With TLS; the certificate is verified if a root certificate is available.
    Require,
    /// With TLS and a certificate that a trusted CA signed.
    VerifyCa,
    /// As `VerifyCa`, and the certificate must match the host name.
    VerifyFull,
}

impl SslMode {
    /// Every mode, the weakest first.
    pub(crate) const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// The value of `sslmode`.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The root certificates that a server certificate is verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RootCert {
    /// `sslrootcert` is not set: `~/.postgresql/root.crt`, if it exists.
    Default(Option<PathBuf>),
    /// This file.
    File(PathBuf),
    /// The CAs that the operating system trusts.
    System,
}

/// The TLS settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    /// When TLS is used and what is verified.
    pub(crate) mode: SslMode,
    /// The root certificates.
    pub(crate) root: RootCert,
    /// Client certificate and key: from the parameters, otherwise from `~/.postgresql` if both
    /// exist.
    pub(crate) client: Option<(PathBuf, PathBuf)>,
}

/// The `channel_binding` parameter: whether the password exchange is bound to the TLS session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChannelBinding {
    /// Never.
    Disable,
    /// If client and server support it.
    Prefer,
    /// Always; otherwise the connection fails.
    Require,
}

/// The `target_session_attrs` parameter: which of several servers is acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionAttrs {
    /// Any server.
    Any,
    /// A server whose sessions can write: neither a hot standby nor read-only by default.
    ReadWrite,
    /// A hot standby, or a server whose sessions are read-only by default.
    ReadOnly,
    /// A server that is not a hot standby.
    Primary,
    /// A hot standby.
    Standby,
    /// A hot standby if one of the servers is one, otherwise any server.
    PreferStandby,
}

/// A complete description of a database connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dsn {
    /// The servers in the order in which they are tried; at least one.
    pub hosts: Vec<Host>,
    /// The role.
    pub(crate) user: String,
    /// The database.
    pub(crate) database: String,
    /// The TLS settings.
    pub(crate) tls: Tls,
    /// The time limit for connecting to one server.
    pub(crate) connect_timeout: Option<Duration>,
    /// The application name, if it is set.
    pub(crate) application_name: Option<String>,
    /// The schema of the tables, as Prisma's URLs name it.
    pub(crate) schema: Option<String>,
    /// Start-up options for the server.
    pub(crate) options: Option<String>,
    /// Whether the password exchange is bound to the TLS session.
    pub(crate) channel_binding: ChannelBinding,
    /// Which of the servers are acceptable.
    pub(crate) session: SessionAttrs,
    /// The maximum number of connections, as Prisma's URLs state it.
    pub(crate) connection_limit: Option<usize>,
    /// Warnings for the user: parameters without effect, files that were ignored.
    pub(crate) warnings: Vec<String>,
}

/// The values that complete a connection string, besides service file and password file.
#[derive(Debug, Clone, Default)]
pub struct ConnectionDefaults {
    /// The values of PG* variables by their libpq parameter; empty if they must not be used.
    pub pg_variables: BTreeMap<String, Sourced<String>>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The login name.
    pub user: Option<String>,
}

impl ConnectionDefaults {
    /// A path from a parameter; a leading `~/` is the home directory.
    fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }
}

impl Dsn {
    /// Parses a connection string and completes it.
    ///
    /// # Errors
    /// If the string or its service file is invalid, or if no user is known.
    pub fn parse(text: &str, defaults: &ConnectionDefaults) -> Result<Self, Error> {
        build::build(&params::parse(text)?, defaults)
    }

    /// Builds a connection from PG* variables only.
    pub(crate) fn from_pg_variables(defaults: &ConnectionDefaults) -> Result<Self, Error> {
        build::build(&ConnectionParams::new(), defaults)
    }

    /// `host:port` of every server, separated by commas.
    pub(crate) fn servers(&self) -> String {
        self.hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(",")
    }
}

/// `host:port`, or `directory:port` for a Unix socket.
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.port;
        match &self.address {
            ServerAddress::Tcp { name, .. } if name.contains(':') => write!(f, "[{name}]:{port}"),
            ServerAddress::Tcp { name, .. } => write!(f, "{name}:{port}"),
            ServerAddress::Socket(directory) => write!(f, "{}:{port}", directory.display()),
        }
    }
}

impl Dsn {
    /// `database@host:port`, or `database@local socket`: short enough for a prompt.
    pub(crate) fn short_address(&self) -> String {
        let is_socket = |host: &Host| matches!(host.address, ServerAddress::Socket(_));
        if self.hosts.iter().all(is_socket) {
            return format!("{}@local socket", self.database);
        }
        format!("{}@{}", self.database, self.servers())
    }

    /// `host:port/database`, without the user.
    pub fn address(&self) -> String {
        format!("{}/{}", self.servers(), self.database)
    }
}

/// `user@host:port/database`, without the password.
impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}/{}", self.user, self.servers(), self.database)
    }
}

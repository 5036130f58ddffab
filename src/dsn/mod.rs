//! Where the database is and how to reach it, as libpq would understand the same words.
//!
//! A connection string says something, a service file may add to it, PG* variables fill what is
//! left, then come libpq's defaults. The password shows itself nowhere.

mod build;
mod keywords;
mod parameters;
mod passfile;
mod secret;
mod service;
#[cfg(test)]
mod tests;
mod url;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use secret::{REDACTED, Secret};

use crate::error::Error;
use crate::settings::Setting;

/// Connection parameters by libpq's names.
pub(crate) type ConnectionParams = BTreeMap<String, String>;

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// How it is addressed.
    pub address: ServerAddress,
    /// Its port; also part of a socket's name.
    pub port: u16,
    /// Its password, where one is known.
    pub password: Option<Setting<Secret>>,
}

/// How a server is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAddress {
    /// A name or an address, verified against the certificate; `addr` skips the look-up.
    Tcp {
        /// The name.
        name: String,
        /// The address of `hostaddr`.
        addr: Option<IpAddr>,
    },
    /// The directory of a Unix socket.
    Socket(PathBuf),
}

/// How much TLS is asked for, as in libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    /// Never.
    Disable,
    /// When the server insists.
    Allow,
    /// When the server can.
    Prefer,
    /// Always; the certificate is verified where a root certificate is at hand.
    Require,
    /// Always; the certificate must come from a trusted authority.
    VerifyCa,
    /// Always; and it must be the certificate of this host.
    VerifyFull,
}

impl SslMode {
    /// Every mode, the weakest first.
    pub const ALL: [Self; 6] =
        [Self::Disable, Self::Allow, Self::Prefer, Self::Require, Self::VerifyCa, Self::VerifyFull];

    /// libpq's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

/// What the certificate of the server is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCert {
    /// Nothing was said: `~/.postgresql/root.crt`, should it exist.
    Default(Option<PathBuf>),
    /// This file.
    File(PathBuf),
    /// The authorities that the system trusts.
    System,
}

/// Everything about TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// How much is asked for.
    pub mode: SslMode,
    /// What certificates are held against.
    pub root: RootCert,
    /// Client certificate and key, if named or lying in `~/.postgresql`.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// Whether the password exchange is tied to the TLS session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelBinding {
    /// Never.
    Disable,
    /// When both sides can.
    Prefer,
    /// Always.
    Require,
}

/// Which of several servers will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionAttrs {
    /// Any of them.
    Any,
    /// One that accepts writes.
    ReadWrite,
    /// One that does not.
    ReadOnly,
}

/// A database and the way to it, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dsn {
    /// Servers in the order in which they are tried; at least one.
    pub hosts: Vec<Host>,
    /// The role.
    pub user: String,
    /// The database.
    pub database: String,
    /// Everything about TLS.
    pub tls: Tls,
    /// How long to wait for each server.
    pub connect_timeout: Option<Duration>,
    /// A name for the server's lists, instead of ours.
    pub application_name: Option<String>,
    /// Start-up options for the server.
    pub options: Option<String>,
    /// Whether passwords are tied to the TLS session.
    pub channel_binding: ChannelBinding,
    /// Which servers will do.
    pub session: SessionAttrs,
    /// What a person should know about these words.
    pub warnings: Vec<String>,
}

/// What a connection string is completed from.
#[derive(Debug, Clone, Default)]
pub struct ConnectionDefaults {
    /// Values of PG* variables by their libpq parameter; empty for a context.
    pub ambient: BTreeMap<String, Setting<String>>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The name of the person at the keyboard.
    pub user: Option<String>,
}

impl ConnectionDefaults {
    fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }
}

impl Dsn {
    /// Reads a connection string and completes it. Errors never hold a piece of it.
    pub fn parse(text: &str, surroundings: &ConnectionDefaults) -> Result<Self, Error> {
        let params = read(text)?;
        build::build(&params, surroundings)
    }

    /// Builds one from PG* variables alone.
    pub fn from_ambient(surroundings: &ConnectionDefaults) -> Result<Self, Error> {
        build::build(&ConnectionParams::new(), surroundings)
    }

    /// `host:port` of every server.
    #[must_use]
    pub fn servers(&self) -> String {
        self.hosts.iter().map(Host::to_string).collect::<Vec<_>>().join(",")
    }
}

/// Whether a connection string holds a password of its own; `None` when it cannot be read.
#[must_use]
pub fn holds_password(text: &str) -> Option<bool> {
    Some(read(text).ok()?.contains_key("password"))
}

fn read(text: &str) -> Result<ConnectionParams, Error> {
    let text = text.trim();
    let schemes = ["postgres://", "postgresql://"];
    let params = match schemes.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(rest) => url::parse(rest),
        None if text.is_empty() => Err("it is empty".to_owned()),
        None if text.contains("://") => Err("it begins with another scheme".to_owned()),
        None => keywords::parse(text),
    };
    params.map_err(|cause| {
        Error::config("cannot read the database URL")
            .cause(cause)
            .hint("expected postgres://user@host:5432/database or host=… user=… dbname=…")
    })
}

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

/// `user@host:port/database`, the form for people; never a password.
impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}/{}", self.user, self.servers(), self.database)
    }
}

//! From loose parameters to a complete [`Dsn`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::passfile::{PassFile, PgpassKey};
use super::{
    ChannelBinding, ConnectionDefaults, ConnectionParams, Dsn, Host, RootCert, ServerAddress,
    SessionAttrs, SslMode, Tls, parameters, service,
};
use crate::dsn::Secret;
use crate::error::Error;
use crate::settings::suggest::did_you_mean;
use crate::settings::{Origin, Setting};

/// Where libpq's builds look for a socket when no host is named.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const DEFAULT_PORT: u16 = 5432;

const CHANNEL_BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

/// A standby accepts no writes and a primary does, unless somebody made it read-only.
const SESSION_ATTRS: [(&str, SessionAttrs); 6] = [
    ("any", SessionAttrs::Any),
    ("read-write", SessionAttrs::ReadWrite),
    ("read-only", SessionAttrs::ReadOnly),
    ("primary", SessionAttrs::ReadWrite),
    ("standby", SessionAttrs::ReadOnly),
    ("prefer-standby", SessionAttrs::Any),
];

/// The strongest word for each parameter: string, then service, then surroundings.
struct Merged(BTreeMap<String, Setting<String>>);

impl Merged {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|setting| setting.value.as_str())
    }

    /// One of a few words.
    fn one_of<T: Copy>(&self, key: &str, words: &[(&str, T)], default: T) -> Result<T, Error> {
        let Some(text) = self.get(key) else { return Ok(default) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(*value),
            None => {
                let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                Err(wrong(key).hint(did_you_mean(text, &words)))
            }
        }
    }
}

/// An error about a parameter; its value may be a piece of a password that slipped.
fn wrong(key: &str) -> Error {
    Error::config(format!("connection parameter {key} has a value that it cannot have"))
}

pub fn build(params: &ConnectionParams, surroundings: &ConnectionDefaults) -> Result<Dsn, Error> {
    let mut warnings = parameters::warnings(params);
    let merged = merge(params, surroundings, &mut warnings)?;
    let user = merged.get("user").or(surroundings.user.as_deref()).ok_or_else(|| {
        Error::config("no database user is named").hint("write user@ into the URL, or set PGUSER")
    })?;
    let database = merged.get("dbname").unwrap_or(user);
    let mut hosts = hosts(&merged)?;
    passwords(&mut hosts, &merged, user, database, surroundings, &mut warnings);
    let options = merged.get("options");
    if options.is_some() {
        warnings.push("start-up options are sent, but connection poolers refuse them".to_owned());
    }
    let names = ["application_name", "fallback_application_name"];
    Ok(Dsn {
        hosts,
        user: user.to_owned(),
        database: database.to_owned(),
        tls: tls(&merged, surroundings)?,
        connect_timeout: connect_timeout(&merged)?,
        application_name: names.iter().find_map(|name| merged.get(name)).map(str::to_owned),
        options: options.map(str::to_owned),
        channel_binding: merged.one_of(
            "channel_binding",
            &CHANNEL_BINDINGS,
            ChannelBinding::Prefer,
        )?,
        session: merged.one_of("target_session_attrs", &SESSION_ATTRS, SessionAttrs::Any)?,
        warnings,
    })
}

fn merge(
    params: &ConnectionParams,
    surroundings: &ConnectionDefaults,
    warnings: &mut Vec<String>,
) -> Result<Merged, Error> {
    let from_string = |value: &String| Setting::new(value.clone(), Origin::DatabaseUrl);
    let mut merged: BTreeMap<_, _> =
        params.iter().map(|(key, value)| (key.clone(), from_string(value))).collect();
    let ambient = |key: &str| surroundings.ambient.get(key).map(|setting| setting.value.clone());
    if let Some(name) = params.get("service").cloned().or_else(|| ambient("service")) {
        let file = params.get("servicefile").cloned().or_else(|| ambient("servicefile"));
        let (entries, path) = service::read(&name, file.as_deref(), surroundings)?;
        warnings.extend(parameters::warnings(&entries));
        for (key, value) in entries {
            let origin = Origin::ServiceFile { path: path.clone(), service: name.clone() };
            merged.entry(key).or_insert(Setting::new(value, origin));
        }
    }
    // An ambient address belongs to the ambient host, never to one that somebody named.
    let host_is_named = merged.contains_key("host");
    for (key, setting) in &surroundings.ambient {
        if !(host_is_named && key == "hostaddr") {
            merged.entry(key.clone()).or_insert_with(|| setting.clone());
        }
    }
    Ok(Merged(merged))
}

/// Names, addresses and ports, side by side.
fn hosts(merged: &Merged) -> Result<Vec<Host>, Error> {
    let list = |key| -> Vec<&str> { merged.get(key).map_or(vec![], |v| v.split(',').collect()) };
    let (names, addrs, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = names.len().max(addrs.len()).max(1);
    let mismatch = |have: usize| have > 1 && have != count;
    if mismatch(ports.len())
        || (!names.is_empty() && !addrs.is_empty() && names.len() != addrs.len())
    {
        return Err(Error::config("the lists of hosts, addresses and ports differ in length"));
    }
    let at = |list: &[&str], index: usize| {
        let text = list.get(index).copied().unwrap_or("").trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let host = |index: usize| {
        let addr =
            at(&addrs, index).map(|addr| addr.parse::<IpAddr>().map_err(|_| wrong("hostaddr")));
        let addr = addr.transpose()?;
        let port = at(&ports, if ports.len() == 1 { 0 } else { index });
        let port = port
            .map(|port| port.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong("port")));
        let address = match (at(&names, index), addr) {
            (Some(name), _) if name.starts_with('/') => ServerAddress::Socket(PathBuf::from(name)),
            (Some(name), addr) => ServerAddress::Tcp { name, addr },
            (None, Some(addr)) => ServerAddress::Tcp { name: addr.to_string(), addr: Some(addr) },
            (None, None) => ServerAddress::Socket(socket_directory()),
        };
        Ok(Host { address, port: port.transpose()?.unwrap_or(DEFAULT_PORT), password: None })
    };
    (0..count).map(host).collect()
}

fn socket_directory() -> PathBuf {
    let exists = |directory: &&&str| Path::new(directory).is_dir();
    PathBuf::from(SOCKET_DIRECTORIES.iter().find(exists).unwrap_or(&SOCKET_DIRECTORIES[1]))
}

/// The password that was said, else the one of the password file for each host.
fn passwords(
    hosts: &mut [Host],
    merged: &Merged,
    user: &str,
    database: &str,
    surroundings: &ConnectionDefaults,
    warnings: &mut Vec<String>,
) {
    if let Some(password) = merged.0.get("password") {
        for host in hosts {
            host.password = Some(password.clone().map(Secret::new));
        }
        return;
    }
    let path = merged.get("passfile").map(|path| surroundings.path(path));
    let path = path.or_else(|| Some(surroundings.home.as_ref()?.join(".pgpass")));
    let Some(file) = path.and_then(|path| PassFile::open(&path, warnings)) else { return };
    for host in hosts {
        let names = match &host.address {
            ServerAddress::Tcp { name, .. } => vec![name.clone()],
            ServerAddress::Socket(directory) => {
                vec![directory.display().to_string(), "localhost".to_owned()]
            }
        };
        let hosts = names.iter().map(String::as_str).collect();
        host.password = file.find(&PgpassKey { hosts, port: host.port, database, user });
    }
}

fn tls(merged: &Merged, surroundings: &ConnectionDefaults) -> Result<Tls, Error> {
    let in_home =
        |name: &str| surroundings.home.as_ref().map(|home| home.join(".postgresql").join(name));
    let root = match merged.get("sslrootcert") {
        Some("system") => RootCert::System,
        Some(path) => RootCert::File(surroundings.path(path)),
        None => RootCert::Default(in_home("root.crt").filter(|path| path.exists())),
    };
    let default = if root == RootCert::System { SslMode::VerifyFull } else { SslMode::Prefer };
    let mode =
        merged.one_of("sslmode", &SslMode::ALL.map(|mode| (mode.as_str(), mode)), default)?;
    if root == RootCert::System && mode < SslMode::VerifyFull {
        return Err(Error::config("sslrootcert=system needs sslmode=verify-full")
            .cause("with public authorities, anybody can get some certificate"));
    }
    let file = |key, name| match merged.get(key) {
        Some(path) => Some(surroundings.path(path)),
        None => in_home(name).filter(|path| path.exists()),
    };
    let client = file("sslcert", "postgresql.crt").zip(file("sslkey", "postgresql.key"));
    if client.is_none() && merged.get("sslcert").is_some() {
        return Err(Error::config("sslcert is set, but no key").hint("set sslkey too"));
    }
    Ok(Tls { mode, root, client })
}

/// Seconds, as in libpq: zero or less waits for ever, which our own limits do not allow.
fn connect_timeout(merged: &Merged) -> Result<Option<Duration>, Error> {
    let Some(text) = merged.get("connect_timeout") else { return Ok(None) };
    let seconds: i64 = text.trim().parse().map_err(|_| wrong("connect_timeout"))?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

//! Builds a complete [`Dsn`] from connection parameters and defaults.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::passfile::{PassFile, PgpassKey};
use super::suggest::did_you_mean;
use super::{
    ChannelBinding, ConnectionDefaults, ConnectionParams, Dsn, Error, Host, RootCert, Secret,
    ServerAddress, SessionAttrs, Sourced, SslMode, Tls, params, service, tls,
};

/// The default socket directories of libpq builds: of Debian, then of PostgreSQL.
const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const DEFAULT_PORT: u16 = 5432;

const CHANNEL_BINDINGS: [(&str, ChannelBinding); 3] = [
    ("disable", ChannelBinding::Disable),
    ("prefer", ChannelBinding::Prefer),
    ("require", ChannelBinding::Require),
];

const SESSION_ATTRS: [(&str, SessionAttrs); 6] = [
    ("any", SessionAttrs::Any),
    ("read-write", SessionAttrs::ReadWrite),
    ("read-only", SessionAttrs::ReadOnly),
    ("primary", SessionAttrs::Primary),
    ("standby", SessionAttrs::Standby),
    ("prefer-standby", SessionAttrs::PreferStandby),
];

/// Every parameter with its value of the highest precedence: from the connection string, then the
/// service file, then the PG* variables.
struct Merged(BTreeMap<String, Sourced<String>>);

impl Merged {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|param| param.value.as_str())
    }

    /// The value of a parameter that accepts only the listed names; `default` if it is not set.
    fn one_of<T: Copy>(&self, key: &str, choices: &[(&str, T)], default: T) -> Result<T, Error> {
        let Some(text) = self.get(key) else { return Ok(default) };
        match choices.iter().find(|(name, _)| *name == text) {
            Some((_, value)) => Ok(*value),
            None => {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                Err(invalid_value(key).hint(did_you_mean(text, &names)))
            }
        }
    }
}

/// The error for an invalid value. It does not contain the value, which may be a misplaced part of
/// a password.
fn invalid_value(key: &str) -> Error {
    Error::new(format!("connection parameter {key} has an invalid value"))
}

/// Completes the parameters of a connection string: service file, PG* variables, libpq's defaults,
/// password file.
pub(super) fn build(
    params: &ConnectionParams,
    defaults: &ConnectionDefaults,
) -> Result<Dsn, Error> {
    params::refuse_unknown_tls(params)?;
    let mut warnings = params::warnings(params);
    let merged = merge(params, defaults, &mut warnings)?;
    refuse_required_gssapi(&merged)?;
    let user = merged.get("user").or(defaults.user.as_deref()).ok_or_else(|| {
        Error::new("no database user").hint("add user@ to the URL, or set PGUSER")
    })?;
    let database = merged.get("dbname").unwrap_or(user);
    let mut hosts = hosts(&merged)?;
    set_passwords(&mut hosts, &merged, user, database, defaults, &mut warnings);
    let options = merged.get("options");
    // Neon's proxy reads the endpoint from the options.
    if options.is_some_and(|options| !options.starts_with("endpoint=")) {
        warnings.push("start-up options are sent, but connection poolers reject them".to_owned());
    }
    let names = ["application_name", "fallback_application_name"];
    Ok(Dsn {
        hosts,
        user: user.to_owned(),
        database: database.to_owned(),
        tls: tls_settings(&merged, defaults)?,
        connect_timeout: connect_timeout(&merged)?,
        schema: merged.get("schema").map(str::to_owned),
        application_name: names.iter().find_map(|name| merged.get(name)).map(str::to_owned),
        options: options.map(str::to_owned),
        channel_binding: merged.one_of(
            "channel_binding",
            &CHANNEL_BINDINGS,
            ChannelBinding::Prefer,
        )?,
        session: merged.one_of("target_session_attrs", &SESSION_ATTRS, SessionAttrs::Any)?,
        connection_limit: merged
            .get("connection_limit")
            .and_then(|text| text.parse().ok())
            .filter(|limit| *limit > 0),
        warnings,
    })
}

/// Refuses `gssencmode=require`: ignoring it would send data in plain text that should be encrypted.
fn refuse_required_gssapi(merged: &Merged) -> Result<(), Error> {
    // Encryption with GSSAPI takes the place of TLS: to prefer it leads to sslmode.
    let choices = [("disable", false), ("prefer", false), ("require", true)];
    match merged.one_of("gssencmode", &choices, false)? {
        false => Ok(()),
        true => {
            let origin = merged.0.get("gssencmode").map_or("", |param| &param.origin);
            Err(Error::new("gssencmode=require: encryption with GSSAPI is not supported")
                .cause(format!("it is set in {origin}"))
                .hint("remove gssencmode, and set sslmode=verify-full to require TLS"))
        }
    }
}

/// Merges the sources of parameters.
fn merge(
    params: &ConnectionParams,
    defaults: &ConnectionDefaults,
    warnings: &mut Vec<String>,
) -> Result<Merged, Error> {
    let from_string = |value: &String| Sourced::new(value.clone(), "database URL");
    let mut merged: BTreeMap<_, _> =
        params.iter().map(|(key, value)| (key.clone(), from_string(value))).collect();
    let variable = |key: &str| defaults.pg_variables.get(key).map(|param| param.value.clone());
    if let Some(name) = params.get("service").cloned().or_else(|| variable("service")) {
        let file = params.get("servicefile").cloned().or_else(|| variable("servicefile"));
        let system = variable("sysconfdir");
        let (entries, path) = service::read(&name, file.as_deref(), system.as_deref(), defaults)?;
        params::refuse_unknown_tls(&entries)?;
        warnings.extend(params::warnings(&entries));
        let entries = tls::normalize(entries).map_err(Error::new)?;
        for (key, value) in entries {
            let origin = format!("{} [{name}]", path.display());
            merged.entry(key).or_insert(Sourced::new(value, origin));
        }
    }
    // PGHOSTADDR is the address of PGHOST: it does not apply to a host from elsewhere.
    let host_is_named = merged.contains_key("host");
    for (key, param) in &defaults.pg_variables {
        if !(host_is_named && key == "hostaddr") {
            merged.entry(key.clone()).or_insert_with(|| param.clone());
        }
    }
    Ok(Merged(merged))
}

/// The servers: the lists `host`, `hostaddr` and `port` combined by position. A single port is used
/// for every server.
fn hosts(merged: &Merged) -> Result<Vec<Host>, Error> {
    let list = |key| -> Vec<&str> { merged.get(key).map_or(vec![], |v| v.split(',').collect()) };
    let (names, addrs, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = names.len().max(addrs.len()).max(1);
    let mismatch = |have: usize| have > 1 && have != count;
    if mismatch(ports.len())
        || (!names.is_empty() && !addrs.is_empty() && names.len() != addrs.len())
    {
        return Err(Error::new("the lists of hosts, addresses and ports differ in length"));
    }
    let at = |list: &[&str], index: usize| {
        let text = list.get(index).copied().unwrap_or("").trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let host = |index: usize| {
        let addr = at(&addrs, index)
            .map(|addr| addr.parse::<IpAddr>().map_err(|_| invalid_value("hostaddr")));
        let addr = addr.transpose()?;
        let port = at(&ports, if ports.len() == 1 { 0 } else { index });
        let port = port.map(|port| {
            port.parse().ok().filter(|port| *port > 0).ok_or_else(|| invalid_value("port"))
        });
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

/// The first default socket directory that exists.
fn socket_directory() -> PathBuf {
    let exists = |directory: &&&str| Path::new(directory).is_dir();
    PathBuf::from(SOCKET_DIRECTORIES.iter().find(exists).unwrap_or(&SOCKET_DIRECTORIES[1]))
}

/// Sets the password of each host: the `password` parameter, otherwise the entry of the password
/// file.
fn set_passwords(
    hosts: &mut [Host],
    merged: &Merged,
    user: &str,
    database: &str,
    defaults: &ConnectionDefaults,
    warnings: &mut Vec<String>,
) {
    if let Some(password) = merged.0.get("password") {
        for host in hosts {
            let secret = Secret::new(password.value.clone().into_bytes());
            host.password = Some(Sourced::new(secret, password.origin.clone()));
        }
        return;
    }
    let path = merged.get("passfile").map(|path| defaults.path(path));
    let path = path.or_else(|| Some(defaults.home.as_ref()?.join(".pgpass")));
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

/// The TLS settings.
fn tls_settings(merged: &Merged, defaults: &ConnectionDefaults) -> Result<Tls, Error> {
    let in_home =
        |name: &str| defaults.home.as_ref().map(|home| home.join(".postgresql").join(name));
    let root = match merged.get("sslrootcert") {
        Some("system") => RootCert::System,
        Some(path) => RootCert::File(defaults.path(path)),
        None => RootCert::Default(in_home("root.crt").filter(|path| path.exists())),
    };
    let default = match merged.get("requiressl") {
        _ if root == RootCert::System => SslMode::VerifyFull,
        Some(required) if required.starts_with('1') => SslMode::Require,
        _ => SslMode::Prefer,
    };
    let mode =
        merged.one_of("sslmode", &SslMode::ALL.map(|mode| (mode.as_str(), mode)), default)?;
    if root == RootCert::System && mode < SslMode::VerifyFull {
        return Err(Error::new("sslrootcert=system needs sslmode=verify-full")
            .cause("with public CAs, anyone can obtain a certificate"));
    }
    let file = |key, name| match merged.get(key) {
        Some(path) => Some(defaults.path(path)),
        None => in_home(name).filter(|path| path.exists()),
    };
    let client = file("sslcert", "postgresql.crt").zip(file("sslkey", "postgresql.key"));
    if client.is_none() && merged.get("sslcert").is_some() {
        return Err(Error::new("sslcert is set without sslkey").hint("set sslkey too"));
    }
    Ok(Tls { mode, root, client })
}

/// The time limit in seconds. Zero or less means no limit, as in libpq; callers apply their own.
fn connect_timeout(merged: &Merged) -> Result<Option<Duration>, Error> {
    let Some(text) = merged.get("connect_timeout") else { return Ok(None) };
    let seconds: i64 = text.trim().parse().map_err(|_| invalid_value("connect_timeout"))?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

//! Servers with TLS and passwords, and helpers that connect to them.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use cliplyctl::demo::server::{DemoServer, Listen, ServerOptions};
use cliplyctl::dsn::{ConnectionDefaults, Dsn, Secret};
use cliplyctl::facts::SourceError;
use cliplyctl::settings::{Overrides, ProcessEnvironment, Settings};
use cliplyctl::sources::postgres::{Database, SessionOptions};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, SanType,
};

use crate::support::postgres::{Session, server_options};
use crate::support::wait_until;

/// The host name on the valid certificate. No resolver knows it; `hostaddr` has its address.
pub const HOST: &str = "db.test";
/// A password with characters that connection strings, URLs and files have to escape.
pub const PASSWORD: &str = r"p@ss:w/rd %41$x\";

/// The timeout of a connection. Generous, because the machine may be loaded.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// A certificate authority with its signing key.
pub struct Authority {
    pub certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Authority {
        Authority::changed(name, |_| {})
    }

    /// Creates an authority whose own certificate is modified by `change`.
    pub fn changed(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        let (params, key) = Authority::params(name, change);
        let certificate = params.self_signed(&key).unwrap();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// Creates an intermediate authority signed by this one.
    pub fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Authority {
        let (params, key) = Authority::params(name, change);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// Returns a certificate of the same name and key that is valid now.
    pub fn renewed(&self) -> Certificate {
        let key = self.issuer.key();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Old Authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.self_signed(key).unwrap()
    }

    fn params(
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (CertificateParams, KeyPair) {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        change(&mut params);
        (params, KeyPair::generate().unwrap())
    }

    /// Issues a host certificate modified by `change`. Returns certificate and key as PEM.
    pub fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let mut params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, HOST);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}

/// A server on 127.0.0.1 (and ::1 if available) with TLS and roles with passwords.
pub struct Secured {
    pub server: DemoServer,
    pub port: u16,
    /// The directory of client files: `root.crt`, `stranger.crt`, `client.crt`, `client.key`.
    ///
    /// It is part of the server directory, which is removed with the server, because a static is never dropped.
    pub files: PathBuf,
}

const RULES: &str = "
local   all all                trust
hostssl all tls_only all       trust
hostssl all certified all      cert
host    all scram all          scram-sha-256
host    all md5ish all         password
host    all postgres all       trust
";

impl Secured {
    /// Returns the server that most tests share.
    pub fn shared() -> &'static Secured {
        static SHARED: OnceLock<Secured> = OnceLock::new();
        SHARED.get_or_init(|| {
            let authority = Authority::new("Test Authority");
            let (certificate, key) = authority.issue(|_| {});
            let secured = Secured::start(&authority.certificate.pem(), &certificate, &key);
            let client = authority.issue(|params| {
                params.subject_alt_names.clear();
                params.distinguished_name.push(DnType::CommonName, "certified");
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            });
            secured.file("client.crt", &client.0);
            secured.file("client.key", &client.1);
            secured
        })
    }

    /// Starts a server with this certificate. The client file `root.crt` contains `root`.
    pub fn start(root: &str, certificate: &str, key: &str) -> Secured {
        let addresses = if has_ipv6() { "127.0.0.1,::1" } else { "127.0.0.1" };
        let (server, port) = self::start(&ServerOptions {
            extra_conf: vec![("listen_addresses".to_owned(), addresses.to_owned())],
            ..server_options()
        });
        let files = server.directory().join("client");
        std::fs::create_dir(&files).unwrap();
        set_owner(&files, server.directory());
        let secured = Secured { server, port, files };
        secured.file("root.crt", root);
        secured.file("stranger.crt", &Authority::new("Another Authority").certificate.pem());
        let directory = secured.server.directory();
        for (name, text) in [
            ("server.crt", certificate),
            ("server.key", key),
            ("clients.crt", root),
            ("data/pg_hba.conf", RULES),
        ] {
            write_server_file(directory, name, text);
        }
        let directory_path = directory.display();
        let session = Session::open(&secured.server.url("postgres"));
        session.execute("CREATE ROLE tls_only LOGIN; CREATE ROLE certified LOGIN");
        let password = PASSWORD.replace('\'', "''");
        session.execute(&format!("CREATE ROLE scram LOGIN PASSWORD '{password}'"));
        session.execute(&format!("CREATE ROLE md5ish LOGIN PASSWORD '{password}'"));
        session.execute(&format!("ALTER SYSTEM SET ssl_cert_file = '{directory_path}/server.crt'"));
        session.execute(&format!("ALTER SYSTEM SET ssl_key_file = '{directory_path}/server.key'"));
        session.execute(&format!("ALTER SYSTEM SET ssl_ca_file = '{directory_path}/clients.crt'"));
        session.execute("ALTER SYSTEM SET ssl = on");
        session.execute("SELECT pg_reload_conf()");
        wait_until("the server speaks TLS", || {
            Session::open(&secured.server.url("postgres")).value("SHOW ssl") == "on"
        });
        secured
    }

    /// Writes a client file that only its owner can read.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.files.join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// Returns the path of a client file.
    pub fn path(&self, name: &str) -> String {
        self.files.join(name).display().to_string()
    }

    /// Returns a connection string to this server under its valid name, with further parameters.
    pub fn dsn(&self, user: &str, more: &str) -> String {
        let port = self.port;
        format!("host={HOST} hostaddr=127.0.0.1 port={port} user={user} dbname=postgres {more}")
    }
}

/// Writes a file into the server directory, owned by the server user.
fn write_server_file(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    set_owner(&path, directory);
}

/// Makes the server user the owner of a file.
fn set_owner(path: &Path, directory: &Path) {
    let owner = std::fs::metadata(directory).unwrap();
    std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

/// Starts a server on a free port. Tries another port if a different program takes it first.
pub fn start(options: &ServerOptions) -> (DemoServer, u16) {
    let attempt = || {
        let port = free_port();
        let options = ServerOptions { listen: Listen::Tcp { port }, ..options.clone() };
        DemoServer::start(&options).map(|server| (server, port))
    };
    attempt().or_else(|_| attempt()).or_else(|_| attempt()).unwrap()
}

/// Ports without a listener, because their services are obsolete.
pub const UNUSED_PORTS: (u16, u16) = (1, 2);

/// Returns a port that has no listener at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether this machine has an IPv6 loopback address. The test of IPv6 is skipped without one.
pub fn has_ipv6() -> bool {
    TcpListener::bind("[::1]:0").is_ok()
}

/// Connects and returns the user and the kind of connection: `user tls` or `user plain`.
pub fn try_connect(dsn: &str) -> Result<String, SourceError> {
    let around =
        ConnectionDefaults { user: Some("nobody".to_owned()), ..ConnectionDefaults::default() };
    try_connect_within(
        &Dsn::parse(dsn, &around).unwrap_or_else(|error| panic!("{error:?}")),
        TIMEOUT,
    )
}

/// Like [`try_connect`], with a timeout for the connection.
pub fn try_connect_within(dsn: &Dsn, limit: Duration) -> Result<String, SourceError> {
    run(async { user_and_encryption(&database(dsn, limit)).await })
}

/// Like [`try_connect`], with the settings from these variables and this home directory.
pub fn try_connect_with_env(
    home: &Path,
    variables: &[(&str, &str)],
) -> Result<String, SourceError> {
    let home_variable = ("HOME", home.to_str().unwrap());
    let environment =
        ProcessEnvironment::from_pairs(variables.iter().copied().chain([home_variable]));
    let settings = Settings::resolve(&Overrides::default(), &environment, home).unwrap();
    try_connect_within(&settings.database?.value, TIMEOUT)
}

/// Like [`try_connect`], with a database URL from a flag.
pub fn try_connect_with_flag(url: &str) -> Result<String, SourceError> {
    let url = Some(Secret::new(url.to_owned()));
    let overrides = Overrides { database_url: url, ..Overrides::default() };
    let environment = ProcessEnvironment::from_pairs([("USER", "nobody")]);
    let settings = Settings::resolve(&overrides, &environment, Path::new("/nonexistent")).unwrap();
    try_connect_within(&settings.database?.value, TIMEOUT)
}

/// Returns a pool of one connection.
pub fn database(dsn: &Dsn, limit: Duration) -> Database {
    let options = SessionOptions {
        application_name: "cliplyctl:test".to_owned(),
        connect_timeout: limit,
        pool_size: 1,
    };
    Database::open(dsn, options).unwrap()
}

/// Runs a future to completion.
pub fn run<T>(task: impl Future<Output = T>) -> T {
    // It starts with a runtime of its own, which is not possible within the one of the future.
    crate::support::postgres::cluster();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(task)
}

/// Queries the user and whether the connection uses TLS.
pub async fn user_and_encryption(database: &Database) -> Result<String, SourceError> {
    const SQL: &str = "SELECT current_user || CASE WHEN ssl THEN ' tls' ELSE ' plain' END
                       FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let try_connect = async |transaction: &tokio_postgres::Client| {
        Ok(transaction.query_typed(SQL, &[]).await?[0].try_get(0)?)
    };
    database.read(TIMEOUT, try_connect).await
}

/// Returns an IP address as a subject alternative name.
pub fn address(text: &str) -> SanType {
    SanType::IpAddress(text.parse().unwrap())
}

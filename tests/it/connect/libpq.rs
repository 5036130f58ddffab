//! Compares connections with those of psql: the same parameters, files and variables lead to the same session.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cliplyctl::demo::binaries;

use super::secured_server::{PASSWORD, Secured};
use crate::support::cli::{BINARY, Cli};
use crate::support::postgres::{Database, cluster, server_options};
use crate::support::standby::Standby;

/// Returns the path of psql: beside the programs of the server, otherwise the newest of Debian's packages.
fn psql() -> String {
    let options = server_options();
    let bin_dir = binaries::find(options.bin_dir.as_deref(), options.path.as_deref()).unwrap();
    let packages = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut packages: Vec<_> =
        packages.map(|version| version.unwrap().path().join("bin")).collect();
    packages.sort();
    let found = std::iter::once(bin_dir).chain(packages.into_iter().rev());
    let found = found.map(|directory| directory.join("psql")).find(|path| path.exists());
    found
        .expect("psql is not on this machine: `apt-get install postgresql-client`")
        .display()
        .to_string()
}

/// What both programs get: files of the home directory, and variables.
#[derive(Default, Clone, Copy)]
struct ConnectionDefaults<'a> {
    files: &'a [(&'a str, &'a [u8])],
    variables: &'a [(&'a str, &'a str)],
}

impl ConnectionDefaults<'_> {
    fn apply(self, mut cli: Cli) -> Cli {
        for (name, text) in self.files {
            cli = cli.file(name, text);
            let path = cli.home().join(name);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        self.variables.iter().fold(cli, |cli, (name, value)| cli.env(name, value))
    }
}

/// Returns `host:port` of a URL, percent-encoded.
fn host(url: &str) -> String {
    url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned()
}

/// Returns whether psql connects, and otherwise its error.
fn psql_connects(url: &str, defaults: ConnectionDefaults<'_>) -> Result<(), String> {
    let mut cli =
        defaults.apply(Cli::program(&psql(), ["-X", "-w", "-qAt", url, "-c", "SELECT 1"]));
    let output = cli.run();
    if output.code == 0 { Ok(()) } else { Err(output.stderr) }
}

/// Returns whether this tool connects, and otherwise its error.
fn tool_connects(url: &str, defaults: ConnectionDefaults<'_>) -> Result<(), String> {
    let cli = Cli::program(BINARY, ["config", "check", "-o", "json"]).env("DATABASE_URL", url);
    let report = defaults.apply(cli).run().json();
    let errors: Vec<String> = report["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].as_str().unwrap().to_owned())
        // The database was reached, but has no jobs; and no app is configured.
        .filter(|error| !error.contains("jobs") && !error.contains("no base URL"))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

#[track_caller]
fn both(url: &str, defaults: ConnectionDefaults<'_>, connects: bool) {
    let (psql, tool) = (psql_connects(url, defaults), tool_connects(url, defaults));
    assert_eq!(psql.is_ok(), connects, "psql with {url}: {psql:?}");
    assert_eq!(tool.is_ok(), connects, "{url}: {tool:?}, but psql: {psql:?}");
}

#[test]
fn target_session_attrs_select_as_psql_does() {
    let servers = Standby::shared();
    let read_only = Database::blank();
    read_only.execute(&format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        read_only.name()
    ));
    let hosts = [servers.primary_url(), servers.url(), read_only.url()];
    // For each value: whether the primary, the standby and the read-only database are accepted.
    let table = [
        ("any", [true, true, true]),
        ("read-write", [true, false, false]),
        ("read-only", [false, true, true]),
        ("primary", [true, false, true]),
        ("standby", [false, true, false]),
        ("prefer-standby", [true, true, true]),
    ];
    for (value, accepted) in table {
        for (url, accepted) in hosts.iter().zip(accepted) {
            both(
                &format!("{url}?target_session_attrs={value}"),
                ConnectionDefaults::default(),
                accepted,
            );
        }
    }
}

#[test]
fn list_of_hosts_leads_to_the_same_server_as_in_psql() {
    let servers = Standby::shared();
    let hosts = format!("{},{}", host(&servers.primary_url()), host(&servers.url()));
    for value in ["any", "primary", "standby", "prefer-standby", "read-only", "read-write"] {
        let url = format!("postgresql://postgres@{hosts}/app?target_session_attrs={value}");
        let sql = "SELECT pg_is_in_recovery()";
        let by_psql = Cli::program(&psql(), ["-X", "-qAt", &url, "-c", sql]).run().expect_code(0);
        let by_tool = Cli::new(["config", "check"]).env("DATABASE_URL", &url).run();
        let is_standby = by_tool.stdout.contains("hot standby");
        assert_eq!(is_standby, by_psql.stdout.trim() == "t", "{value}: {by_tool:#?}");
    }
}

#[test]
fn url_without_a_user_connects_as_the_account() {
    let url = cluster().url("postgres").replace("postgres@", "");
    assert!(!url.contains('@'), "{url}");
    let account = Cli::program("id", ["-un"]).run().stdout.trim().to_owned();
    let users: [&[(&str, &str)]; 3] = [&[], &[("USER", "")], &[("USER", "somebody_else")]];
    for variables in users {
        let defaults = ConnectionDefaults { variables, ..ConnectionDefaults::default() };
        // The message names the role: it exists only if the account is the owner of the cluster.
        for error in [psql_connects(&url, defaults), tool_connects(&url, defaults)] {
            assert!(error.as_ref().err().is_none_or(|text| text.contains(&account)), "{error:?}");
        }
    }
}

#[test]
fn password_file_is_read_byte_by_byte_as_in_psql() {
    let secured = Secured::shared();
    let url = format!("postgres://scram@127.0.0.1:{}/postgres", secured.port);
    let escaped = PASSWORD.replace('\\', r"\\").replace(':', r"\:");
    let line = format!("127.0.0.1:{}:*:scram:{escaped}\n", secured.port).into_bytes();
    let foreign = [b"# h\xe9rit\xe9\nold:5432:*:ren\xe9:secret\n".as_slice(), &line].concat();
    let other_user = String::from_utf8(line.clone()).unwrap().replace(":scram:", ":other:");
    for (file, connects) in
        [(&line[..], true), (&foreign[..], true), (other_user.as_bytes(), false)]
    {
        let files = [(".pgpass", file)];
        both(&url, ConnectionDefaults { files: &files, ..ConnectionDefaults::default() }, connects);
    }
}

#[test]
fn service_file_is_found_as_in_psql() {
    let database = Database::blank();
    let host = cluster().directory().display();
    let service = |before: &[u8]| {
        let text = format!("[queue_db]\nhost={host}\nuser=postgres\ndbname={}\n", database.name());
        [before, text.as_bytes()].concat()
    };
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("pg_service.conf"), service(b"")).unwrap();
    let system_dir = directory.path().to_str().unwrap();
    let (own, foreign) = (service(b""), service(b"# donn\xe9es\n[\xe9]\nhost=\xe9\n"));
    let nowhere = [("PGSYSCONFDIR", "/nonexistent")];
    let in_system_dir = [("PGSYSCONFDIR", system_dir)];
    type Case<'a> = (&'a [(&'a str, &'a [u8])], &'a [(&'a str, &'a str)], bool);
    let cases: [Case<'_>; 4] = [
        (&[(".pg_service.conf", &own)], &nowhere, true),
        (&[(".pg_service.conf", &foreign)], &nowhere, true),
        (&[], &in_system_dir, true),
        (&[], &nowhere, false),
    ];
    for (files, variables, connects) in cases {
        both("postgresql:///?service=queue_db", ConnectionDefaults { files, variables }, connects);
    }
}

#[test]
fn tls_that_is_asked_for_is_never_dropped() {
    let plain = super::unresponsive_server::plain_server();
    let url =
        |parameter: &str| format!("postgres://postgres@127.0.0.1:{plain}/postgres?{parameter}");
    let required = [
        "ssl=require",
        "ssl=true",
        "ssl=1",
        "ssl=no-verify",
        "sslMode=require",
        "sslMode=REQUIRED",
        "sslmode=no-verify",
        "ssl=verify-full",
        "ssl=anything",
        "sslmod=require",
        "tls=true",
        "useSSL=true",
        "sslmode=disable&ssl=true",
        "sslmode=require",
    ];
    for parameter in required {
        assert!(
            tool_connects(&url(parameter), ConnectionDefaults::default()).is_err(),
            "{parameter}"
        );
    }
    let plain =
        ["", "sslmode=disable", "sslmode=allow", "sslmode=prefer", "ssl=false", "ssl=prefer"];
    for parameter in plain {
        assert_eq!(
            tool_connects(&url(parameter), ConnectionDefaults::default()),
            Ok(()),
            "{parameter}"
        );
    }
    let required = [("PGREQUIRESSL", "1")];
    both(
        &url(""),
        ConnectionDefaults { variables: &required, ..ConnectionDefaults::default() },
        false,
    );
}

#[test]
fn required_gssapi_encryption_is_refused_as_in_psql() {
    let plain = super::unresponsive_server::plain_server();
    let url =
        |mode: &str| format!("postgres://postgres@127.0.0.1:{plain}/postgres?gssencmode={mode}");
    both(&url("require"), ConnectionDefaults::default(), false);
    let required = [("PGGSSENCMODE", "require")];
    let variables = ConnectionDefaults { variables: &required, ..ConnectionDefaults::default() };
    both(url("").trim_end_matches("?gssencmode="), variables, false);
    for mode in ["disable", "prefer"] {
        assert_eq!(tool_connects(&url(mode), ConnectionDefaults::default()), Ok(()), "{mode}");
    }
    let output =
        Cli::new(["dlq", "list"]).env("DATABASE_URL", url("require")).run().expect_code(78);
    assert!(output.stderr.contains("GSSAPI is not supported"), "{output:#?}");
}

#[test]
fn root_file_is_read_as_in_psql() {
    let secured = Secured::start(
        include_str!("keys/root.crt"),
        include_str!("keys/p256.crt"),
        include_str!("keys/p256.key"),
    );
    let root = include_str!("keys/root.crt");
    let other_label =
        root.replace("BEGIN CERT", "BEGIN X509 CERT").replace("END CERT", "END X509 CERT");
    let with_bom = format!("\u{feff}{root}");
    let stranger = std::fs::read_to_string(Path::new(&secured.path("stranger.crt"))).unwrap();
    let files = [
        ("as_it_is.crt", root, true),
        ("byte_order_mark.crt", &with_bom, true),
        ("trusted.crt", include_str!("keys/trusted.crt"), true),
        ("x509.crt", &other_label, true),
        ("other.crt", &stranger, false),
    ];
    for (name, text, connects) in files {
        let path = secured.file(name, text);
        let more = format!("sslmode=verify-full sslrootcert={}", path.display());
        both(&secured.dsn("tls_only", &more), ConnectionDefaults::default(), connects);
    }
}

//! Tests of passwords: SCRAM, missing, wrong, from a password file, from a service file.

use cliplyctl::facts::{SourceError, SourceErrorKind};

use super::secured_server::{
    HOST, PASSWORD, Secured, try_connect, try_connect_with_env, try_connect_with_flag,
};

/// Quotes a password for a libpq connection string.
fn quoted(password: &str) -> String {
    format!("'{}'", password.replace('\\', r"\\").replace('\'', r"\'"))
}

fn encoded(password: &str) -> String {
    password.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[track_caller]
fn authentication(outcome: Result<String, SourceError>, message: &str) -> SourceError {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Authentication, "{error:?}");
    assert!(error.message.contains(message), "{error:?}");
    assert!(error.hint.is_some(), "{error:?}");
    error
}

#[test]
fn special_characters_in_passwords_survive_every_layer() {
    let secured = Secured::shared();
    let dsn = secured.dsn("scram", &format!("password={} sslmode=disable", quoted(PASSWORD)));
    assert_eq!(try_connect(&dsn).as_deref(), Ok("scram plain"));
    let (port, password) = (secured.port, encoded(PASSWORD));
    let url = format!("postgres://scram:{password}@127.0.0.1:{port}/postgres");
    assert_eq!(try_connect_with_flag(&url).as_deref(), Ok("scram tls"));
    let dsn = secured.dsn("md5ish", &format!("password={}", quoted(PASSWORD)));
    assert_eq!(try_connect(&dsn).as_deref(), Ok("md5ish tls"), "a password in clear, inside TLS");
}

#[test]
fn channel_binding_requires_tls() {
    let secured = Secured::shared();
    let password = quoted(PASSWORD);
    let dsn = |mode: &str| {
        secured.dsn("scram", &format!("password={password} channel_binding=require sslmode={mode}"))
    };
    assert_eq!(try_connect(&dsn("require")).as_deref(), Ok("scram tls"));
    let error = authentication(try_connect(&dsn("disable")), "does not support channel binding");
    assert!(error.hint.unwrap().to_string().contains("sslmode=require"));
}

#[test]
fn wrong_and_missing_passwords_are_distinguished() {
    let secured = Secured::shared();
    let wrong = try_connect(&secured.dsn("scram", "password=hunter2"));
    let error = authentication(wrong, "password authentication failed");
    assert!(error.message.starts_with(HOST), "{error:?}");
    assert!(!format!("{error:?}").contains("hunter2"));
    authentication(
        try_connect(&secured.dsn("scram", "")),
        "requires a password for scram, and none is set",
    );
}

#[test]
fn unknown_role_and_unknown_database_are_distinguished() {
    let secured = Secured::shared();
    let error = authentication(try_connect(&secured.dsn("stranger", "")), "no pg_hba.conf entry");
    assert!(error.hint.unwrap().to_string().contains("check that role stranger exists"));
    let error =
        try_connect(&secured.dsn("postgres", "").replace("dbname=postgres", "dbname=nowhere"));
    let error = error.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::NotFound, "{error:?}");
    assert!(error.message.contains("\"nowhere\" does not exist"), "{error:?}");
}

#[test]
fn password_file_is_read_from_home_or_pgpassfile() {
    let secured = Secured::shared();
    let port = secured.port.to_string();
    let escaped = PASSWORD.replace('\\', r"\\").replace(':', r"\:");
    let line = format!("# ours\n{HOST}:{port}:*:scram:{escaped}\n*:*:*:*:wrong\n");
    let variables = [("PGHOST", HOST), ("PGHOSTADDR", "127.0.0.1"), ("PGPORT", &port)];
    let named = [("PGUSER", "scram"), ("PGDATABASE", "postgres")];
    let all: Vec<_> = variables.into_iter().chain(named).collect();

    let home = tempfile::tempdir().unwrap();
    authentication(try_connect_with_env(home.path(), &all), "none is set");
    let file = secured.file("pgpass", &line);
    std::fs::copy(&file, home.path().join(".pgpass")).unwrap();
    assert_eq!(try_connect_with_env(home.path(), &all).as_deref(), Ok("scram tls"));

    let empty = tempfile::tempdir().unwrap();
    let all: Vec<_> = all.into_iter().chain([("PGPASSFILE", file.to_str().unwrap())]).collect();
    assert_eq!(try_connect_with_env(empty.path(), &all).as_deref(), Ok("scram tls"));
}

#[test]
fn password_file_readable_by_others_is_ignored() {
    use std::os::unix::fs::PermissionsExt;
    let secured = Secured::shared();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    std::fs::write(
        &file,
        format!("*:*:*:scram:{}", PASSWORD.replace('\\', r"\\").replace(':', r"\:")),
    )
    .unwrap();
    let port = secured.port.to_string();
    let variables = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", &port),
        ("PGUSER", "scram"),
        ("PGDATABASE", "postgres"),
    ];
    for (mode, usable) in [(0o644, false), (0o600, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(try_connect_with_env(home.path(), &variables).is_ok(), usable, "{mode:o}");
    }
}

#[test]
fn service_file_supplies_all_connection_parameters() {
    let secured = Secured::shared();
    let home = tempfile::tempdir().unwrap();
    let root = secured.path("root.crt");
    let port = secured.port;
    let service = format!(
        "[other]\nhost=nowhere.test\n\n[prod]\nhost={HOST}\nhostaddr=127.0.0.1\nport={port}\n\
         user=scram\npassword={PASSWORD}\ndbname=postgres\nsslmode=verify-full\nsslrootcert={root}\n"
    );
    std::fs::write(home.path().join(".pg_service.conf"), &service).unwrap();
    assert_eq!(
        try_connect_with_env(home.path(), &[("PGSERVICE", "prod")]).as_deref(),
        Ok("scram tls")
    );
    assert_eq!(
        try_connect_with_env(home.path(), &[("DATABASE_URL", "service=prod")]).as_deref(),
        Ok("scram tls")
    );

    let service_file = secured.file("services", &service);
    let variables = [("PGSERVICE", "prod"), ("PGSERVICEFILE", service_file.to_str().unwrap())];
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(try_connect_with_env(empty.path(), &variables).as_deref(), Ok("scram tls"));
    let error = try_connect_with_env(home.path(), &[("PGSERVICE", "prood")]).unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::InvalidSetting, "{error:?}");
    assert_eq!(
        error.hint.as_ref().map(ToString::to_string).as_deref(),
        Some("did you mean `prod`?")
    );
}

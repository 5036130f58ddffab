//! Credentials are sent only to the server that the same source names.

use super::*;

/// Settings of a checkout that names the servers, with the credentials of the operator in the environment.
fn checkout() -> Fixture {
    let fixture = Fixture::new().env("CLIPLY_ADMIN_TOKEN", "hunter2").env("PGPASSWORD", "hunter2");
    fixture.env("CLIPLY_HEADERS", "X-Key: hunter2")
}

#[test]
fn servers_of_a_checkout_get_no_credentials_of_the_operator() {
    let dotenv = "CLIPLY_BASE_URL=https://evil.example\nDATABASE_URL=postgres://u@evil.example/d\n";
    let config = "default_context = 'a'\n[context.a]\nbase_url = 'https://evil.example'\n";
    for (file, text) in [(".env", dotenv), (config::FILE_NAME, config)] {
        let settings = checkout().file(file, text).settings();
        let (token, headers) = (settings.admin_token.unwrap_err(), settings.headers.unwrap_err());
        assert!(
            token.message.contains("$CLIPLY_ADMIN_TOKEN") && token.message.contains(file),
            "{token}"
        );
        assert!(
            headers.message.contains("$CLIPLY_HEADERS") && headers.message.contains(file),
            "{headers}"
        );
    }
    let settings = checkout().file(".env", dotenv).settings();
    let database = settings.database.unwrap_err();
    assert!(
        database.message.contains("$PGPASSWORD") && database.message.contains(".env:2"),
        "{database}"
    );
}

#[test]
fn checkout_does_not_redirect_the_database_of_the_operator() {
    let fixture =
        checkout().env("DATABASE_URL", "postgres://u@/d").file(".env", "PGHOST=evil.example\n");
    let settings = fixture.settings();
    assert!(!database(&settings).contains("evil"), "{}", database(&settings));
}

#[test]
fn credentials_next_to_their_server_are_used() {
    let settings = checkout()
        .env("CLIPLY_BASE_URL", "https://own.example")
        .env("DATABASE_URL", "postgres://u@own.example/d")
        .settings();
    assert_eq!(secret(&settings).as_deref(), Some("hunter2"));
    assert!(
        settings.admin_token.is_ok() && settings.headers.is_ok_and(|headers| headers.len() == 1)
    );
    let dotenv =
        "CLIPLY_BASE_URL=https://a.example\nCLIPLY_ADMIN_TOKEN=t\nPGHOST=h\nPGPASSWORD=p\n";
    let settings = Fixture::new().file(".env", dotenv).settings();
    assert!(settings.admin_token.is_ok());
    assert_eq!(secret(&settings).as_deref(), Some("p"));
}

#[test]
fn admin_token_is_not_sent_without_tls_to_another_machine() {
    let at = |url: &str| {
        let fixture = Fixture::new().env("CLIPLY_ADMIN_TOKEN", "t").env("CLIPLY_BASE_URL", url);
        fixture.settings().admin_token
    };
    for url in ["http://app.example", "http://10.0.0.1:3000", "http://localhost.example"] {
        let error = at(url).unwrap_err();
        assert!(
            error.message.contains("without TLS") && error.message.contains("$CLIPLY_BASE_URL"),
            "{error}"
        );
    }
    for url in
        ["https://app.example", "http://localhost:3000", "http://127.0.0.1:1", "http://[::1]:1"]
    {
        assert!(at(url).is_ok(), "{url}");
    }
    let context = "[context.a]\nbase_url = 'http://app.example'\nadmin_token_env = 'T'\n";
    let settings = |text: &str| {
        Fixture::new().env("T", "t").file(config::FILE_NAME, text).context("a").settings()
    };
    assert!(settings(context).admin_token.is_err());
    assert!(settings(&format!("{context}allow_plain_http = true\n")).admin_token.is_ok());
}

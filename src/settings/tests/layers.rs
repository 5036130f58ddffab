//! Tests of precedence without `-c`.

use super::*;
use crate::error::ErrorKind;
use crate::facts::SourceErrorKind;
use crate::suggest::CommandText;

#[test]
fn precedence_is_flag_environment_dotenv_context() {
    let fixture = Fixture::with_contexts().default_context("staging");
    let settings = fixture.settings();
    assert_eq!(url(&settings), "https://staging.example");
    assert_eq!(database(&settings), "op@staging.example:5432/app");
    assert_eq!(settings.context_name.as_deref(), Some("staging"));

    let fixture =
        fixture.file(".env", "CLIPLY_BASE_URL=http://dotenv\nDATABASE_URL=postgres://d@dotenv/d\n");
    let settings = fixture.settings();
    assert_eq!(
        (url(&settings), database(&settings).as_str()),
        ("http://dotenv", "d@dotenv:5432/d")
    );
    assert!(origin(&settings.base_url).ends_with(".env:1"), "{}", origin(&settings.base_url));
    assert_eq!(settings.context_name, None, "nothing of the context is left");
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);

    let fixture =
        fixture.env("CLIPLY_BASE_URL", "http://env").env("DATABASE_URL", "postgres://e@env/e");
    let settings = fixture.settings();
    assert_eq!((url(&settings), database(&settings).as_str()), ("http://env", "e@env:5432/e"));
    assert_eq!(origin(&settings.database), "$DATABASE_URL");

    let fixture = fixture
        .flags(|flags| flags.base_url = Some("http://flag".to_owned()))
        .database_flag("postgres://f@flag/f");
    let settings = fixture.settings();
    assert_eq!((url(&settings), database(&settings).as_str()), ("http://flag", "f@flag:5432/f"));
    assert_eq!(origin(&settings.base_url), "--base-url");
}

#[test]
fn pg_variables_select_a_database_or_fill_its_gaps() {
    let fixture = Fixture::new().env("PGPASSWORD", "hunter2").env("PGSSLMODE", "require");
    let error = fixture.settings().database.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::NotConfigured, "these alone name no database");
    let fixture = fixture.env("PGHOST", "h");
    assert_eq!(database(&fixture.settings()), "me@h:5432/me");
    assert_eq!(origin(&fixture.settings().database), "$PGHOST");
    let settings = fixture.env("DATABASE_URL", "postgres://u@x/d").settings();
    assert_eq!(database(&settings), "u@x:5432/d");
    assert_eq!(secret(&settings).as_deref(), Some("hunter2"));
}

#[test]
fn higher_layer_selects_the_database() {
    let fixture = Fixture::new().file(".env", "DATABASE_URL=postgres://u@dotenv/d\nPGPORT=7\n");
    assert_eq!(database(&fixture.settings()), "u@dotenv:7/d");
    assert_eq!(database(&fixture.env("PGHOST", "h").settings()), "me@h:7/me");
}

#[test]
fn unknown_default_context_is_a_configuration_error() {
    let error = Fixture::new().default_context("stagin").error();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("cliplyctl.toml:1: no context `stagin`"), "{error}");
    assert_eq!(error.hints, [CommandText::from("did you mean `staging`?")]);
}

#[test]
fn credentials_are_used_only_with_their_own_url() {
    let fixture = Fixture::with_contexts().default_context("prod");
    assert!(fixture.settings().admin_token.is_ok());
    let settings = fixture.env("CLIPLY_BASE_URL", "http://elsewhere").settings();
    assert!(settings.admin_token.is_err());
    assert_eq!(settings.headers, Ok(vec![]));
    assert_eq!(settings.oldest_job_age_unit, None);
}

#[test]
fn missing_settings_fail_only_the_commands_that_need_them() {
    let settings = Fixture::new().file(config::FILE_NAME, CONFIG).context("prod").settings();
    assert_eq!(url(&settings), "https://prod.example");
    let error = settings.database.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::InvalidSetting);
    assert!(error.message.contains("PROD_DB is not set"), "{error}");
    assert!(error.message.contains("cliplyctl.toml:4"), "{error}");
    let settings = Fixture::new().settings();
    assert!(settings.base_url.is_err() && settings.database.is_err());
    assert_eq!(settings.warnings, [""; 0]);
}

#[test]
fn base_url_must_be_http_without_credentials_or_query() {
    let bad = ["prod.example", "ftp://x", "http://u:hunter2@x", "http://x?a=b", "http://x/#a"];
    for text in bad {
        let error = Fixture::new().env("CLIPLY_BASE_URL", text).settings().base_url.unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(error.message.ends_with("(set by $CLIPLY_BASE_URL)"), "{error}");
    }
    let settings = Fixture::new().env("CLIPLY_BASE_URL", "HTTP://X.example/base/").settings();
    assert_eq!(url(&settings), "http://x.example/base");
}

#[test]
fn every_pg_variable_is_documented() {
    for (name, _) in from_layers::PG_VARIABLES {
        assert!(variables::variable(name).is_some_and(|variable| variable.dotenv), "{name}");
    }
}

#[test]
fn config_file_from_the_environment_replaces_the_others() {
    let fixture =
        Fixture::with_contexts().file("x.toml", "[context.x]\n").env("CLIPLYCTL_CONFIG", "x.toml");
    assert_eq!(fixture.settings().contexts, ["x"]);
}

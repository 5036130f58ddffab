//! Tests of `-c NAME`: only the named context is used.

use super::*;
use crate::error::ErrorKind;
use crate::suggest::CommandText;

#[test]
fn named_context_ignores_the_environment() {
    let fixture = Fixture::with_contexts()
        .env("DATABASE_URL", "postgres://wrong:wrong@wrong/wrong")
        .env("PGPASSWORD", "wrong")
        .env("PGPORT", "1")
        .env("PGSSLMODE", "disable")
        .env("PGPASSFILE", "/wrong")
        .env("CLIPLY_BASE_URL", "http://wrong")
        .env("CLIPLY_ADMIN_TOKEN", "wrong")
        .env("CLIPLY_HEADERS", "X-Wrong: wrong")
        .file(".env", "DATABASE_URL=$WRONG\n")
        .context("staging");
    let settings = fixture.settings();
    assert_eq!(url(&settings), "https://staging.example");
    assert_eq!(database(&settings), "op@staging.example:5432/app");
    assert_eq!(settings.database.as_ref().unwrap().value.tls.mode, dsn::SslMode::Prefer);
    assert_eq!(secret(&settings), None);
    assert!(settings.admin_token.is_err());
    assert_eq!(settings.headers, Ok(vec![]));
    assert_eq!(settings.context_name.as_deref(), Some("staging"));
    assert_eq!(settings.warnings, [""; 0]);
}

#[test]
fn named_context_may_use_the_home_password_file() {
    let fixture = Fixture::with_contexts().file(".pgpass", "staging.example:*:app:op:hunter2\n");
    assert_eq!(secret(&fixture.context("staging").settings()).as_deref(), Some("hunter2"));
}

#[test]
fn named_context_applies_all_its_settings() {
    let settings = Fixture::with_contexts().context("prod").settings();
    assert_eq!(url(&settings), "https://prod.example");
    assert_eq!(database(&settings), "op@prod.example:5432/app");
    assert_eq!(origin(&settings.database), "$PROD_DB");
    assert_eq!(settings.admin_token.as_ref().unwrap().value.expose(), "hunter2");
    let names: Vec<_> =
        settings.headers.as_ref().unwrap().iter().map(|h| h.name.as_str()).collect();
    assert_eq!(names, ["X-Key", "X-Plain"]);
    assert_eq!((settings.protected.as_deref(), settings.read_only), (Some("prod"), true));
    assert_eq!(settings.timeout.value, Duration::from_secs(3));
    assert_eq!(settings.oldest_job_age_unit.as_ref().unwrap().value, AgeUnit::Milliseconds);
    assert_eq!(settings.thresholds.dead.warning, Some(30.0));
    assert_eq!(settings.thresholds.stuck_after, 300.0);
    assert_eq!(settings.contexts, ["prod", "staging"]);
}

#[test]
fn flags_that_contradict_a_named_context_are_usage_errors() {
    let fixture = || Fixture::with_contexts().context("prod");
    let errors = [
        fixture().flags(|flags| flags.base_url = Some("http://x".to_owned())).error(),
        fixture().database_flag("postgres://u:hunter2@h/d").error(),
        fixture().context("prdo").error(),
    ];
    for error in &errors {
        assert_eq!(error.kind, ErrorKind::Usage, "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    assert_eq!(errors[2].hints, [CommandText::from("did you mean `prod`?")]);
    let timeout = fixture().flags(|flags| flags.timeout = Some(Duration::from_secs(9))).settings();
    assert_eq!(timeout.timeout.value, Duration::from_secs(9), "a timeout contradicts nobody");
}

#[test]
fn values_can_come_from_files_next_to_the_configuration() {
    let fixture = Fixture::new()
        .file("url.txt", "postgres://u:hunter2@h/d\r\n")
        .file(
            config::FILE_NAME,
            "[context.x]\ndatabase_url_file = 'url.txt'\nadmin_token_file = '~/none'\n",
        )
        .context("x");
    let settings = fixture.settings();
    assert_eq!(database(&settings), "u@h:5432/d");
    assert!(origin(&settings.database).ends_with("/url.txt"));
    let error = settings.admin_token.unwrap_err();
    assert!(
        error.message.contains("/none") && error.message.contains("cliplyctl.toml:3"),
        "{error}"
    );
}

#[test]
fn password_in_the_configuration_is_rejected() {
    let text = "[context.x]\ndatabase_url = 'postgres://u:hunter2@h/d'\n";
    let error =
        Fixture::new().file(config::FILE_NAME, text).context("x").settings().database.unwrap_err();
    assert!(error.message.starts_with("the database URL contains a password"), "{error}");
    assert!(error.hint.as_ref().unwrap().to_string().contains("database_url_env"));
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn variable_selects_a_context_as_the_flag_does() {
    let by_variable = |name: &str| {
        Fixture::with_contexts()
            .env("CLIPLYCTL_CONTEXT", name)
            .env("DATABASE_URL", "postgres://u@elsewhere/d")
            .env("CLIPLY_BASE_URL", "https://elsewhere.example")
    };
    let settings = by_variable("staging").settings();
    assert_eq!(settings.context_name.as_deref(), Some("staging"));
    assert_eq!(url(&settings), "https://staging.example");
    assert_eq!(database(&settings), "op@staging.example:5432/app");
    // A flag precedes the variable; an empty variable is unset.
    assert_eq!(by_variable("staging").context("prod").settings().context_name.unwrap(), "prod");
    assert_eq!(by_variable("").settings().context_name, None);
    let error = by_variable("stagng").error();
    assert_eq!(error.exit_code(), crate::exit::ExitCode::Config, "{error:?}");
    assert!(error.causes[0].contains("$CLIPLYCTL_CONTEXT"), "{error:?}");
    let error = by_variable("staging").database_flag("postgres://u@h/d").error();
    assert_eq!(error.message, "--database-url and CLIPLYCTL_CONTEXT=staging exclude each other");
}

#[test]
fn only_the_flag_lifts_the_restrictions_of_other_contexts() {
    let unreadable = "[context.prod]\nprotected = true\ndatabase_url_env = 'UNSET'\n
        [context.staging]\ndatabase_url = 'postgres://u@h/d'\n";
    let fixture = || Fixture::new().file(config::FILE_NAME, unreadable);
    let by_variable = fixture().env("CLIPLYCTL_CONTEXT", "staging").settings();
    assert!(!by_variable.is_selected_by_flag);
    assert!(by_variable.warnings[0].contains("context prod is protected"), "{by_variable:?}");
    let by_flag = fixture().context("staging").settings();
    assert!(by_flag.is_selected_by_flag);
    assert_eq!(by_flag.warnings, [""; 0]);
}

//! Tests of `config show`: origins are shown, secrets are not.

use super::*;
use crate::dsn::REDACTED;

#[test]
fn secrets_never_appear_in_shown_settings() {
    let fixtures = [
        Fixture::with_contexts().context("prod"),
        Fixture::with_contexts()
            .env("DATABASE_URL", "postgres://u:hunter2@h/d")
            .env("CLIPLY_ADMIN_TOKEN", "hunter2")
            .env("CLIPLY_HEADERS", "X-Key: hunter2"),
        Fixture::with_contexts()
            .env("DATABASE_URL", "postgres://u:hunter2@h:x/d")
            .env("CLIPLY_HEADERS", "hunter2"),
        Fixture::new().database_flag("postgres://u:hunter2@h/d"),
    ];
    for fixture in fixtures {
        let settings = fixture.settings();
        let rows: Vec<_> = settings.shown().collect();
        let all = format!("{settings:?}{rows:?}{:?}", fixture.overrides);
        assert!(!all.contains("hunter2"), "{all}");
    }
}

#[test]
fn each_shown_setting_has_its_origin() {
    let settings = Fixture::with_contexts().context("prod").settings();
    let row = |name: &str| settings.shown().find(|row| row.name == name).unwrap();
    assert_eq!(row("database.password").value, REDACTED);
    assert_eq!(row("database.password").origin, "database URL");
    assert_eq!(
        (row("admin_token").value.as_str(), row("admin_token").origin.as_str()),
        (REDACTED, "$PROD_TOKEN")
    );
    assert_eq!(row("headers.X-Key").origin, "$PROD_KEY");
    assert_eq!(row("thresholds.dead").value, "warning ≥ 30, critical ≥ 100");
    assert!(row("thresholds.dead").origin.ends_with("cliplyctl.toml:11 [context.prod]"));
    assert_eq!(row("thresholds.running").origin, "default");
    assert_eq!(
        (row("timeout").value.as_str(), row("protected").origin.as_str()),
        ("3s", "context prod")
    );
}

#[test]
fn starter_file_leads_to_the_same_database_and_app() {
    type SetUp = fn(Fixture) -> Fixture;
    let origins: [(&str, SetUp); 3] = [
        ("environment", |f| {
            f.env("DATABASE_URL", "postgres://u:hunter2@h:7/d?sslmode=require")
                .env("CLIPLY_BASE_URL", "https://app.example")
                .env("CLIPLY_ADMIN_TOKEN", "hunter2")
        }),
        (".env", |f| f.file(".env", "DATABASE_URL=postgres://u:hunter2@h:7/d?sslmode=require\n")),
        ("PG variables", |f| f.env("PGHOST", "h").env("PGUSER", "u").env("PGPASSWORD", "hunter2")),
    ];
    for (origin, set) in origins {
        let before = set(Fixture::new()).settings();
        let text = before.starter("my prod");
        assert!(!text.contains("hunter2"), "{origin}: {text}");
        let after =
            set(Fixture::new()).file(config::FILE_NAME, &text).context("my prod").settings();
        assert_eq!(database(&after), database(&before), "{origin}: {text}");
        let tls = |settings: &Settings| settings.database.as_ref().unwrap().value.tls.clone();
        assert_eq!(tls(&after), tls(&before), "{origin}: {text}");
        let app = |settings: &Settings| settings.base_url.as_ref().ok().map(|u| u.value.clone());
        assert_eq!(app(&after), app(&before), "{origin}: {text}");
    }
    // Without any setting, all keys are comments.
    let text = Fixture::new().settings().starter("default");
    assert!(Fixture::new().file(config::FILE_NAME, &text).resolve().is_ok(), "{text}");
    // Each commented line is valid.
    let every_line = text.replace("# headers", "## headers");
    let keys = every_line.lines().filter(|line| line.starts_with("# ") && line.contains(" = "));
    assert!(keys.count() > 10, "{text}");
}

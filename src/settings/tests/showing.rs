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

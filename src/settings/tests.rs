//! Which word wins, and what never mixes.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::error::ErrorKind;
use crate::facts::SourceErrorKind;

/// A home directory that is also the working directory.
struct Desk {
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
    overrides: Overrides,
}

const CONFIG: &str = "
[context.prod]
base_url = 'https://prod.example/'
database_url_env = 'PROD_DB'
admin_token_env = 'PROD_TOKEN'
headers = { X-Key = { env = 'PROD_KEY' }, X-Plain = 'plain' }
protected = true
read_only = true
timeout = '3s'
oldest_job_age_unit = 'ms'
thresholds = { dead = 30, stuck_after = '5m' }

[context.staging]
base_url = 'https://staging.example'
database_url = 'postgres://op@staging.example/app'
";

impl Desk {
    fn new() -> Self {
        let desk = Self {
            home: tempfile::tempdir().unwrap(),
            variables: vec![],
            overrides: Overrides::default(),
        };
        let home = desk.home.path().to_str().unwrap().to_owned();
        desk.env("HOME", &home).env("USER", "me")
    }

    /// With both contexts, and their secrets exported.
    fn with_contexts() -> Self {
        Self::new()
            .file(config::FILE_NAME, CONFIG)
            .env("PROD_DB", "postgres://op:hunter2@prod.example/app")
            .env("PROD_TOKEN", "hunter2")
            .env("PROD_KEY", "hunter2")
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn default_context(self, name: &str) -> Self {
        let text = format!("default_context = '{name}'\n{CONFIG}");
        self.file(config::FILE_NAME, &text)
    }

    fn flags(mut self, set: impl FnOnce(&mut Overrides)) -> Self {
        set(&mut self.overrides);
        self
    }

    fn context(self, name: &str) -> Self {
        self.flags(|flags| flags.context = Some(name.to_owned()))
    }

    fn database_flag(self, url: &str) -> Self {
        self.flags(|flags| flags.database_url = Some(Secret::new(url.to_owned())))
    }

    fn resolve(&self) -> Result<Settings, Error> {
        let environment = Environment::of(self.variables.clone());
        Settings::resolve(&self.overrides, &environment, self.home.path())
    }

    fn settings(&self) -> Settings {
        self.resolve().unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn error(&self) -> Error {
        self.resolve().unwrap_err()
    }
}

fn url(settings: &Settings) -> &str {
    &settings.base_url.as_ref().unwrap().value
}

fn database(settings: &Settings) -> String {
    settings.database.as_ref().unwrap().value.to_string()
}

fn origin<T>(value: &Result<Setting<T>, SourceError>) -> String {
    value.as_ref().map(|setting| setting.origin.to_string()).unwrap_or_default()
}

fn secret(settings: &Settings) -> Option<String> {
    let password = settings.database.as_ref().ok()?.value.hosts[0].password.clone()?;
    Some(password.value.expose().clone())
}

#[test]
fn flag_then_environment_then_dotenv_then_context() {
    let desk = Desk::with_contexts().default_context("staging");
    let settings = desk.settings();
    assert_eq!(url(&settings), "https://staging.example");
    assert_eq!(database(&settings), "op@staging.example:5432/app");
    assert_eq!(settings.context_name.as_deref(), Some("staging"));

    let desk =
        desk.file(".env", "CLIPLY_BASE_URL=http://dotenv\nDATABASE_URL=postgres://d@dotenv/d\n");
    let settings = desk.settings();
    assert_eq!(
        (url(&settings), database(&settings).as_str()),
        ("http://dotenv", "d@dotenv:5432/d")
    );
    assert!(origin(&settings.base_url).ends_with(".env:1"), "{}", origin(&settings.base_url));
    assert_eq!(settings.context_name, None, "nothing of the context is left");
    assert_eq!(settings.warnings.len(), 2, "{:?}", settings.warnings);

    let desk = desk.env("CLIPLY_BASE_URL", "http://env").env("DATABASE_URL", "postgres://e@env/e");
    let settings = desk.settings();
    assert_eq!((url(&settings), database(&settings).as_str()), ("http://env", "e@env:5432/e"));
    assert_eq!(origin(&settings.database), "$DATABASE_URL");

    let desk = desk
        .flags(|flags| flags.base_url = Some("http://flag".to_owned()))
        .database_flag("postgres://f@flag/f");
    let settings = desk.settings();
    assert_eq!((url(&settings), database(&settings).as_str()), ("http://flag", "f@flag:5432/f"));
    assert_eq!(origin(&settings.base_url), "--base-url");
}

#[test]
fn pg_variables_speak_of_a_database_or_fill_its_gaps() {
    let desk = Desk::new().env("PGPASSWORD", "hunter2").env("PGSSLMODE", "require");
    let error = desk.settings().database.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::NotConfigured, "these alone name no database");
    let desk = desk.env("PGHOST", "h");
    assert_eq!(database(&desk.settings()), "me@h:5432/me");
    assert_eq!(origin(&desk.settings().database), "$PGHOST");
    let settings = desk.env("DATABASE_URL", "postgres://u@x/d").settings();
    assert_eq!(database(&settings), "u@x:5432/d");
    assert_eq!(secret(&settings).as_deref(), Some("hunter2"));
}

#[test]
fn a_stronger_layer_decides_which_database() {
    let desk = Desk::new().file(".env", "DATABASE_URL=postgres://u@dotenv/d\nPGPORT=7\n");
    assert_eq!(database(&desk.settings()), "u@dotenv:7/d");
    assert_eq!(database(&desk.env("PGHOST", "h").settings()), "me@h:7/me");
}

#[test]
fn a_named_context_hears_nothing_of_its_surroundings() {
    let desk = Desk::with_contexts()
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
    let settings = desk.settings();
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
fn a_named_context_may_use_the_password_file_of_the_home_directory() {
    let desk = Desk::with_contexts().file(".pgpass", "staging.example:*:app:op:hunter2\n");
    assert_eq!(secret(&desk.context("staging").settings()).as_deref(), Some("hunter2"));
}

#[test]
fn a_named_context_brings_everything_it_says() {
    let settings = Desk::with_contexts().context("prod").settings();
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
    assert_eq!(settings.limits.dead.warning, Some(30.0));
    assert_eq!(settings.limits.stuck_after, 300.0);
    assert_eq!(settings.contexts, ["prod", "staging"]);
}

#[test]
fn flags_that_contradict_a_named_context_are_usage_errors() {
    let desk = || Desk::with_contexts().context("prod");
    let errors = [
        desk().flags(|flags| flags.base_url = Some("http://x".to_owned())).error(),
        desk().database_flag("postgres://u:hunter2@h/d").error(),
        desk().context("prdo").error(),
    ];
    for error in &errors {
        assert_eq!(error.kind, ErrorKind::Usage, "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    assert_eq!(errors[2].hints, ["did you mean `prod`?"]);
    let timeout = desk().flags(|flags| flags.timeout = Some(Duration::from_secs(9))).settings();
    assert_eq!(timeout.timeout.value, Duration::from_secs(9), "a timeout contradicts nobody");
}

#[test]
fn a_default_context_that_does_not_exist_is_a_configuration_error() {
    let error = Desk::new().default_context("stagin").error();
    assert_eq!(error.kind, ErrorKind::Config);
    assert!(error.message.contains("cliplyctl.toml:1: no context `stagin`"), "{error}");
    assert_eq!(error.hints, ["did you mean `staging`?"]);
}

#[test]
fn credentials_travel_only_with_their_own_url() {
    let desk = Desk::with_contexts().default_context("prod");
    assert!(desk.settings().admin_token.is_ok());
    let settings = desk.env("CLIPLY_BASE_URL", "http://elsewhere").settings();
    assert!(settings.admin_token.is_err());
    assert_eq!(settings.headers, Ok(vec![]));
    assert_eq!(settings.oldest_job_age_unit, None);
}

#[test]
fn what_is_missing_hurts_only_those_who_need_it() {
    let settings = Desk::new().file(config::FILE_NAME, CONFIG).context("prod").settings();
    assert_eq!(url(&settings), "https://prod.example");
    let error = settings.database.unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::NotConfigured);
    assert!(error.message.contains("PROD_DB is not set"), "{error}");
    assert!(error.message.contains("cliplyctl.toml:4"), "{error}");
    let settings = Desk::new().settings();
    assert!(settings.base_url.is_err() && settings.database.is_err());
    assert_eq!(settings.warnings, [""; 0]);
}

#[test]
fn values_may_lie_in_files_beside_the_configuration() {
    let desk = Desk::new()
        .file("url.txt", "postgres://u:hunter2@h/d\r\n")
        .file(
            config::FILE_NAME,
            "[context.x]\ndatabase_url_file = 'url.txt'\nadmin_token_file = '~/none'\n",
        )
        .context("x");
    let settings = desk.settings();
    assert_eq!(database(&settings), "u@h:5432/d");
    assert!(origin(&settings.database).ends_with("/url.txt"));
    let error = settings.admin_token.unwrap_err();
    assert!(
        error.message.contains("/none") && error.message.contains("cliplyctl.toml:3"),
        "{error}"
    );
}

#[test]
fn a_password_in_the_configuration_is_refused() {
    let text = "[context.x]\ndatabase_url = 'postgres://u:hunter2@h/d'\n";
    let error =
        Desk::new().file(config::FILE_NAME, text).context("x").settings().database.unwrap_err();
    assert!(error.message.starts_with("the database URL holds a password"), "{error}");
    assert!(error.hint.as_ref().unwrap().contains("database_url_env"));
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn a_protected_database_is_protected_however_it_was_reached() {
    let guards = |desk: Desk| {
        let settings = desk.settings();
        (settings.protected, settings.read_only)
    };
    let by_prod = (Some("prod".to_owned()), true);
    let free = (None, false);
    let desk = Desk::with_contexts;
    let flag = |url| guards(desk().database_flag(url));
    assert_eq!(flag("postgres://other:pw@PROD.example./app"), by_prod);
    assert_eq!(flag("postgres://op@prod.example:6543/app"), by_prod, "a pooler's port");
    assert_eq!(flag("postgres://op@a,prod.example/app"), by_prod, "one of several hosts");
    assert_eq!(flag("postgres://op@prod.example/other"), free);
    assert_eq!(flag("postgres://op@staging.example/app"), free);
    let env = desk().env("DATABASE_URL", "postgres://op@prod.example/app");
    assert_eq!(guards(env), by_prod);
    let env = desk().env("PGHOST", "prod.example").env("PGDATABASE", "app");
    assert_eq!(guards(env), by_prod);
    assert_eq!(guards(desk().context("staging")), free);
    let twin = format!("{CONFIG}[context.twin]\ndatabase_url = 'postgres://op@prod.example/app'\n");
    assert_eq!(guards(desk().file(config::FILE_NAME, &twin).context("twin")), by_prod);
}

#[test]
fn guards_of_the_default_context_outlive_its_database_unless_a_flag_replaced_it() {
    let desk = || Desk::with_contexts().default_context("prod");
    assert!(desk().settings().read_only);
    assert!(desk().env("DATABASE_URL", "postgres://op@alias/app").settings().read_only);
    assert!(!desk().database_flag("postgres://op@alias/app").settings().read_only);
    assert!(!desk().context("staging").settings().read_only);
}

#[test]
fn a_guard_that_cannot_be_compared_is_mentioned() {
    let desk = || Desk::new().file(config::FILE_NAME, CONFIG);
    let settings = desk().database_flag("postgres://op@somewhere/app").settings();
    assert!(settings.warnings[0].contains("context prod is guarded"), "{:?}", settings.warnings);
    assert_eq!(desk().context("staging").settings().warnings, [""; 0]);
}

#[test]
fn two_ways_to_one_database() {
    let around = dsn::Surroundings::default();
    let same = |one: &str, other: &str| {
        let parse = |text| Dsn::parse(text, &around).unwrap();
        guard::same_database(&parse(one), &parse(other))
    };
    assert!(same("postgres://u@localhost:5433/d", "postgres://v@127.0.0.1:5433/d"));
    assert!(same("postgres://u@[::1]/d", "host=/tmp user=v dbname=d"));
    assert!(!same("postgres://u@localhost:5433/d", "postgres://u@localhost:5434/d"), "two tunnels");
    let direct = "postgres://postgres@db.abc.supabase.co:5432/postgres";
    let pooler = "postgres://postgres.abc@aws-0-eu.pooler.supabase.com:6543/postgres";
    let other = "postgres://postgres.xyz@aws-0-eu.pooler.supabase.com:6543/postgres";
    assert!(same(direct, pooler));
    assert!(!same(pooler, other), "another project behind the same pooler");
}

#[test]
fn no_secret_shows_anywhere() {
    let desks = [
        Desk::with_contexts().context("prod"),
        Desk::with_contexts()
            .env("DATABASE_URL", "postgres://u:hunter2@h/d")
            .env("CLIPLY_ADMIN_TOKEN", "hunter2")
            .env("CLIPLY_HEADERS", "X-Key: hunter2"),
        Desk::with_contexts()
            .env("DATABASE_URL", "postgres://u:hunter2@h:x/d")
            .env("CLIPLY_HEADERS", "hunter2"),
        Desk::new().database_flag("postgres://u:hunter2@h/d"),
    ];
    for desk in desks {
        let settings = desk.settings();
        let rows: Vec<_> = settings.shown().collect();
        let all = format!("{settings:?}{rows:?}{:?}", desk.overrides);
        assert!(!all.contains("hunter2"), "{all}");
    }
}

#[test]
fn what_is_shown_says_where_it_came_from() {
    let settings = Desk::with_contexts().context("prod").settings();
    let row = |name: &str| settings.shown().find(|row| row.name == name).unwrap();
    assert_eq!(row("database.password").value, REDACTED);
    assert_eq!(row("database.password").origin, "database URL");
    assert_eq!(
        (row("admin_token").value.as_str(), row("admin_token").origin.as_str()),
        (REDACTED, "$PROD_TOKEN")
    );
    assert_eq!(row("headers.X-Key").origin, "$PROD_KEY");
    assert_eq!(row("thresholds.dead").value, "warning ≥ 30 jobs, critical ≥ 100 jobs");
    assert!(row("thresholds.dead").origin.ends_with("cliplyctl.toml:11 [context.prod]"));
    assert_eq!(row("thresholds.running").origin, "default");
    assert_eq!(
        (row("timeout").value.as_str(), row("protected").origin.as_str()),
        ("3s", "context prod")
    );
}

#[test]
fn a_base_url_is_plain() {
    let bad = ["prod.example", "ftp://x", "http://u:hunter2@x", "http://x?a=b", "http://x/#a"];
    for text in bad {
        let error = Desk::new().env("CLIPLY_BASE_URL", text).settings().base_url.unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(error.message.ends_with("set by $CLIPLY_BASE_URL"), "{error}");
    }
    let settings = Desk::new().env("CLIPLY_BASE_URL", "HTTP://X.example/base/").settings();
    assert_eq!(url(&settings), "http://x.example/base");
}

#[test]
fn every_pg_variable_is_documented() {
    for (name, _) in layered::PG_VARIABLES {
        assert!(variables::variable(name).is_some_and(|variable| variable.dotenv), "{name}");
    }
}

#[test]
fn a_configuration_named_by_the_environment_replaces_the_others() {
    let desk =
        Desk::with_contexts().file("x.toml", "[context.x]\n").env("CLIPLYCTL_CONFIG", "x.toml");
    assert_eq!(desk.settings().contexts, ["x"]);
}

//! Tests of precedence, isolation, protection and output of settings.

mod credentials;
mod guards;
mod isolation;
mod layers;
mod showing;

use std::os::unix::fs::PermissionsExt;

use super::*;

/// A home directory, which is also the working directory, with variables and flags.
struct Fixture {
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

impl Fixture {
    fn new() -> Self {
        let fixture = Self {
            home: tempfile::tempdir().unwrap(),
            variables: vec![],
            overrides: Overrides::default(),
        };
        let home = fixture.home.path().to_str().unwrap().to_owned();
        fixture.env("HOME", &home).env("USER", "me")
    }

    /// With the contexts of [`CONFIG`] and the variables of their secrets.
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
        let environment = ProcessEnvironment::from_pairs(self.variables.clone());
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
    Some(String::from_utf8(password.value.expose().clone()).unwrap())
}

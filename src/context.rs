//! What one run of a command knows: settings, lazy sources, the clock.

use std::cell::Cell;
use std::future::Future;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::facts::operation::Author;
use crate::facts::{Observed, Provenance, SourceError};
use crate::queue::Layout;
use crate::redact;
use crate::settings::Settings;
use crate::settings::suggest::did_you_mean;
use crate::sources::http::Http;
use crate::sources::postgres::{self, Database, SessionOptions};
use crate::terminal::Terminal;

/// Connections that one command may hold at a time.
const POOL_SIZE: usize = 4;

/// The context of one command.
pub struct Context {
    /// Every setting with its origin.
    pub settings: Settings,
    /// Where to ask and to show progress.
    pub terminal: Terminal,
    command: &'static str,
    started_at: Timestamp,
    started: Instant,
    /// Since when the budget runs.
    renewed: Cell<Instant>,
    http: OnceLock<Http>,
    database: OnceCell<Database>,
    layout: OnceCell<Layout>,
}

impl Context {
    /// Starts the clock. Nothing is opened yet.
    #[must_use]
    pub fn new(settings: Settings, terminal: Terminal, command: &'static str) -> Self {
        Self {
            settings,
            terminal,
            command,
            started_at: now(),
            started: Instant::now(),
            renewed: Cell::new(Instant::now()),
            http: OnceLock::new(),
            database: OnceCell::new(),
            layout: OnceCell::new(),
        }
    }

    /// This machine's clock. Ages of rows come from the server's.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        now()
    }

    /// What is left of the budget of the whole command.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.settings.timeout.value.saturating_sub(self.renewed.get().elapsed())
    }

    /// Gives a command that looks again a whole budget for it.
    pub fn reset_deadline(&self) {
        self.renewed.set(Instant::now());
    }

    /// The longest that one probe may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.settings.timeout.value
    }

    /// The database, opened when first asked for.
    ///
    /// # Errors
    /// When no setting says where it is.
    pub async fn database(&self) -> Result<&Database, SourceError> {
        self.database
            .get_or_try_init(|| async {
                let dsn = self.settings.database.as_ref().map_err(Clone::clone)?;
                let options = SessionOptions {
                    application_name: format!("cliplyctl:{}", self.command),
                    connect_timeout: self.timeout(),
                    pool_size: POOL_SIZE,
                };
                Database::open(&dsn.value, options)
            })
            .await
    }

    /// Which variant of the schema the database holds, read once.
    ///
    /// # Errors
    /// What the database or the recognition says.
    pub async fn layout(&self) -> Result<&Layout, SourceError> {
        self.layout
            .get_or_try_init(|| async {
                postgres::layout::read(self.database().await?, self.timeout()).await
            })
            .await
    }

    /// The app; its certificates are loaded once.
    ///
    /// # Errors
    /// When no setting says where it is, or a credential cannot be read.
    pub fn http(&self) -> Result<&Http, SourceError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let base = self.settings.base_url.as_ref().map_err(Clone::clone)?;
        let headers = self.settings.headers.as_ref().map_err(Clone::clone)?;
        let pairs = headers.iter().map(|h| (h.name.as_str(), h.value.value.expose().as_str()));
        let token = self.settings.admin_token.as_ref().ok().map(|t| t.value.expose().as_str());
        let http = Http::new(&base.value, pairs, token)?;
        Ok(self.http.get_or_init(|| http))
    }

    /// Who types on which machine, and why. The reason is kept for all to read: without secrets.
    #[must_use]
    pub fn author(&self, reason: Option<&str>) -> Author {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Author { actor: self.settings.actor.clone(), host, reason: reason.map(redact::text) }
    }

    /// `host:port/database`: the place of a plan, whoever connects.
    #[must_use]
    pub fn database_name(&self) -> String {
        let shown = self.settings.database.as_ref().map(|dsn| dsn.value.to_string());
        let shown = shown.unwrap_or_default();
        shown.rsplit_once('@').map_or(shown.clone(), |(_, place)| place.to_owned())
    }

    /// What the history files this system under: database and app, neither user nor credentials.
    ///
    /// # Errors
    /// When neither is configured.
    pub fn system_id(&self) -> Result<String, SourceError> {
        let parts = [
            self.database_name(),
            self.settings.base_url.as_ref().map_or_else(|_| String::new(), |url| url.value.clone()),
        ];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match (&self.settings.database, parts.as_slice()) {
            (Err(error), []) => Err(error.clone()),
            _ => Ok(parts.join(" ")),
        }
    }

    /// The same settings and connections, with nothing known yet of what they lead to: whoever looks
    /// again must notice that the database is gone, or its schema another. A whole budget, on the clock
    /// of the command.
    #[must_use]
    pub fn fresh(&self) -> Self {
        let mut again = Self::new(self.settings.clone(), self.terminal, self.command);
        (again.started_at, again.started) = (self.started_at, self.started);
        if let Some(http) = self.http.get() {
            _ = again.http.set(http.clone());
        }
        if let Some(database) = self.database.get() {
            _ = again.database.set(database.clone());
        }
        again
    }

    /// Runs a reading and notes its source, time and duration.
    pub async fn observe<T>(
        &self,
        source: impl Into<String>,
        reading: impl Future<Output = Result<T, SourceError>>,
    ) -> Observed<T> {
        let (at, started) = (now(), Instant::now());
        let result = reading.await;
        Observed { source: source.into(), at, took: started.elapsed(), result }
    }

    /// Which system this run speaks of.
    #[must_use]
    pub fn provenance(&self) -> Provenance {
        Provenance {
            context: self.settings.context_name.clone(),
            read_only: self.settings.read_only,
            protected: self.settings.protected.clone(),
            database: self.settings.database.as_ref().ok().map(|d| d.value.to_string()),
            standby: self.layout.get().map(|layout| layout.in_recovery),
            base_url: self.settings.base_url.as_ref().ok().map(|u| u.value.clone()),
            runbook_url: self.settings.runbook_url.as_ref().map(|url| url.value.clone()),
            started_at: self.started_at,
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The kind of this name, or an error that suggests the likely one.
    ///
    /// # Errors
    /// A usage error, when the schema lists its kinds and this is none of them.
    pub fn known_kind(&self, layout: &Layout, kind: &str) -> Result<(), Error> {
        let Some(kinds) = &layout.kinds else { return Ok(()) };
        if kinds.iter().any(|k| k == kind) {
            return Ok(());
        }
        let kinds: Vec<_> = kinds.iter().map(String::as_str).collect();
        Err(Error::usage(format!("unknown kind \"{kind}\"")).hint(did_you_mean(kind, &kinds)))
    }
}

/// Of a run that speaks of no system.
pub(crate) fn no_provenance() -> Provenance {
    Provenance { started_at: now(), ..Provenance::default() }
}

/// The one place that reads the clock.
#[expect(clippy::disallowed_methods, reason = "the clock is read here")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

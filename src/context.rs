//! The [`Context`] of one command run: its settings, its sources, which are opened on first use, and
//! the clock.

use std::cell::Cell;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::dsn::Dsn;
use crate::error::Error;
use crate::facts::access::last_audit::LastAudit;
use crate::facts::acknowledged::Classification;
use crate::facts::identity::{DatabaseIdentity, Protection, ServerRun};
use crate::facts::operation::Author;
use crate::facts::{Observed, Provenance, SourceError};
use crate::queue::{Claims, Counting, Declaration, Layout, QueueChoice, Relation};
use crate::redact;
use crate::settings::suggest::did_you_mean;
use crate::settings::{AddressMatch, Setting, Settings};
use crate::sources::files::local_store::LocalStore;
use crate::sources::http::Http;
use crate::sources::postgres::layout::{LayoutReading, LayoutSettings};
use crate::sources::postgres::{self, Database, SessionOptions};
use crate::terminal::Terminal;

/// The most connections of one command in one context.
const POOL_SIZE: usize = 4;

/// The settings, the sources and the clock of one command run.
pub(crate) struct Context {
    /// All settings with their origins.
    pub(crate) settings: Settings,
    /// The terminal for prompts and progress.
    pub(crate) terminal: Terminal,
    command: &'static str,
    connections: usize,
    started_at: Timestamp,
    started: Instant,
    /// When the time budget started.
    budget_started: Cell<Instant>,
    http: OnceLock<Http>,
    database: OnceCell<Database>,
    layout: OnceCell<Result<LayoutReading, SourceError>>,
    identity: OnceCell<DatabaseIdentity>,
    counting: OnceCell<Counting>,
    protection: OnceLock<Protection>,
    /// Shared with later polls of the same process.
    last_audit: Arc<Mutex<Option<LastAudit>>>,
    /// Shared with later polls of the same process.
    classification: Arc<Mutex<Option<Classification>>>,
}

impl Context {
    /// Creates a context and starts its time budget. Opens no connection.
    pub(crate) fn new(settings: Settings, terminal: Terminal, command: &'static str) -> Self {
        Self {
            settings,
            terminal,
            command,
            connections: POOL_SIZE,
            started_at: now(),
            started: Instant::now(),
            budget_started: Cell::new(Instant::now()),
            http: OnceLock::new(),
            database: OnceCell::new(),
            layout: OnceCell::new(),
            identity: OnceCell::new(),
            counting: OnceCell::new(),
            protection: OnceLock::new(),
            last_audit: Arc::default(),
            classification: Arc::default(),
        }
    }

    /// Limits the connections to the database.
    pub(crate) fn with_connections(self, most: usize) -> Self {
        Self { connections: most.clamp(1, POOL_SIZE), ..self }
    }

    /// Returns the time of this machine. Ages of rows use the server's time instead.
    pub(crate) fn now(&self) -> Timestamp {
        now()
    }

    /// Returns the remaining time of the command's budget.
    pub(crate) fn remaining(&self) -> Duration {
        self.settings.timeout.value.saturating_sub(self.budget_started.get().elapsed())
    }

    /// Starts the time budget again, for a command that polls repeatedly.
    pub(crate) fn reset_deadline(&self) {
        self.budget_started.set(Instant::now());
    }

    /// Returns the timeout of one probe.
    pub(crate) fn timeout(&self) -> Duration {
        self.settings.timeout.value
    }

    /// Returns the database, which is opened on the first call.
    ///
    /// # Errors
    /// The error of the setting if no database is configured.
    pub(crate) async fn database(&self) -> Result<&Database, SourceError> {
        self.database
            .get_or_try_init(|| async {
                let dsn = self.settings.database.as_ref().map_err(Clone::clone)?;
                let options = SessionOptions {
                    application_name: format!("cliplyctl:{}", self.command),
                    connect_timeout: self.timeout(),
                    pool_size: self.connections,
                };
                let database = Database::open(&dsn.value, options)?;
                Ok(match self.declaration() {
                    Some(Declaration { schema, table, .. }) => {
                        database.with_jobs_table(schema.as_deref(), table)
                    }
                    None => database,
                })
            })
            .await
    }

    /// Closes the connections to the database at the end of the command, before the context is dropped.
    pub(crate) fn close(&self) {
        if let Some(database) = self.database.get() {
            database.close();
        }
    }

    /// Returns the declaration of the jobs table, if the context has one.
    pub(crate) fn declaration(&self) -> Option<&Declaration> {
        match self.queue_choice() {
            Some(QueueChoice::Declared(declaration)) => Some(declaration),
            _ => None,
        }
    }

    /// Returns what the operator says about the jobs table.
    fn queue_choice(&self) -> Option<&QueueChoice> {
        self.settings.queue.as_ref().map(|setting| &setting.value)
    }

    /// Returns the layout of the jobs table, which is read once. An error is kept as well: the parts of a report
    /// must not wait for an unresponsive server one after the other.
    pub(crate) async fn layout(&self) -> Result<&Layout, SourceError> {
        Ok(&self.layout_reading().await?.layout)
    }

    /// Returns what the functions of the database tell about claims. It is read with the layout.
    pub(crate) async fn claims(&self) -> Result<&Claims, SourceError> {
        Ok(&self.layout_reading().await?.claims)
    }

    /// Returns when an attempt is counted: what the context states, what the functions of the database do, or else what
    /// the jobs show, which are read once.
    pub(crate) async fn counting(&self) -> Result<Counting, SourceError> {
        let known = match &self.settings.attempts_counted {
            Some(setting) if self.layout().await?.declared.is_none() => setting.value,
            _ => self.claims().await?.counting,
        };
        if known != Counting::Unknown {
            return Ok(known);
        }
        let read = async || {
            let (database, layout) = (self.database().await?, self.layout().await?);
            postgres::counted_attempts::read(database, layout, self.timeout()).await
        };
        Ok(*self.counting.get_or_try_init(read).await?)
    }

    async fn layout_reading(&self) -> Result<&LayoutReading, SourceError> {
        let reading = self.layout.get_or_init(|| async {
            let value = |setting: Option<&Setting<String>>| setting.map(|s| s.value.clone());
            let settings = LayoutSettings {
                state_column: value(self.settings.state_column.as_ref()),
                time_zone: value(self.settings.time_zone.as_ref()),
            };
            let (database, choice) = (self.database().await?, self.queue_choice());
            let reading =
                postgres::layout::read(database, choice, &settings, self.timeout()).await?;
            self.remember_guarded_database().await;
            Ok(reading)
        });
        reading.await.as_ref().map_err(Clone::clone)
    }

    /// Returns which database the server says it is. It is read once.
    pub(crate) async fn identity(&self) -> Result<&DatabaseIdentity, SourceError> {
        let read = async || postgres::identity::read(self.database().await?, self.timeout()).await;
        self.identity.get_or_try_init(read).await
    }

    /// Stores the identity of a guarded context when its database is first reached, so that a write finds it
    /// under another address. Without a state directory the next write asks its server.
    async fn remember_guarded_database(&self) {
        let guards = self.settings.guards.iter().filter(|g| g.address == AddressMatch::Same);
        for guard in guards {
            let (Ok(dsn), Ok(store)) =
                (&guard.database, LocalStore::open(self.settings.state_dir.as_deref()))
            else {
                continue;
            };
            let address = dsn.address();
            if store.known_databases(&guard.name).iter().any(|known| known.address == address) {
                continue;
            }
            if let Ok(identity) = self.identity().await {
                _ = store.remember_database(&guard.name, &address, identity);
            }
        }
    }

    /// Returns the write protection, as far as it is known.
    pub(crate) fn protection(&self) -> Protection {
        self.protection.get().cloned().unwrap_or_else(|| Protection {
            protected: self.settings.protected.clone(),
            read_only_by: self.settings.read_only_by(),
        })
    }

    /// Sets the write protection after the identities of databases were compared.
    pub(crate) fn set_protection(&self, protection: Protection) {
        _ = self.protection.set(protection);
    }

    /// Returns the last access audit of this process.
    pub(crate) fn last_audit(&self) -> Option<LastAudit> {
        self.last_audit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps an access audit for later polls.
    pub(crate) fn set_last_audit(&self, audit: LastAudit) {
        *self.last_audit.lock().unwrap_or_else(PoisonError::into_inner) = Some(audit);
    }

    /// Returns the last classification of the dead letters of this process.
    pub(crate) fn classification(&self) -> Option<Classification> {
        self.classification.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a classification for later polls.
    pub(crate) fn set_classification(&self, classification: Classification) {
        let mut last = self.classification.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(classification);
    }

    /// Opens the database of another context.
    pub(crate) fn open_other(&self, dsn: &Dsn, timeout: Duration) -> Result<Database, SourceError> {
        let options = SessionOptions {
            application_name: format!("cliplyctl:{}", self.command),
            connect_timeout: timeout,
            pool_size: 1,
        };
        Database::open(dsn, options)
    }

    /// Returns the client of the app, which is created on the first call.
    ///
    /// # Errors
    /// The error of the setting if no base URL is configured or a credential cannot be read.
    pub(crate) fn http(&self) -> Result<&Http, SourceError> {
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

    /// Returns the operator, the host and the reason of a write. The reason is redacted because the
    /// events store it.
    pub(crate) fn author(&self, reason: Option<&str>) -> Author {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Author { actor: self.settings.actor.clone(), host, reason: reason.map(redact::text) }
    }

    /// Returns `host:port/database` without the user, as plans and operations store it.
    pub(crate) fn database_name(&self) -> String {
        self.settings.database.as_ref().map(|dsn| dsn.value.address()).unwrap_or_default()
    }

    /// Returns the address of this system in the history: that of the database, without user and credentials, or
    /// the base URL if no database is configured.
    ///
    /// # Errors
    /// The error of the setting if neither is configured.
    pub(crate) fn system_address(&self) -> Result<String, SourceError> {
        match (&self.settings.database, &self.settings.base_url) {
            (Ok(dsn), _) => Ok(dsn.value.address()),
            (Err(_), Ok(url)) => Ok(url.value.clone()),
            (Err(error), Err(_)) => Err(error.clone()),
        }
    }

    /// Returns the run of the database server; `None` if it cannot be read in time.
    pub(crate) async fn server_run(&self, timeout: Duration) -> Option<ServerRun> {
        let read = async || {
            let database = self.database().await.ok()?;
            postgres::identity::server_run(database, timeout).await.ok().flatten()
        };
        tokio::time::timeout(timeout, read()).await.ok().flatten()
    }

    /// Returns a context with the same settings, connections and start time, a new time budget and no
    /// cached layout, so that a repeated poll notices a changed schema.
    pub(crate) fn fresh(&self) -> Self {
        let mut fresh = Self::new(self.settings.clone(), self.terminal, self.command);
        (fresh.started_at, fresh.started) = (self.started_at, self.started);
        fresh.connections = self.connections;
        fresh.last_audit = Arc::clone(&self.last_audit);
        fresh.classification = Arc::clone(&self.classification);
        if let Some(http) = self.http.get() {
            _ = fresh.http.set(http.clone());
        }
        if let Some(database) = self.database.get() {
            _ = fresh.database.set(database.clone());
        }
        fresh
    }

    /// Runs `read` and returns its result with source, time and duration.
    pub(crate) async fn observe<T>(
        &self,
        source: impl Into<String>,
        read: impl Future<Output = Result<T, SourceError>>,
    ) -> Observed<T> {
        let (at, started) = (now(), Instant::now());
        let result = read.await;
        Observed { source: source.into(), at, took: started.elapsed(), result }
    }

    /// Returns the name of the jobs table, for reports.
    pub(crate) async fn jobs_name(&self) -> String {
        match self.layout().await {
            Ok(layout) => layout.relation.to_string(),
            Err(_) => Relation::public("jobs").to_string(),
        }
    }

    /// Returns the context, the database and the app that the report is about.
    pub(crate) fn provenance(&self) -> Provenance {
        let Protection { protected, read_only_by } = self.protection();
        Provenance {
            context: self.settings.context_name.clone(),
            read_only: read_only_by.is_some(),
            protected,
            database: self.settings.database.as_ref().ok().map(|d| d.value.to_string()),
            standby: self
                .layout
                .get()
                .and_then(|layout| Some(layout.as_ref().ok()?.layout.in_recovery)),
            base_url: self.settings.base_url.as_ref().ok().map(|u| u.value.clone()),
            runbook_url: self.settings.runbook_url.as_ref().map(|url| url.value.clone()),
            started_at: self.started_at,
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Checks that a kind exists: the schema lists it, or a job has it.
    ///
    /// # Errors
    /// A usage error that suggests the most similar kind.
    pub(crate) async fn known_kind(&self, layout: &Layout, kind: &str) -> Result<(), Error> {
        let existing = match &layout.kinds {
            Some(kinds) if kinds.iter().any(|known| known == kind) => return Ok(()),
            Some(kinds) => kinds.clone(),
            None => {
                let database = self.database().await?;
                match postgres::jobs::kinds_unless_used(database, layout, kind, self.timeout())
                    .await?
                {
                    None => return Ok(()),
                    Some(kinds) => kinds,
                }
            }
        };
        let existing: Vec<_> = existing.iter().map(String::as_str).collect();
        let error = Error::usage(format!("unknown kind \"{kind}\""));
        Err(if existing.is_empty() { error } else { error.hint(did_you_mean(kind, &existing)) })
    }
}

/// Returns the name of the events table, for reports.
pub(crate) fn events_name(layout: &Layout) -> String {
    match &layout.events {
        Some(events) => events.relation.to_string(),
        None => Relation::public("job_events").to_string(),
    }
}

/// Returns the provenance of a command that is not about a system.
pub(crate) fn no_provenance() -> Provenance {
    Provenance { started_at: now(), ..Provenance::default() }
}

/// Returns the current time. This is the only function that reads the clock.
#[expect(clippy::disallowed_methods, reason = "the clock is read here")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

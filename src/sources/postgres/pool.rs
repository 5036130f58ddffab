//! Pool of sessions. It uses as many sessions as the server grants: if the server refuses another
//! one, the pool keeps to those that it has, and the queries run one after the other.
//!
//! Pool libraries have a fixed size; there, a query whose session is refused fails although another
//! session becomes free.

use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_postgres::Client;

use super::connect::{Connector, Refusal};
use super::errors;
use super::session::{ServerParameters, Session};
use crate::facts::SourceError;

/// Pauses before a refused first session is tried again: the server needs a moment to end the
/// sessions of the previous command.
const RETRY_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// How long the first query of a session may take before idle sessions are closed. See [`Pool::run`].
const FIRST_ANSWER: Duration = Duration::from_millis(250);

/// Pool of sessions. Connects on demand.
pub(crate) struct Pool {
    connector: Connector,
    idle: Mutex<Vec<Arc<Session>>>,
    /// One permit for each session that may be in use.
    slots: Arc<Semaphore>,
    /// Number of permits, used and free.
    size: AtomicUsize,
    /// Time limit for getting a session.
    limit: Duration,
}

/// Session of the pool; returned to it on drop.
pub struct PooledSession {
    pool: Arc<Pool>,
    session: Arc<Session>,
    /// Whether the session returns to the pool.
    is_reusable: bool,
    _slot: OwnedSemaphorePermit,
}

impl Pool {
    /// Creates a pool of at most `size` sessions without connecting.
    pub(crate) fn new(connector: Connector, size: usize, limit: Duration) -> Arc<Self> {
        let size = size.max(1);
        let slots = Arc::new(Semaphore::new(size));
        Arc::new(Self { connector, idle: Mutex::default(), slots, size: size.into(), limit })
    }

    /// Returns a session: an idle one, a new one, or, if the server grants no other, the next one
    /// that becomes free.
    pub(crate) async fn get(self: &Arc<Self>) -> Result<PooledSession, SourceError> {
        let deadline = Instant::now() + self.limit;
        let mut pauses = RETRY_PAUSES.into_iter();
        loop {
            let slot = timeout_at(deadline, Arc::clone(&self.slots).acquire_owned()).await;
            let Ok(Ok(slot)) = slot else { return Err(errors::no_free_session(self.limit)) };
            if let Some(session) = self.take_idle() {
                return Ok(self.pooled(session, slot));
            }
            match self.connect(deadline).await {
                Ok(session) => return Ok(self.pooled(Arc::new(session), slot)),
                Err(refusal) if !refusal.at_limit => return Err(refusal.error),
                Err(refusal) => {
                    if let Err(slot) = self.give_up(slot) {
                        drop(slot);
                        let pause = pauses.next().filter(|p| Instant::now() + *p < deadline);
                        sleep(pause.ok_or(refusal.error)?).await;
                    }
                }
            }
        }
    }

    /// Returns a session if there is one besides those in use: never waits for another session to
    /// become free.
    pub(crate) async fn spare(self: &Arc<Self>) -> Option<PooledSession> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        if let Some(session) = self.take_idle() {
            return Some(self.pooled(session, slot));
        }
        match self.connect(Instant::now() + self.limit).await {
            Ok(session) => Some(self.pooled(Arc::new(session), slot)),
            Err(refusal) => {
                if refusal.at_limit {
                    _ = self.give_up(slot);
                }
                None
            }
        }
    }

    /// Opens a session. The future is boxed, because those of the commands contain it many times.
    fn connect(&self, deadline: Instant) -> BoxFuture<'_, Result<Session, Refusal>> {
        self.connector.connect(deadline).boxed()
    }

    /// Runs queries on a session.
    ///
    /// A pooler in session mode accepts any connection, but lets its first query wait for a connection to the server,
    /// which another, idle session of this pool may occupy. So if the first answer takes long, idle sessions are
    /// closed.
    pub(crate) async fn run<T>(
        &self,
        session: &PooledSession,
        queries: impl Future<Output = T>,
    ) -> T {
        if session.session.has_answered() {
            return queries.await;
        }
        let mut queries = pin!(queries);
        loop {
            match timeout(FIRST_ANSWER, &mut queries).await {
                Ok(result) => {
                    session.session.set_answered();
                    return result;
                }
                Err(_) => self.idle().clear(),
            }
        }
    }

    /// Reduces the size of the pool by this slot, unless it is the last one.
    fn give_up(&self, slot: OwnedSemaphorePermit) -> Result<(), OwnedSemaphorePermit> {
        let smaller = |size: usize| size.checked_sub(1).filter(|size| *size > 0);
        match self.size.fetch_update(Ordering::Relaxed, Ordering::Relaxed, smaller) {
            Ok(_) => {
                slot.forget();
                Ok(())
            }
            Err(_) => Err(slot),
        }
    }

    fn pooled(
        self: &Arc<Self>,
        session: Arc<Session>,
        slot: OwnedSemaphorePermit,
    ) -> PooledSession {
        PooledSession { pool: Arc::clone(self), session, is_reusable: true, _slot: slot }
    }

    fn take_idle(&self) -> Option<Arc<Session>> {
        let mut idle = self.idle();
        while let Some(session) = idle.pop() {
            if !session.client.is_closed() {
                return Some(session);
            }
        }
        None
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Arc<Session>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PooledSession {
    /// Returns what the server told at the start of the session.
    pub(crate) fn parameters(&self) -> &ServerParameters {
        &self.session.parameters
    }

    /// Closes the session instead of returning it to the pool.
    pub(crate) fn discard(mut self) {
        self.is_reusable = false;
    }
}

impl Deref for PooledSession {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.session.client
    }
}

impl Drop for PooledSession {
    // The slot is released after this.
    fn drop(&mut self) {
        if self.is_reusable {
            self.pool.idle().push(Arc::clone(&self.session));
        }
    }
}

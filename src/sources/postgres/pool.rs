//! Pool of sessions. It uses as many sessions as the server grants: if the server refuses another
//! one, the pool keeps to those that it has, and the queries run one after the other.
//!
//! Deadpool keeps the sessions and opens them by the [`Connector`]. Its size is fixed, and a query
//! whose session is refused would fail although another session becomes free. So [`Pool`] decides
//! how many sessions may be in use; these are never more than deadpool's size, and its `get` never
//! waits for a session.

use std::collections::HashMap;
use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, ObjectId, QueueMode, RecyclingMethod};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_postgres::{Client, Config};

use super::connect::{self, ConnectFailure, Connector};
use super::errors;
use super::session::{ServerParameters, SessionState};
use crate::facts::{SourceError, SourceErrorKind as Kind};

/// Pauses before a refused first session is tried again: the server needs a moment to end the
/// sessions of the previous command.
const RETRY_PAUSES: [Duration; 3] =
    [Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// How long the first query of a session may take before idle sessions are closed. See [`Pool::run`].
const FIRST_ANSWER: Duration = Duration::from_millis(250);

/// Pool of sessions. Connects on demand.
pub(crate) struct Pool {
    sessions: deadpool_postgres::Pool,
    /// What is known about these sessions.
    states: Mutex<HashMap<ObjectId, Arc<SessionState>>>,
    /// One permit for each session that may be in use.
    slots: Arc<Semaphore>,
    /// Number of permits, used and free.
    size: AtomicUsize,
    /// Time limit for getting a session.
    limit: Duration,
}

/// Session of the pool; returned to it on drop.
pub struct PooledSession {
    // Before the slot: fields are dropped in this order, and the next user of the slot must find
    // the session idle.
    session: Object,
    state: Arc<SessionState>,
    _slot: OwnedSemaphorePermit,
}

impl Pool {
    /// Closes the sessions that are not in use, and refuses others.
    pub(super) fn close(&self) {
        self.sessions.close();
    }

    /// Creates a pool of at most `size` sessions without connecting.
    pub(crate) fn new(
        connector: Connector,
        size: usize,
        limit: Duration,
    ) -> Result<Arc<Self>, SourceError> {
        let size = size.max(1);
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        // The driver's configuration cannot express a DSN; the connector builds its own for each
        // host.
        let manager = Manager::from_connect(Config::new(), connector, recycling);
        let sessions = deadpool_postgres::Pool::builder(manager)
            .max_size(size)
            .queue_mode(QueueMode::Lifo)
            .build()
            .map_err(|error| SourceError::new(Kind::Other, error.to_string()))?;
        let slots = Arc::new(Semaphore::new(size));
        Ok(Arc::new(Self { sessions, states: Mutex::default(), slots, size: size.into(), limit }))
    }

    /// Returns a session: an idle one, a new one, or, if the server grants no other, the next one
    /// that becomes free.
    pub(crate) async fn get(&self) -> Result<PooledSession, SourceError> {
        let deadline = Instant::now() + self.limit;
        let mut pauses = RETRY_PAUSES.into_iter();
        loop {
            let slot = timeout_at(deadline, Arc::clone(&self.slots).acquire_owned()).await;
            let Ok(Ok(slot)) = slot else { return Err(errors::no_free_session(self.limit)) };
            match self.session(deadline).await {
                Ok((session, state)) => return Ok(PooledSession { session, state, _slot: slot }),
                Err(failure) if !failure.at_limit => return Err(failure.error),
                Err(failure) => {
                    if let Err(slot) = self.give_up(slot) {
                        drop(slot);
                        let pause = pauses.next().filter(|p| Instant::now() + *p < deadline);
                        sleep(pause.ok_or(failure.error)?).await;
                    }
                }
            }
        }
    }

    /// Returns a session if there is one besides those in use: never waits for another session to
    /// become free.
    pub(crate) async fn spare(&self) -> Option<PooledSession> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok()?;
        match self.session(Instant::now() + self.limit).await {
            Ok((session, state)) => Some(PooledSession { session, state, _slot: slot }),
            Err(failure) => {
                if failure.at_limit {
                    _ = self.give_up(slot);
                }
                None
            }
        }
    }

    /// Returns an idle session, or opens one. The future is boxed, because those of the commands
    /// contain it many times.
    fn session(
        &self,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<(Object, Arc<SessionState>), ConnectFailure>> {
        async move {
            match connect::with_deadline(deadline, self.sessions.get()).await {
                (Ok(session), opened) => {
                    let state = self.state(Object::id(&session), opened.and_then(Result::ok));
                    Ok((session, state))
                }
                (Err(_), Some(Err(failure))) => Err(failure),
                (Err(error), _) => Err(SourceError::new(Kind::Other, error.to_string()).into()),
            }
        }
        .boxed()
    }

    /// Returns what is known about a session, which was either just opened with this state or idle.
    fn state(&self, id: ObjectId, opened: Option<Arc<SessionState>>) -> Arc<SessionState> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = opened else {
            return states.get(&id).map(Arc::clone).unwrap_or_default();
        };
        // Forgets the sessions that have ended.
        states.retain(|_, state| Arc::strong_count(state) > 1);
        states.insert(id, Arc::clone(&state));
        state
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
        if session.state.has_answered() {
            return queries.await;
        }
        let mut queries = pin!(queries);
        loop {
            match timeout(FIRST_ANSWER, &mut queries).await {
                Ok(result) => {
                    session.state.set_answered();
                    return result;
                }
                Err(_) => drop(self.sessions.retain(|_, _| false)),
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
}

impl PooledSession {
    /// Returns what the server told at the start of the session.
    pub(crate) fn parameters(&self) -> &ServerParameters {
        &self.state.parameters
    }

    /// Closes the session instead of returning it to the pool.
    pub(crate) fn discard(self) {
        drop(Object::take(self.session));
    }
}

impl Deref for PooledSession {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.session
    }
}

//! What a layout means for writing: which words to write, which columns to remember.

use std::time::Duration;

use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Events, Layout};

/// Stages that mean "waits again", best first.
const ENQUEUED: [&str; 2] = ["enqueued", "queued"];
/// Stages of an undo, best first: anything but `failed`, which dashboards count.
const PROGRESS: [&str; 2] = ["progress", "enqueued"];

/// How an event is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStage {
    /// The value of its stage column.
    pub word: String,
    /// Its column of details.
    pub data: String,
}

/// The words and columns of one layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequeueColumns {
    /// The value of dead jobs.
    pub dead: String,
    /// The value of waiting jobs.
    pub waiting: String,
    /// Every column that a requeue writes or an undo must find unchanged.
    pub columns: Vec<String>,
    /// The event of a requeue; none where events cannot be written.
    pub enqueued: Option<EventStage>,
    /// The event of an undo.
    pub progress: Option<EventStage>,
    /// Jobs become due one by one over this span; none: at once.
    pub spread: Option<Duration>,
}

impl RequeueColumns {
    /// Reads a layout.
    ///
    /// # Errors
    /// [`SourceErrorKind::UnknownLayout`] where there are no dead letters, or no word for waiting.
    pub fn new(layout: &Layout) -> Result<Self, SourceError> {
        if let Some(why) = layout.no_dead_letters() {
            return Err(SourceError::new(SourceErrorKind::UnknownLayout, why)
                .hint("failed jobs are counted by: cliplyctl queue"));
        }
        let waiting = &layout.vocabulary.waiting;
        let waiting = waiting.iter().find(|w| *w == "queued").or(waiting.first());
        let (Some(dead), Some(waiting)) = (layout.vocabulary.dead.first(), waiting) else {
            return Err(SourceError::new(
                SourceErrorKind::UnknownLayout,
                format!(
                    "no value of \"{}\" means waiting: nothing can be requeued",
                    layout.state_column
                ),
            ));
        };
        let events = layout.events.as_ref();
        Ok(Self {
            dead: dead.clone(),
            waiting: waiting.clone(),
            columns: columns(layout),
            enqueued: events.and_then(|e| stage(e, &ENQUEUED)),
            progress: events.and_then(|e| stage(e, &PROGRESS)),
            spread: None,
        })
    }

    /// The same, but jobs become due one by one over this span.
    #[must_use]
    pub fn over(&self, spread: Option<Duration>) -> Self {
        Self { spread, ..self.clone() }
    }

    /// When a requeued job becomes due, in SQL: each job has its own place in the span, the same
    /// whoever asks and however often.
    #[must_use]
    pub fn due_at(&self) -> String {
        match self.spread {
            None => "now()".to_owned(),
            Some(span) => format!(
                "now() + interval '1 microsecond' \
                 * (('x' || left(md5(job.id::text), 7))::bit(28)::int / 268435456.0 * {})",
                span.as_micros()
            ),
        }
    }
}

fn columns(layout: &Layout) -> Vec<String> {
    let error = layout.error.as_ref().map(|column| column.name.clone());
    let single = [
        &layout.attempts,
        &layout.locked_by,
        &layout.locked_at,
        &layout.heartbeat,
        &layout.updated,
        &layout.last_error,
        &error,
    ];
    let mut columns = vec![layout.state_column.clone()];
    columns.extend(layout.due.iter().cloned());
    columns.extend(single.into_iter().flatten().cloned());
    columns
}

/// The first of these words that the CHECK allows; all of them where there is none.
pub(crate) fn stage(events: &Events, words: &[&str]) -> Option<EventStage> {
    let allowed = |word: &str| events.stages.as_ref().is_none_or(|s| s.iter().any(|a| a == word));
    let word = words.iter().find(|word| allowed(word))?;
    Some(EventStage { word: (*word).to_owned(), data: events.data.clone()? })
}

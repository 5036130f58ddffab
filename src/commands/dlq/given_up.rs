//! Failed jobs that no function claims again: dead letters by another name, which `dlq list` and `dlq groups` show
//! under their own heading.

use std::time::Duration;

use crate::context::Context;
use crate::error::Error;
use crate::facts::dead_letter::GivenUpStates;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, Lifecycle, Meaning};
use crate::redact;
use crate::sources::postgres::Database;
use crate::sources::postgres::dead_letters as source;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

const NO_INDEX: &str = "no index serves their states (queue --exact counts them)";
const TIME_LIMIT: &str = "time limit reached";

/// What is known about given-up jobs.
pub(crate) enum GivenUp {
    /// There are none, or no claim function shows that there are.
    None,
    /// They were not read, for this reason.
    NotExamined(&'static str),
    /// Jobs are in these states.
    In(GivenUpStates),
}

/// Whether there are failed jobs.
pub(crate) enum FailedJobs {
    /// There are none.
    None,
    /// There are some.
    Some,
    /// Only a scan of a large table could tell.
    NotExamined,
}

impl FailedJobs {
    pub(crate) async fn read(
        database: &Database,
        layout: &Layout,
        timeout: Duration,
    ) -> Result<Self, SourceError> {
        let failed = &layout.state_names.failed;
        if failed.is_empty() {
            return Ok(Self::None);
        }
        if !layout.is_small() && !layout.has_partial_index(failed, &[]) {
            return Ok(Self::NotExamined);
        }
        let exist = source::exist(database, layout, failed, timeout).await?;
        Ok(if exist { Self::Some } else { Self::None })
    }
}

impl GivenUp {
    /// Reads the states.
    pub(crate) async fn read(context: &Context, layout: &Layout) -> Result<Self, Error> {
        let failed = FailedJobs::read(context.database().await?, layout, context.remaining());
        Self::of(context, failed.await?, false).await
    }

    /// Reads the states, if jobs failed: the functions that claim jobs decide whether they are given up. If the dead
    /// letters took all the time, what was read of them is shown without the given-up jobs.
    pub(crate) async fn of(
        context: &Context,
        failed: FailedJobs,
        is_time_over: bool,
    ) -> Result<Self, Error> {
        match failed {
            FailedJobs::None => return Ok(Self::None),
            FailedJobs::NotExamined => return Ok(Self::NotExamined(NO_INDEX)),
            FailedJobs::Some if is_time_over => return Ok(Self::NotExamined(TIME_LIMIT)),
            FailedJobs::Some => {}
        }
        let claims = context.claims().await?;
        if claims.given_up.is_empty() {
            return Ok(Self::None);
        }
        let (states, functions) = (claims.given_up.clone(), claims.functions.clone());
        Ok(Self::In(GivenUpStates { states, functions }))
    }

    /// The states, if jobs are in them.
    pub(crate) fn states(&self) -> Option<&GivenUpStates> {
        match self {
            Self::In(states) => Some(states),
            Self::None | Self::NotExamined(_) => None,
        }
    }

    /// What the report says about the jobs that were not examined.
    pub(crate) fn not_examined(&self) -> Option<(String, String)> {
        match self {
            Self::NotExamined(why) => Some(("failed jobs".to_owned(), (*why).to_owned())),
            Self::None | Self::In(_) => None,
        }
    }
}

/// What the report says about jobs that may be dead letters although their state has no known meaning, and about dead
/// letters that may have been removed.
///
/// # Errors
/// If `is_empty` and jobs are in such states: an empty list would say that there are no dead letters.
pub(crate) fn doubts(layout: &Layout, is_empty: bool) -> Result<Vec<(String, String)>, Error> {
    let mut doubts = vec![];
    if let Some(reason) = layout.unread(Lifecycle::Dead, &[Meaning::Removal]) {
        doubts.push(("whether listed jobs were removed".to_owned(), reason));
    }
    if layout.unknown_states.is_empty() {
        return Ok(doubts);
    }
    let names: Vec<_> = layout.unknown_states.iter().map(|name| redact::text(name)).collect();
    let names = text::some_of(&names, 3);
    if is_empty {
        let message = format!(
            "no job is known to be dead, and jobs are in a state unknown to this tool, which may mean dead: {names}"
        );
        let hint = CommandText::to("list them", ShellCommand::new("jobs list --state unknown"))
            .text("; to declare what states mean: ")
            .command(ShellCommand::new("config check"));
        return Err(SourceError::new(SourceErrorKind::UnknownLayout, message).hint(hint).into());
    }
    let what = format!("jobs in unknown states ({names})");
    doubts.push((what, "they may be dead letters".to_owned()));
    Ok(doubts)
}

/// Refuses a table without dead letters, unless jobs are given up.
pub(crate) fn required(layout: &Layout, given_up: &GivenUp) -> Result<(), Error> {
    match given_up.states() {
        Some(_) => Ok(()),
        None => Ok(source::required(layout)?),
    }
}

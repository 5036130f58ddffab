//! Failed jobs that no function claims again: dead letters by another name, which `dlq list` and `dlq groups` show
//! under their own heading.

use std::time::Duration;

use crate::context::Context;
use crate::error::Error;
use crate::facts::SourceError;
use crate::facts::dead_letter::GivenUpStates;
use crate::queue::Layout;
use crate::sources::postgres::Database;
use crate::sources::postgres::dead_letters as source;

/// What is known about given-up jobs.
pub(crate) enum GivenUp {
    /// There are none, or no claim function shows that there are.
    None,
    /// Only a scan of a large table could tell.
    NotExamined,
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
        Self::of(context, failed.await?).await
    }

    /// Reads the states, if jobs failed: the functions that claim jobs decide whether they are given up.
    pub(crate) async fn of(context: &Context, failed: FailedJobs) -> Result<Self, Error> {
        match failed {
            FailedJobs::None => return Ok(Self::None),
            FailedJobs::NotExamined => return Ok(Self::NotExamined),
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
            Self::None | Self::NotExamined => None,
        }
    }

    /// What the report says about the jobs that were not examined.
    pub(crate) fn not_examined(&self) -> Option<(String, String)> {
        let is_examined = !matches!(self, Self::NotExamined);
        (!is_examined).then(|| {
            (
                "failed jobs".to_owned(),
                "no index serves their states (queue --exact counts them)".to_owned(),
            )
        })
    }
}

/// Refuses a table without dead letters, unless jobs are given up.
pub(crate) fn required(layout: &Layout, given_up: &GivenUp) -> Result<(), Error> {
    match given_up.states() {
        Some(_) => Ok(()),
        None => Ok(source::required(layout)?),
    }
}

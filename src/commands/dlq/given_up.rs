//! Failed jobs that are not tried again: dead letters by another name, which `dlq list` and `dlq groups` show under their
//! own heading.

use std::time::Duration;

use crate::context::Context;
use crate::error::Error;
use crate::facts::dead_letter::GivenUpStates;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Fate, Layout, Lifecycle, Meaning};
use crate::redact;
use crate::report::Report;
use crate::sources::postgres::Database;
use crate::sources::postgres::dead_letters as source;
use crate::sources::postgres::queue::fates;
use crate::suggest::{CommandText, ShellCommand};
use crate::text;

const NO_INDEX: &str = "no index serves their states (queue --exact counts them)";
const TIME_LIMIT: &str = "time limit reached";
const NOT_SHOWN: &str = "nothing shows whether they are tried again";

/// What is known about given-up jobs.
#[derive(Default)]
pub(crate) struct GivenUp {
    /// States with such jobs, and the condition for these as SQL.
    states: Option<(GivenUpStates, String)>,
    /// Number of failed jobs of which nothing shows whether they are tried again.
    unknown: u64,
    /// Why failed jobs were not read.
    not_examined: Option<&'static str>,
}

/// Whether there are failed jobs.
pub(crate) enum FailedJobs {
    /// There are none, or all of them are tried again.
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
        // A declaration and a package say themselves which jobs are dead letters.
        if failed.is_empty() || layout.declared.is_some() {
            return Ok(Self::None);
        }
        if !layout.is_small() && !layout.has_partial_index(failed, &[]) {
            return Ok(Self::NotExamined);
        }
        let exist = fates::failed_exist(database, layout, timeout).await?;
        Ok(if exist { Self::Some } else { Self::None })
    }
}

impl GivenUp {
    /// Reads the states.
    pub(crate) async fn read(context: &Context, layout: &Layout) -> Result<Self, Error> {
        let failed = FailedJobs::read(context.database().await?, layout, context.remaining());
        Self::of(context, failed.await?, false).await
    }

    /// Reads the states, if jobs failed. If the dead letters took all the time, what was read of them is shown without
    /// the given-up jobs.
    pub(crate) async fn of(
        context: &Context,
        failed: FailedJobs,
        is_time_over: bool,
    ) -> Result<Self, Error> {
        let not_examined = |why| Ok(Self { not_examined: Some(why), ..Self::default() });
        match failed {
            FailedJobs::None => return Ok(Self::default()),
            FailedJobs::NotExamined => return not_examined(NO_INDEX),
            FailedJobs::Some if is_time_over => return not_examined(TIME_LIMIT),
            FailedJobs::Some => {}
        }
        let (layout, claims) = (context.layout().await?, context.claims().await?);
        let (database, timeout) = (context.database().await?, context.remaining());
        let fates = match fates::read(database, layout, &claims.retries, None, timeout).await {
            Err(error) if error.kind == SourceErrorKind::Timeout => {
                return not_examined(TIME_LIMIT);
            }
            fates => fates?,
        };
        let is_not_claimed = |fate| fate == Fate::NotClaimed;
        let states = GivenUpStates {
            states: fates.states(layout, Fate::is_given_up),
            not_claimed: fates.states(layout, is_not_claimed),
            functions: match fates.count(is_not_claimed) {
                0 => vec![],
                _ => claims.functions.clone(),
            },
        };
        let jobs = claims.retries.is_given_up(layout).filter(|_| !states.states.is_empty());
        Ok(Self {
            states: jobs.map(|jobs| (states, jobs)),
            unknown: fates.count(|fate| fate == Fate::Unknown),
            not_examined: None,
        })
    }

    /// The states, if jobs are in them, and the condition for these jobs.
    pub(crate) fn states(&self) -> Option<(&GivenUpStates, &str)> {
        self.states.as_ref().map(|(states, jobs)| (states, jobs.as_str()))
    }

    /// Names in a report what was not examined: failed jobs, and these doubts.
    pub(crate) fn name_what_is_missing(&self, report: &mut Report, doubts: Vec<(String, String)>) {
        let failed = match self.not_examined {
            Some(why) => Some(("failed jobs".to_owned(), why.to_owned())),
            None if self.unknown > 0 => Some((self.unknown_jobs(), NOT_SHOWN.to_owned())),
            None => None,
        };
        for (what, why) in failed.into_iter().chain(doubts) {
            report.document.note(format!("Not examined: {what}: {why}."));
            report.not_examined.push((what, why));
        }
    }

    /// `5 failed jobs`
    fn unknown_jobs(&self) -> String {
        text::plural(self.unknown, "failed job", "failed jobs")
    }

    /// Refuses a table without dead letters, unless jobs are given up.
    pub(crate) fn require_some(&self, layout: &Layout) -> Result<(), Error> {
        match (&self.states, layout.no_dead_letters()) {
            (None, Some(_)) if self.unknown > 0 => {
                let failed = self.unknown_jobs();
                let message = format!("this table has no dead letters; {failed}: {NOT_SHOWN}");
                let declare =
                    ShellCommand::new("config check --declare").arg(&layout.relation.name);
                let list = ShellCommand::new("jobs list --state failed");
                let hint = CommandText::to("list them", list)
                    .text("; to declare which states are tried again: ")
                    .command(declare);
                Err(SourceError::new(SourceErrorKind::UnknownLayout, message).hint(hint).into())
            }
            (None, _) => Ok(source::required(layout)?),
            (Some(_), _) => Ok(()),
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
    if let Some(column) = &layout.unread_error {
        let declare = format!("config check --declare {}", layout.relation.name);
        let why = format!("column {} is not read ({declare})", redact::text(column));
        doubts.push(("errors".to_owned(), why));
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

//! Reads what a target means, row by row: a plan keeps ids, not jobs.

use std::collections::{HashMap, HashSet};
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::repeat_failures::RepeatFailures;
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{
    Excluded, PlanOptions, PlanSample, PlanSkip, PlannedGroup, Target, UNGROUPED,
};
use crate::fingerprint::Fingerprint;
use crate::queue::{Layout, sql};
use crate::redact;
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types::id;
use crate::sources::postgres::selection::{self, Conditions};

/// Jobs that a plan shows.
const SAMPLES: usize = 5;
/// Left-out jobs that a plan names, by reason.
const NAMED: usize = 1_000;
/// Groups that are kept apart; a desk of more causes than this has none in particular.
const GROUPS: usize = 10_000;
/// Characters of an error that a sample shows.
const ERROR_CHARS: usize = 300;

/// What a target means at this moment.
#[derive(Debug, Default)]
pub struct PlanRows {
    /// How many jobs.
    pub matched: u64,
    /// Those that may be requeued: with a limit the latest deaths, first of all; else as they lie on
    /// disk, so that a batch writes neighbours.
    pub ids: Vec<JobId>,
    /// The place in `groups` of each of them.
    pub causes: Vec<u32>,
    /// Those that may not.
    pub excluded: Vec<(PlanSkip, u64, Vec<Excluded>)>,
    /// By cause, largest first.
    pub groups: Vec<PlannedGroup>,
    /// Some of them.
    pub samples: Vec<PlanSample>,
}

/// What decides about each row.
pub struct PlanRules<'a> {
    /// The table.
    pub layout: &'a Layout,
    /// What is meant.
    pub target: &'a Target,
    /// How.
    pub options: &'a PlanOptions,
    /// Who was requeued before.
    pub offenders: &'a RepeatFailures,
    /// Jobs that the operation which is being resumed requeued already.
    pub done: &'a HashSet<JobId>,
}

/// Reads the target.
///
/// # Errors
/// The database's.
pub async fn read(
    db: &Database,
    judge: &PlanRules<'_>,
    timeout: Duration,
) -> Result<PlanRows, SourceError> {
    let (conditions, ids) = match judge.target {
        Target::Filter(selection) => (Conditions::new(judge.layout, selection), None),
        Target::Ids(ids) => (by_id(judge.layout, ids), Some(ids)),
    };
    let changed = sql::changed(judge.layout);
    let latest_first = format!("{changed} desc, jobs.id desc");
    let order =
        if judge.options.max.is_some() { &latest_first } else { "jobs.tableoid, jobs.ctid" };
    let statement = format!(
        "select id::text as id, {live}::text as live, {fingerprint}, \
                left({error}, {ERROR_CHARS}) as shown, extract(epoch from {changed})::float8 as died \
           from public.jobs where {conditions} order by {order}",
        live = sql::ident(&judge.layout.state_column),
        fingerprint = selection::fingerprint_columns(judge.layout),
        error = sql::error_text(judge.layout),
        conditions = conditions.sql(),
    );
    let mut tally = PlanBuilder::default();
    db.read(timeout, async |tx| {
        let mut rows = pin!(tx.query_typed_raw(&statement, conditions.params()).await?);
        while let Some(row) = rows.try_next().await? {
            tally.row(judge, &row)?;
        }
        Ok(())
    })
    .await?;
    if let Some(ids) = ids {
        tally.missing(ids);
    }
    Ok(tally.finish())
}

fn by_id(layout: &Layout, ids: &[JobId]) -> Conditions {
    let mut conditions = Conditions::default();
    let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let values = conditions.bind(texts, Type::TEXT_ARRAY);
    conditions.push(format!("id = any({values}::{}[])", layout.id.sql()));
    conditions
}

#[derive(Default)]
struct PlanBuilder {
    found: PlanRows,
    /// By hash, in the order in which they were met: their number and what they are.
    groups: HashMap<String, (u32, PlannedGroup)>,
    seen: HashSet<JobId>,
    /// When the samples died.
    died: Vec<f64>,
}

impl PlanBuilder {
    fn row(&mut self, judge: &PlanRules<'_>, row: &Row) -> Result<(), SourceError> {
        let id = id(row.get("id"), judge.layout.id)?;
        let fingerprint = selection::fingerprint(row);
        let explicit = match judge.target {
            Target::Ids(_) => self.seen.insert(id),
            Target::Filter(selection) if !selection::in_group(selection, &fingerprint) => {
                return Ok(());
            }
            Target::Filter(_) => false,
        };
        self.found.matched += 1;
        let live: Option<&str> = row.get("live");
        let kind: &str = row.get::<_, Option<&str>>("fp_kind").unwrap_or("");
        let dead = live.is_some_and(|l| judge.layout.vocabulary.dead.iter().any(|d| d == l));
        let full = judge.options.max.is_some_and(|max| self.found.ids.len() as u64 >= max);
        let offends = || {
            !judge.options.include_repeat_offenders
                && judge.offenders.holds(id, kind, &fingerprint.hash)
        };
        let exclusion = if judge.done.contains(&id) {
            Some(PlanSkip::AlreadyRequeued)
        } else if explicit && !dead {
            Some(PlanSkip::NotDead)
        } else if offends() {
            Some(PlanSkip::RepeatFailure)
        } else if full {
            Some(PlanSkip::OverMax)
        } else {
            None
        };
        if let Some(reason) = exclusion {
            self.exclude(reason, Excluded { id, state: live.map(str::to_owned) });
            return Ok(());
        }
        self.found.ids.push(id);
        self.sample(id, kind, row);
        let number = self.grouped(kind, fingerprint);
        self.found.causes.push(number);
        Ok(())
    }

    /// Counts a job in its group; returns the group's number.
    fn grouped(&mut self, kind: &str, fingerprint: Fingerprint) -> u32 {
        let next = self.groups.len();
        if let Some((number, group)) = self.groups.get_mut(&fingerprint.hash) {
            group.jobs += 1;
            return *number;
        }
        if next >= GROUPS {
            return UNGROUPED;
        }
        let Fingerprint { hash, code, template } = fingerprint;
        let group = PlannedGroup {
            group: hash.clone(),
            kind: kind.to_owned(),
            code,
            cause: template,
            jobs: 1,
        };
        self.groups.insert(hash, (next as u32, group));
        next as u32
    }

    /// Keeps the latest deaths to show.
    fn sample(&mut self, id: JobId, kind: &str, row: &Row) {
        let died: f64 = row.get::<_, Option<f64>>("died").unwrap_or(f64::NEG_INFINITY);
        let at = self.died.partition_point(|other| *other >= died);
        if at < SAMPLES {
            let error = row.get::<_, Option<&str>>("shown").map(redact::text).unwrap_or_default();
            self.died.insert(at, died);
            self.found.samples.insert(at, PlanSample { id, kind: kind.to_owned(), error });
            self.died.truncate(SAMPLES);
            self.found.samples.truncate(SAMPLES);
        }
    }

    fn missing(&mut self, ids: &[JobId]) {
        for &id in ids {
            if !self.seen.contains(&id) {
                self.found.matched += 1;
                self.exclude(PlanSkip::Missing, Excluded { id, state: None });
            }
        }
    }

    fn exclude(&mut self, reason: PlanSkip, job: Excluded) {
        let all = &mut self.found.excluded;
        let at = all.iter().position(|(r, ..)| *r == reason).unwrap_or_else(|| {
            all.push((reason, 0, vec![]));
            all.len() - 1
        });
        let (_, count, named) = &mut all[at];
        *count += 1;
        if named.len() < NAMED {
            named.push(job);
        }
    }

    fn finish(mut self) -> PlanRows {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        groups.sort_by(|(_, a), (_, b)| b.jobs.cmp(&a.jobs).then_with(|| a.group.cmp(&b.group)));
        let places = groups.iter().zip(0..).map(|((number, _), place)| (*number, place));
        let places: HashMap<u32, u32> = places.collect();
        for cause in &mut self.found.causes {
            *cause = places.get(cause).copied().unwrap_or(UNGROUPED);
        }
        self.found.groups = groups.into_iter().map(|(_, group)| group).collect();
        self.found
    }
}

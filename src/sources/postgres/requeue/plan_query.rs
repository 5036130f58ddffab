//! Reads the jobs of a requeue target row by row and decides which of them are part of the plan.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::RequeueColumns;
use super::repeat_failures::RepeatFailures;
use super::statements::change_mark;
use super::stored::TableTraits;
use super::unique::{self, UniqueIndex};
use crate::facts::SourceError;
use crate::facts::job_id::JobId;
use crate::facts::requeue::{
    PlanOptions, PlanSample, PlanSkip, PlannedGroup, SkippedJob, Target, UNGROUPED,
};
use crate::fingerprint::Fingerprint;
use crate::queue::package::PLACE;
use crate::queue::{Declared, Layout, sql};
use crate::redact;
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types;
use crate::sources::postgres::row_types::id;
use crate::sources::postgres::selection::{self, Conditions};

/// Number of jobs that a plan shows.
const SAMPLES: usize = 5;
/// Maximum number of skipped jobs that a plan lists for each reason.
const NAMED: usize = 1_000;
/// Maximum number of groups; jobs of further causes are not grouped.
const GROUPS: usize = 10_000;
/// Maximum number of characters of an error that a sample shows.
const ERROR_CHARS: usize = 300;

/// Jobs of a target at the time of the query.
#[derive(Debug, Default)]
pub(crate) struct PlanRows {
    /// Number of jobs that match the target.
    pub(crate) matched: u64,
    /// Ids of the jobs to requeue: the most recently changed first if there is a limit, otherwise
    /// in their order on disk, so that a transaction writes adjacent rows.
    pub(crate) ids: Vec<JobId>,
    /// Change mark of each of these jobs.
    pub(crate) marks: Vec<i64>,
    /// Value of the partition key of each of these jobs; empty if jobs are not partitioned, or one has none.
    pub(crate) places: Vec<String>,
    /// Index into `groups` for each of these jobs.
    pub(crate) causes: Vec<u32>,
    /// Skipped jobs: the reason, the number of jobs, and up to `NAMED` of them.
    pub(crate) excluded: Vec<(PlanSkip, u64, Vec<SkippedJob>)>,
    /// Groups of the jobs to requeue, largest first.
    pub(crate) groups: Vec<PlannedGroup>,
    /// Most recently changed jobs to requeue.
    pub(crate) samples: Vec<PlanSample>,
    /// Seconds until the first of the jobs to requeue is deleted, if dead letters are.
    pub(crate) first_deletion: Option<f64>,
    /// What will hold up jobs to requeue although they are due, with their number.
    pub(crate) held_up: BTreeMap<String, u64>,
}

/// Rules that decide whether a row is part of the plan.
pub(crate) struct PlanRules<'a> {
    /// Layout of the table.
    pub(crate) layout: &'a Layout,
    /// Jobs that were requested.
    pub(crate) target: &'a Target,
    /// Options of the plan.
    pub(crate) options: &'a PlanOptions,
    /// Jobs that were requeued before and failed again.
    pub(crate) repeat_failures: &'a RepeatFailures,
    /// Jobs that a resumed operation has already requeued.
    pub(crate) requeued: &'a HashSet<JobId>,
    /// Columns of the change mark.
    pub(crate) columns: &'a RequeueColumns,
    /// What the tables allow to rely on.
    pub(crate) traits: &'a TableTraits,
    /// Change marks of a stored plan; empty if there is none.
    pub(crate) planned_marks: &'a HashMap<JobId, i64>,
}

/// Reads the jobs of the target and applies the rules.
pub(crate) async fn read(
    db: &Database,
    rules: &PlanRules<'_>,
    unique: &[UniqueIndex],
    timeout: Duration,
) -> Result<PlanRows, SourceError> {
    // Of a package whose jobs are not written, nothing about written rows is read.
    let is_written = |declared: &&Declared| {
        declared.package.as_ref().is_some_and(|package| package.read_only.is_none())
    };
    let package = rules.layout.declared.as_ref().filter(is_written);
    let has_place = package.is_some_and(|declared| declared.has_column(PLACE));
    let jobs = rules.layout.rows_as("jobs");
    let join = package.map(|declared| unique::join(rules.layout, declared, unique));
    let (conditions, ids) = match rules.target {
        Target::Filter(selection) => (Conditions::new(rules.layout, selection), None),
        Target::Ids(ids) => (id_conditions(rules.layout, ids), Some(ids)),
    };
    let changed = sql::dead_since(rules.layout);
    let latest_first = format!("{changed} desc, jobs.id desc");
    let order = match rules.options.max {
        Some(_) => &latest_first,
        None if rules.layout.declared.is_some() => "jobs.id",
        None if !rules.traits.has_transactions => "jobs.id",
        None => "jobs.tableoid, jobs.ctid",
    };
    let statement = format!(
        "select id::text as id, {live}::text as live, {fingerprint}, \
                left({error}, {ERROR_CHARS}) as shown, extract(epoch from {changed})::float8 as died, \
                {mark} as mark, {place} as place, {requeued}, {deleted} as deleted_in \
           from {jobs}{join} where {conditions} order by {order}",
        live = sql::ident(&rules.layout.state_column),
        fingerprint = selection::fingerprint_columns(rules.layout),
        error = sql::error_text(rules.layout),
        conditions = conditions.sql(),
        place = match &rules.traits.partition_key {
            Some(key) => format!("{}::text", sql::ident(&key.column)),
            None if has_place => format!("jobs.{PLACE}"),
            None => "null::text".to_owned(),
        },
        requeued = match package {
            Some(_) =>
                "requeued.conflict, requeued.unique_keys, requeued.refused, requeued.held_up",
            None => {
                "null::text as conflict, null::text[] as unique_keys, null::text as refused, null::text as held_up"
            }
        },
        deleted = sql::deleted_in(rules.layout),
        join = join.unwrap_or_default(),
        mark = match &rules.layout.declared {
            // The version of the row: the columns of a declared table are expressions. A view has none, and is not
            // written.
            Some(declared) if declared.is_table => {
                format!("jobs.{}::bigint", sql::ident(Declared::VERSION))
            }
            Some(_) => "0::bigint".to_owned(),
            None => change_mark(rules.layout, "jobs", &rules.columns.columns),
        },
    );
    let mut builder = PlanBuilder::default();
    db.read(timeout, async |tx| {
        let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
        let mut rows = pin!(selection::with_fingerprints(rows));
        while let Some((row, fingerprint)) = rows.try_next().await? {
            builder.add_row(rules, &row, fingerprint)?;
        }
        Ok(())
    })
    .await?;
    if let Some(ids) = ids {
        builder.add_missing(ids);
    }
    Ok(builder.finish())
}

/// The unique keys that the job of this row will hold.
fn unique_keys(row: &Row) -> Vec<String> {
    row.get::<_, Option<Vec<String>>>("unique_keys").unwrap_or_default()
}

fn id_conditions(layout: &Layout, ids: &[JobId]) -> Conditions {
    let mut conditions = Conditions::default();
    let texts: Vec<_> = ids.iter().map(ToString::to_string).collect();
    let values = conditions.bind(texts, Type::TEXT_ARRAY);
    conditions.push(format!("id = any({values}::{}[])", layout.id.sql()));
    conditions
}

/// Plan that is being built.
#[derive(Default)]
struct PlanBuilder {
    plan: PlanRows,
    /// Groups by hash, each with its number in the order of first occurrence.
    groups: HashMap<String, (u32, PlannedGroup)>,
    /// Explicitly requested ids that exist.
    found: HashSet<JobId>,
    /// Last changes of the samples, in seconds since 1970.
    sample_times: Vec<f64>,
    /// Unique keys that the jobs to requeue will hold.
    unique_keys: HashSet<String>,
}

impl PlanBuilder {
    /// Adds a row to the plan or to the skipped jobs.
    fn add_row(
        &mut self,
        rules: &PlanRules<'_>,
        row: &Row,
        fingerprint: Fingerprint,
    ) -> Result<(), SourceError> {
        let id = id(row.get("id"), rules.layout.id)?;
        let explicit = match rules.target {
            Target::Ids(_) => self.found.insert(id),
            Target::Filter(selection) if !selection::in_group(selection, &fingerprint) => {
                return Ok(());
            }
            Target::Filter(_) => false,
        };
        self.plan.matched += 1;
        let state: Option<&str> = row.get("live");
        let kind = &row_types::text(row, "fp_kind").unwrap_or_default();
        let is_dead = state
            .is_some_and(|state| rules.layout.state_names.dead.iter().any(|dead| dead == state));
        let full = rules.options.max.is_some_and(|max| self.plan.ids.len() as u64 >= max);
        let is_repeat_failure = || {
            !rules.options.include_repeat_failures
                && rules.repeat_failures.contains(id, kind, &fingerprint.hash)
        };
        let mark: i64 = row.get("mark");
        let refused = row_types::text(row, "refused");
        let conflict = row_types::text(row, "conflict").or_else(|| self.twin(row));
        let skip = if rules.requeued.contains(&id) {
            Some(PlanSkip::AlreadyRequeued)
        } else if explicit && !is_dead {
            Some(PlanSkip::NotDead)
        } else if rules.planned_marks.get(&id).is_some_and(|planned| *planned != mark) {
            Some(PlanSkip::Changed)
        } else if is_repeat_failure() {
            Some(PlanSkip::RepeatFailure)
        } else if refused.is_some() {
            Some(PlanSkip::Refused)
        } else if conflict.is_some() {
            Some(PlanSkip::Conflict)
        } else if full {
            Some(PlanSkip::OverMax)
        } else {
            None
        };
        if let Some(reason) = skip {
            let why = match reason {
                PlanSkip::Refused => refused,
                PlanSkip::Conflict => conflict,
                _ => state.map(str::to_owned),
            };
            self.skip(reason, SkippedJob { id, state: why });
            return Ok(());
        }
        self.unique_keys.extend(unique_keys(row));
        let deletion =
            row.get::<_, Option<f64>>("deleted_in").filter(|seconds| seconds.is_finite());
        self.plan.first_deletion =
            [self.plan.first_deletion, deletion].into_iter().flatten().reduce(f64::min);
        if let Some(why) = row_types::text(row, "held_up") {
            *self.plan.held_up.entry(why).or_default() += 1;
        }
        self.plan.ids.push(id);
        self.plan.marks.push(mark);
        self.plan.places.extend(row.get::<_, Option<String>>("place"));
        self.add_sample(id, kind, row);
        let number = self.add_to_group(kind, fingerprint);
        self.plan.causes.push(number);
        Ok(())
    }

    /// Why an earlier job of the plan will hold a unique key of this one, if one will.
    fn twin(&self, row: &Row) -> Option<String> {
        let key = unique_keys(row).into_iter().find(|key| self.unique_keys.contains(key))?;
        let index = redact::text(key.rsplit_once(':').map_or("", |(index, _)| index));
        Some(format!("{index}: an earlier job of this plan has the same key"))
    }

    /// Counts a job in its group and returns the group's number.
    fn add_to_group(&mut self, kind: &str, fingerprint: Fingerprint) -> u32 {
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
            recent: None,
            is_undated: false,
        };
        self.groups.insert(hash, (next as u32, group));
        next as u32
    }

    /// Adds a job to the samples if it was changed more recently than one of them.
    fn add_sample(&mut self, id: JobId, kind: &str, row: &Row) {
        let time: f64 = row.get::<_, Option<f64>>("died").unwrap_or(f64::NEG_INFINITY);
        let at = self.sample_times.partition_point(|other| *other >= time);
        if at < SAMPLES {
            let error = row_types::text(row, "shown").unwrap_or_default();
            self.sample_times.insert(at, time);
            self.plan.samples.insert(at, PlanSample { id, kind: kind.to_owned(), error });
            self.sample_times.truncate(SAMPLES);
            self.plan.samples.truncate(SAMPLES);
        }
    }

    /// Adds the requested ids that do not exist to the skipped jobs.
    fn add_missing(&mut self, ids: &[JobId]) {
        for &id in ids {
            if !self.found.contains(&id) {
                self.plan.matched += 1;
                self.skip(PlanSkip::Missing, SkippedJob { id, state: None });
            }
        }
    }

    /// Counts a skipped job under its reason.
    fn skip(&mut self, reason: PlanSkip, job: SkippedJob) {
        let skipped = &mut self.plan.excluded;
        let at = skipped.iter().position(|(other, ..)| *other == reason).unwrap_or_else(|| {
            skipped.push((reason, 0, vec![]));
            skipped.len() - 1
        });
        let (_, count, named) = &mut skipped[at];
        *count += 1;
        if named.len() < NAMED {
            named.push(job);
        }
    }

    /// Sorts the groups and returns the plan.
    fn finish(mut self) -> PlanRows {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        groups.sort_by(|(_, a), (_, b)| b.jobs.cmp(&a.jobs).then_with(|| a.group.cmp(&b.group)));
        let indices = groups.iter().zip(0..).map(|((number, _), index)| (*number, index));
        let indices: HashMap<u32, u32> = indices.collect();
        for cause in &mut self.plan.causes {
            *cause = indices.get(cause).copied().unwrap_or(UNGROUPED);
        }
        self.plan.groups = groups.into_iter().map(|(_, group)| group).collect();
        if self.plan.places.len() < self.plan.ids.len() {
            self.plan.places.clear();
        }
        self.plan
    }
}

//! A timeline of snapshots in buckets of equal length. A bucket without a snapshot is a gap, unless
//! the snapshots around it are no further apart than usual.

use super::{ProblemStarts, evaluated_areas};
use crate::facts::Status;
use crate::facts::snapshot::{
    METRICS, MetricDoc, OperationMarker, SnapshotDetail, StoredSnapshot, parse_failed_checks,
};
use crate::triage::areas::{AREAS, index_of};

/// Two snapshots have a gap between them if they are further apart than this multiple of the median
/// distance.
const MAX_DISTANCE_FACTOR: f64 = 2.5;
/// The maximum number of reported gaps.
/// The status is unknown if the latest snapshot is older than this multiple of the usual distance,
const STALE_FACTOR: i64 = 3;
/// and older than this, in milliseconds: nobody records by hand at an interval.
const MIN_STALE_AGE: i64 = 60_000;
const MAX_GAPS: usize = 20;

/// The values of a metric within a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TimeRange {
    /// The smallest value.
    pub(crate) min: f64,
    /// The largest value.
    pub(crate) max: f64,
    /// The last value.
    pub(crate) last: f64,
    /// Whether one of them is a lower bound.
    pub(crate) at_least: bool,
    /// Time of `last`, milliseconds since 1970.
    pub(crate) last_at: i64,
}

/// A bucket of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TimeBucket {
    /// The start, in milliseconds since 1970.
    pub(crate) from: i64,
    /// The number of snapshots.
    pub(crate) snapshots: u64,
    /// Whether the bucket has no snapshots of its own and repeats the previous one.
    pub(crate) carried: bool,
    /// The worst status; `None` if nothing was recorded.
    pub(crate) status: Option<Status>,
    /// The worst status of each area.
    pub(crate) areas: [Option<Status>; AREAS.len()],
    /// The values of each metric.
    pub(crate) metrics: [Option<TimeRange>; METRICS.len()],
    /// The set of evaluated checks that was seen last, by its number.
    evaluated: Option<Option<i64>>,
    first: i64,
    last: i64,
}

/// A timeline of snapshots.
#[derive(Debug, Clone)]
pub(crate) struct TimeSeries {
    /// The start, in milliseconds since 1970.
    pub(crate) from: i64,
    /// The end, in milliseconds since 1970.
    pub(crate) until: i64,
    /// The length of a bucket in milliseconds.
    pub(crate) step: i64,
    /// The buckets.
    pub(crate) buckets: Vec<TimeBucket>,
    /// The number of snapshots.
    pub(crate) snapshots: u64,
    /// The start and end of each time without snapshots, latest first.
    pub(crate) gaps: Vec<(i64, i64)>,
    /// The time of the last snapshot.
    pub(crate) latest: Option<i64>,
    /// The usual distance of two snapshots in milliseconds; `None` if there are fewer than two.
    pub(crate) usual_distance: Option<i64>,
    /// The set of evaluated checks that was seen last, by its number, and its areas.
    evaluated: (Option<Option<i64>>, [bool; AREAS.len()]),
    times: Vec<i64>,
}

impl TimeSeries {
    /// Creates an empty timeline with this number of buckets.
    pub(crate) fn new(from: i64, until: i64, buckets: usize) -> Self {
        let count = buckets.max(1) as i64;
        let step = ((until - from).max(1) + count - 1) / count;
        let bucket = |number| TimeBucket {
            from: from + number * step,
            snapshots: 0,
            carried: false,
            status: None,
            areas: [None; AREAS.len()],
            metrics: [None; METRICS.len()],
            evaluated: None,
            first: i64::MAX,
            last: i64::MIN,
        };
        Self {
            from,
            until,
            step,
            buckets: (0..count).map(bucket).collect(),
            snapshots: 0,
            gaps: vec![],
            latest: None,
            usual_distance: None,
            evaluated: (None, [false; AREAS.len()]),
            times: vec![],
        }
    }

    /// Adds the next snapshot, in chronological order.
    pub(crate) fn add(&mut self, snapshot: &StoredSnapshot<'_>) {
        let index = usize::try_from((snapshot.at - self.from) / self.step).unwrap_or(0);
        let Some(bucket) = self.buckets.get_mut(index) else { return };
        self.times.push(snapshot.at);
        (self.latest, self.snapshots) = (Some(snapshot.at), self.snapshots + 1);
        let number = snapshot.evaluated.map(|set| set.number);
        if self.evaluated.0 != Some(number) {
            self.evaluated = (Some(number), evaluated_areas(snapshot.evaluated));
        }
        bucket.add(snapshot, &self.evaluated.1);
    }

    /// Finds the gaps and fills buckets that are merely shorter than the usual distance.
    #[must_use]
    pub(crate) fn finish(mut self) -> Self {
        self.usual_distance = self.find_usual_distance();
        let max_distance =
            self.usual_distance.map_or(0, |usual| (usual as f64 * MAX_DISTANCE_FACTOR) as i64);
        let mut previous: Option<usize> = None;
        for index in 0..self.buckets.len() {
            if self.buckets[index].snapshots == 0 {
                continue;
            }
            if let Some(last) = previous {
                let (from, to) = (self.buckets[last].last, self.buckets[index].first);
                if to - from <= max_distance {
                    self.carry(last, index);
                }
            }
            previous = Some(index);
        }
        if let Some(last) = previous
            && self.until - self.buckets[last].last <= max_distance
        {
            self.carry(last, self.buckets.len());
        }
        self.gaps = self.find_gaps(max_distance);
        self
    }

    /// Returns where snapshots are further apart than usual and than the length of a bucket.
    fn find_gaps(&self, max_distance: i64) -> Vec<(i64, i64)> {
        let ends = self.times.iter().skip(1).copied().chain([self.until]);
        let pairs = self.times.iter().copied().zip(ends);
        let mut gaps: Vec<_> =
            pairs.filter(|(from, to)| to - from > max_distance.max(self.step)).collect();
        gaps.reverse();
        gaps.truncate(MAX_GAPS);
        gaps
    }

    /// Returns the median distance of two snapshots.
    fn find_usual_distance(&self) -> Option<i64> {
        let mut distances: Vec<_> = self.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let middle = distances.len() / 2;
        (!distances.is_empty()).then(|| *distances.select_nth_unstable(middle).1)
    }

    /// Returns the time of the latest snapshot if the next one is overdue: nobody knows the status since then.
    pub(crate) fn stale_since(&self) -> Option<i64> {
        let max_age = (self.usual_distance? * STALE_FACTOR).max(MIN_STALE_AGE);
        self.latest.filter(|latest| self.until - latest > max_age)
    }

    /// Repeats bucket `from` in the buckets after it, up to but not including `to`.
    fn carry(&mut self, from: usize, to: usize) {
        let source = self.buckets[from].clone();
        for bucket in &mut self.buckets[from + 1..to] {
            let start = bucket.from;
            *bucket = TimeBucket { from: start, snapshots: 0, carried: true, ..source.clone() };
            // Only the last value is known to have lasted.
            for range in bucket.metrics.iter_mut().flatten() {
                (range.min, range.max) = (range.last, range.last);
            }
        }
    }

    /// Returns the largest value of a metric in each bucket, `None` in a gap.
    pub(crate) fn metric(&self, doc: &MetricDoc) -> impl Iterator<Item = Option<f64>> {
        let index = doc.metric as usize;
        let low_is_bad = doc.low_is_bad;
        let extreme = move |range: TimeRange| if low_is_bad { range.min } else { range.max };
        self.buckets.iter().map(move |bucket| bucket.metrics[index].map(extreme))
    }

    /// Returns the index of the bucket that contains this time.
    pub(crate) fn bucket_index(&self, at: i64) -> Option<usize> {
        let index = usize::try_from((at - self.from).div_euclid(self.step)).ok()?;
        (index < self.buckets.len()).then_some(index)
    }
}

impl TimeBucket {
    /// Whether the last snapshot of the bucket has this value.
    pub(crate) fn is_latest(&self, range: TimeRange) -> bool {
        range.last_at == self.last
    }

    fn add(&mut self, snapshot: &StoredSnapshot<'_>, evaluated: &[bool; AREAS.len()]) {
        self.snapshots += 1;
        (self.first, self.last) = (self.first.min(snapshot.at), self.last.max(snapshot.at));
        self.status = Some(self.status.map_or(snapshot.status, |s| s.worse(snapshot.status)));
        let number = Some(snapshot.evaluated.map(|set| set.number));
        if self.evaluated != number {
            self.evaluated = number;
            let areas = self.areas.iter_mut().zip(evaluated);
            areas.filter(|(_, evaluated)| **evaluated).for_each(|(area, _)| {
                area.get_or_insert(Status::Ok);
            });
        }
        for (check, status) in parse_failed_checks(snapshot.bad) {
            if let Some(index) = index_of(check) {
                let worst = self.areas[index].map_or(status, |area| area.worse(status));
                self.areas[index] = Some(worst);
            }
        }
        for (range, doc) in self.metrics.iter_mut().zip(&METRICS) {
            let Some(measure) = snapshot.metrics.get(doc.metric) else { continue };
            let (value, at_least) = (measure.value, measure.at_least);
            *range = Some(match range {
                None => TimeRange {
                    min: value,
                    max: value,
                    last: value,
                    at_least,
                    last_at: snapshot.at,
                },
                Some(range) => TimeRange {
                    min: range.min.min(value),
                    max: range.max.max(value),
                    last: value,
                    at_least: range.at_least || at_least,
                    last_at: snapshot.at,
                },
            });
        }
    }
}

/// A time range of the history.
#[derive(Debug)]
pub(crate) struct HistoryRange {
    /// The timeline.
    pub(crate) series: TimeSeries,
    /// When each problem started.
    pub(crate) problem_starts: ProblemStarts,
    /// The operations, oldest first.
    pub(crate) marks: Vec<OperationMarker>,
    /// The details of the last snapshot.
    pub(crate) latest: Option<SnapshotDetail>,
    /// The first snapshot that was searched for the start of a problem.
    pub(crate) searched_since: Option<i64>,
    /// The start of the timeline if it is later than requested, because nothing older was recorded.
    pub(crate) began: Option<i64>,
    /// Name of the system.
    pub(crate) subject: String,
    /// Earlier systems at the same addresses, with their ids: other databases.
    pub(crate) replaced: Vec<(i64, String)>,
    /// Whether the operator selected the system, so that it may be another than that of the settings.
    pub(crate) is_selected: bool,
}

impl HistoryRange {
    /// The status now: that of the latest snapshot, or UNKNOWN if the next one is overdue.
    pub(crate) fn current_status(&self) -> Status {
        match (self.series.latest, self.series.stale_since()) {
            (None, _) | (_, Some(_)) => Status::Unknown,
            (Some(_), None) => self.problem_starts.current_status(),
        }
    }

    /// The value of a metric in the latest snapshot; `None` if that has none.
    pub(crate) fn latest_value(&self, doc: &MetricDoc) -> Option<TimeRange> {
        let ranges = self.series.buckets.iter().rev();
        let last = ranges.filter_map(|bucket| bucket.metrics[doc.metric as usize]).next()?;
        (Some(last.last_at) == self.series.latest).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::{Metric, MetricValues};

    fn series(until: i64, steps: usize, times: &[i64]) -> TimeSeries {
        let mut series = TimeSeries::new(0, until, steps);
        for at in times {
            let mut metrics = MetricValues::default();
            metrics.exact(Metric::Due, Some(*at as f64));
            let (status, bad) = (Status::Warning, "queue.backlog:1");
            let evaluated = None;
            series.add(&StoredSnapshot { at: *at, status, section: None, bad, evaluated, metrics });
        }
        series.finish()
    }

    #[test]
    fn slow_polling_is_not_shown_as_a_gap() {
        // Snapshots every 20 ms in buckets of 10 ms, then none from 60 to 160.
        let series = series(200, 20, &[0, 20, 40, 60, 160, 180]);
        let due: Vec<_> = series.metric(&METRICS[0]).collect();
        assert_eq!(due[..7], [0., 0., 20., 20., 40., 40., 60.].map(Some));
        assert_eq!(due[7..16], [None; 9]);
        assert_eq!(due[16..], [160., 160., 180., 180.].map(Some));
        assert_eq!(series.gaps, [(60, 160)]);
        assert!(series.buckets[1].carried && !series.buckets[2].carried);
    }

    #[test]
    fn stopped_recorder_leaves_a_gap_until_now() {
        let series = series(100, 10, &[0, 10, 20]);
        assert_eq!(series.gaps, [(20, 100)]);
        assert_eq!(series.buckets[9].status, None);
        assert_eq!(series.latest, Some(20));
    }

    #[test]
    fn recent_snapshot_is_not_followed_by_a_gap() {
        assert_eq!(series(100, 10, &[95]).gaps, []);
        assert_eq!(series(100, 10, &[50]).gaps, [(50, 100)]);
    }

    #[test]
    fn trend_shows_the_worst_value_of_an_interval() {
        let mut series = TimeSeries::new(0, 100, 1);
        for (at, value) in [(5, 5.0), (50, 90.0), (90, 50.0)] {
            let mut metrics = MetricValues::default();
            METRICS.iter().for_each(|doc| metrics.exact(doc.metric, Some(value)));
            let (status, bad, evaluated) = (Status::Ok, "", None);
            series.add(&StoredSnapshot { at, status, section: None, bad, evaluated, metrics });
        }
        let series = series.finish();
        for doc in &METRICS {
            let worst =
                if matches!(doc.metric, Metric::Workers | Metric::Throughput) { 5.0 } else { 90.0 };
            assert_eq!(series.metric(doc).collect::<Vec<_>>(), [Some(worst)], "{}", doc.name);
        }
    }

    #[test]
    fn time_bucket_keeps_the_worst_status_and_extreme_values() {
        let series = series(100, 1, &[5, 90, 50]);
        let bucket = &series.buckets[0];
        let range = TimeRange { min: 5.0, max: 90.0, last: 50.0, at_least: false, last_at: 50 };
        assert_eq!(bucket.metrics[Metric::Due as usize], Some(range));
        assert_eq!(bucket.areas[2], Some(Status::Warning));
        assert_eq!(bucket.areas[0], Some(Status::Ok));
        let environment = AREAS.iter().position(|area| area.name == "environment?").unwrap();
        assert_eq!(bucket.areas[environment], None, "`record` does not evaluate it");
    }
}

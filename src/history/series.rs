//! Snapshots over time, in steps of equal length. A step without a snapshot is a gap, unless the
//! snapshots around it are no further apart than they usually are.

use super::area_of;
use crate::facts::Status;
use crate::facts::snapshot::{METRICS, MetricDoc, StoredSnapshot, parse_failed_checks};
use crate::triage::areas::AREAS;

/// How many usual distances two snapshots may be apart without a gap between them.
const REACH: f64 = 2.5;
/// Gaps that are told.
const MOST_GAPS: usize = 20;

/// What was read of a figure within a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeRange {
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// The last.
    pub last: f64,
    /// Whether one of them was a lower bound.
    pub at_least: bool,
}

/// A step of the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeBucket {
    /// Where it begins, milliseconds since 1970.
    pub from: i64,
    /// Snapshots in it.
    pub snapshots: u64,
    /// Whether it has none of its own and repeats the one before it.
    pub carried: bool,
    /// The worst verdict; `None`: nothing was recorded.
    pub status: Option<Status>,
    /// The worst verdict of each question of the checklist.
    pub questions: [Status; AREAS.len()],
    /// What was read of each figure.
    pub figures: [Option<TimeRange>; METRICS.len()],
    first: i64,
    last: i64,
}

/// The timeline.
#[derive(Debug, Clone)]
pub struct TimeSeries {
    /// Where it begins, milliseconds since 1970.
    pub from: i64,
    /// Where it ends.
    pub until: i64,
    /// The length of a step, milliseconds.
    pub step: i64,
    /// The steps.
    pub buckets: Vec<TimeBucket>,
    /// Snapshots in all.
    pub snapshots: u64,
    /// Times without snapshots, the latest first, beginning and end of each.
    pub gaps: Vec<(i64, i64)>,
    /// The last snapshot.
    pub latest: Option<i64>,
    times: Vec<i64>,
}

impl TimeSeries {
    /// An empty timeline of this many steps.
    #[must_use]
    pub fn new(from: i64, until: i64, steps: usize) -> Self {
        let steps = steps.max(1) as i64;
        let step = ((until - from).max(1) + steps - 1) / steps;
        let bucket = |number| TimeBucket {
            from: from + number * step,
            snapshots: 0,
            carried: false,
            status: None,
            questions: [Status::Ok; AREAS.len()],
            figures: [None; METRICS.len()],
            first: i64::MAX,
            last: i64::MIN,
        };
        Self {
            from,
            until,
            step,
            buckets: (0..steps).map(bucket).collect(),
            snapshots: 0,
            gaps: vec![],
            latest: None,
            times: vec![],
        }
    }

    /// Takes the next snapshot; they come in order.
    pub fn add(&mut self, point: &StoredSnapshot<'_>) {
        let place = usize::try_from((point.at - self.from) / self.step).unwrap_or(0);
        let Some(bucket) = self.buckets.get_mut(place) else { return };
        self.times.push(point.at);
        (self.latest, self.snapshots) = (Some(point.at), self.snapshots + 1);
        bucket.add(point);
    }

    /// Tells gaps from steps that are merely shorter than the usual distance.
    #[must_use]
    pub fn finish(mut self) -> Self {
        let reach = self.reach();
        let mut before: Option<usize> = None;
        for place in 0..self.buckets.len() {
            if self.buckets[place].snapshots == 0 {
                continue;
            }
            if let Some(last) = before {
                let (from, to) = (self.buckets[last].last, self.buckets[place].first);
                if to - from <= reach {
                    self.carry(last, place);
                }
            }
            before = Some(place);
        }
        if let Some(last) = before
            && self.until - self.buckets[last].last <= reach
        {
            self.carry(last, self.buckets.len());
        }
        self.gaps = self.gaps(reach);
        self
    }

    /// Where snapshots are further apart than they usually are, and than a step is long.
    fn gaps(&self, reach: i64) -> Vec<(i64, i64)> {
        let ends = self.times.iter().skip(1).copied().chain([self.until]);
        let pairs = self.times.iter().copied().zip(ends);
        let mut gaps: Vec<_> =
            pairs.filter(|(from, to)| to - from > reach.max(self.step)).collect();
        gaps.reverse();
        gaps.truncate(MOST_GAPS);
        gaps
    }

    /// Milliseconds for which a snapshot speaks.
    fn reach(&self) -> i64 {
        let mut distances: Vec<_> = self.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        if distances.is_empty() {
            return 0;
        }
        let middle = distances.len() / 2;
        let usual = *distances.select_nth_unstable(middle).1;
        (usual as f64 * REACH) as i64
    }

    fn carry(&mut self, from: usize, to: usize) {
        let source = self.buckets[from].clone();
        for bucket in &mut self.buckets[from + 1..to] {
            let start = bucket.from;
            *bucket = TimeBucket { from: start, snapshots: 0, carried: true, ..source.clone() };
            // What was is over: only its last reading is known to have gone on.
            for span in bucket.figures.iter_mut().flatten() {
                (span.min, span.max) = (span.last, span.last);
            }
        }
    }

    /// A figure over time: the largest of each step, `None` in a gap.
    pub fn metric(&self, doc: &MetricDoc) -> impl Iterator<Item = Option<f64>> {
        let place = doc.metric as usize;
        self.buckets.iter().map(move |bucket| bucket.figures[place].map(|span| span.max))
    }

    /// The step that holds this time.
    #[must_use]
    pub fn place(&self, at: i64) -> Option<usize> {
        let place = usize::try_from((at - self.from).div_euclid(self.step)).ok()?;
        (place < self.buckets.len()).then_some(place)
    }
}

impl TimeBucket {
    fn add(&mut self, point: &StoredSnapshot<'_>) {
        self.snapshots += 1;
        (self.first, self.last) = (self.first.min(point.at), self.last.max(point.at));
        self.status = Some(self.status.map_or(point.status, |v| v.worse(point.status)));
        for (check, verdict) in parse_failed_checks(point.bad) {
            if let Some(place) = area_of(check) {
                self.questions[place] = self.questions[place].worse(verdict);
            }
        }
        for (span, doc) in self.figures.iter_mut().zip(&METRICS) {
            let Some(measure) = point.metrics.get(doc.metric) else { continue };
            let (value, at_least) = (measure.value, measure.at_least);
            *span = Some(match span {
                None => TimeRange { min: value, max: value, last: value, at_least },
                Some(known) => TimeRange {
                    min: known.min.min(value),
                    max: known.max.max(value),
                    last: value,
                    at_least: known.at_least || at_least,
                },
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::snapshot::{Metric, MetricValues};

    fn series(until: i64, steps: usize, times: &[i64]) -> TimeSeries {
        let mut series = TimeSeries::new(0, until, steps);
        for at in times {
            let mut figures = MetricValues::default();
            figures.exact(Metric::Due, Some(*at as f64));
            let (verdict, bad) = (Status::Warning, "queue.backlog:1");
            series.add(&StoredSnapshot {
                at: *at,
                status: verdict,
                section: None,
                bad,
                metrics: figures,
            });
        }
        series.finish()
    }

    #[test]
    fn slow_polling_is_not_shown_as_a_gap() {
        // Every 20 in steps of 10; then nothing from 60 to 160.
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
    fn time_bucket_keeps_the_worst_status_and_extreme_values() {
        let series = series(100, 1, &[5, 90, 50]);
        let bucket = &series.buckets[0];
        let span = TimeRange { min: 5.0, max: 90.0, last: 50.0, at_least: false };
        assert_eq!(bucket.figures[Metric::Due as usize], Some(span));
        assert_eq!(bucket.questions[2], Status::Warning);
        assert_eq!(bucket.questions[0], Status::Ok);
    }
}

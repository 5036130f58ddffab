//! Which statements answer for which roles of a large table.

use super::count_query::{CountScope, Slice};
use crate::queue::{Layout, Lifecycle, sql};
use crate::sources::postgres::queue::totals::{CountRow, Coverage};

/// Roles worth counting in a large table: finished jobs are its bulk and nobody's question.
const LIVE: [Lifecycle; 5] =
    [Lifecycle::Queued, Lifecycle::Claimed, Lifecycle::Failed, Lifecycle::Dead, Lifecycle::Other];

/// Groups, and what they answer for.
pub(crate) type Parts<'a> = Vec<(Coverage<'a>, Vec<CountRow>)>;

/// Which queries answer for which roles of a large table.
pub(crate) struct CountPlan {
    /// How many are dead, where a partial index answers it.
    pub(crate) largest: Option<Slice>,
    /// Everything else that a partial index answers whole.
    pub(crate) covered: Vec<Slice>,
    /// Totals of the scanned roles that a partial index answers.
    pub(crate) totals: Vec<Slice>,
    /// The rest.
    pub(crate) scan: Option<Slice>,
}

impl CountPlan {
    pub(crate) fn new(layout: &Layout) -> Self {
        let mut plan = Self { largest: None, covered: vec![], totals: vec![], scan: None };
        let mut scanned = Slice { roles: vec![], values: Some(vec![]), ..Slice::everything() };
        for role in LIVE {
            let values = layout.vocabulary.values(role);
            if values.is_empty() {
                continue;
            }
            let covering = sql::covering_columns(layout, role);
            if layout.has_partial_index(values, &covering) {
                let slice = |figures| Slice::new(role, values, figures);
                if role == Lifecycle::Dead {
                    plan.largest = Some(slice(CountScope::Number));
                    plan.covered.push(slice(CountScope::DeadLetteredLastHour));
                } else {
                    plan.covered.push(slice(CountScope::All));
                }
                continue;
            }
            scanned.roles.push(role);
            scanned.values.get_or_insert_default().extend(values.to_vec());
            plan.totals.extend(Self::total(layout, role, &covering));
        }
        plan.scan = (!scanned.roles.is_empty()).then_some(scanned);
        plan
    }

    /// The groups of one role belong together, whichever statement counted them.
    pub(crate) fn merged(
        &self,
        (largest, mut rest): (Vec<Vec<CountRow>>, Vec<Vec<CountRow>>),
    ) -> Parts<'_> {
        let dead = |slice: &Slice| slice.scope == CountScope::DeadLetteredLastHour;
        if let Some(at) = self.covered.iter().position(dead) {
            rest[at].extend(largest.into_iter().flatten());
        }
        self.covered.iter().map(|slice| Coverage::ByKind(&slice.roles)).zip(rest).collect()
    }

    /// The total of a role over the values that have a partial index of their own.
    fn total(layout: &Layout, role: Lifecycle, covering: &[&str]) -> Option<Slice> {
        if !matches!(role, Lifecycle::Queued | Lifecycle::Dead) {
            return None;
        }
        let columns: Vec<_> =
            covering.iter().copied().filter(|c| layout.kind.as_deref() != Some(c)).collect();
        let values: Vec<_> = layout
            .vocabulary
            .values(role)
            .iter()
            .filter(|v| layout.has_partial_index(std::slice::from_ref(v), &columns))
            .cloned()
            .collect();
        let slice = Slice {
            roles: vec![role],
            values: Some(values),
            by_kind: false,
            scope: CountScope::All,
        };
        (slice.values != Some(vec![])).then_some(slice)
    }
}

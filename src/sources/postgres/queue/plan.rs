//! Chooses the statements that count the states of a large table.

use super::count_query::{CountQuery, CountScope};
use crate::queue::{Layout, Lifecycle, sql};
use crate::sources::postgres::queue::totals::{CountRow, Coverage};

/// States that are counted in a large table: all but finished, which are most of the rows and not
/// needed.
const COUNTED_ROLES: [Lifecycle; 6] = [
    Lifecycle::Queued,
    Lifecycle::Claimed,
    Lifecycle::Failed,
    Lifecycle::Dead,
    Lifecycle::Canceled,
    Lifecycle::Blocked,
];

/// Rows of the count queries, each with the states that they cover.
pub(crate) type CountParts<'a> = Vec<(Coverage<'a>, Vec<CountRow>)>;

/// Queries that count the states of a large table.
pub(crate) struct CountPlan {
    /// Number of dead letters, if a partial index covers it.
    pub(crate) largest: Option<CountQuery>,
    /// Other states that a partial index covers.
    pub(crate) covered: Vec<CountQuery>,
    /// Totals of scanned states that a partial index covers.
    pub(crate) totals: Vec<CountQuery>,
    /// Remaining states, which need a table scan.
    pub(crate) scan: Option<CountQuery>,
}

impl CountPlan {
    /// Chooses the queries by the partial indexes of the table.
    pub(crate) fn new(layout: &Layout) -> Self {
        let mut plan = Self { largest: None, covered: vec![], totals: vec![], scan: None };
        let mut scanned =
            CountQuery { roles: vec![], values: Some(vec![]), ..CountQuery::everything() };
        for role in COUNTED_ROLES {
            let values = layout.state_names.values(role);
            if values.is_empty() {
                continue;
            }
            let covering = sql::covering_columns(layout, role);
            // The time of a retry decides between two roles: both are counted by the same statement.
            let is_split =
                layout.claims_retries() && matches!(role, Lifecycle::Queued | Lifecycle::Failed);
            if !is_split && layout.has_partial_index(values, &covering) {
                let slice = |scope| CountQuery::new(role, values, scope);
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
        if !layout.states_closed {
            scanned.roles.push(Lifecycle::Other);
            scanned.unknown_states = true;
        }
        plan.scan = (!scanned.roles.is_empty()).then_some(scanned);
        plan
    }

    /// Combines the rows of `largest` and `covered` into parts; all rows of one state become one
    /// part.
    pub(crate) fn merged(
        &self,
        (largest, mut covered): (Vec<Vec<CountRow>>, Vec<Vec<CountRow>>),
    ) -> CountParts<'_> {
        let is_dead_lettered = |slice: &CountQuery| slice.scope == CountScope::DeadLetteredLastHour;
        if let Some(at) = self.covered.iter().position(is_dead_lettered) {
            covered[at].extend(largest.into_iter().flatten());
        }
        self.covered.iter().map(|slice| Coverage::ByKind(&slice.roles)).zip(covered).collect()
    }

    /// Returns the slice for the total of a state, over its values that have a partial index.
    fn total(layout: &Layout, role: Lifecycle, covering: &[&str]) -> Option<CountQuery> {
        if !matches!(role, Lifecycle::Queued | Lifecycle::Dead) {
            return None;
        }
        // Neither the kind nor the creation: the oldest job without a due time is looked up on its own.
        let is_needed = |column: &str| {
            let is_creation = layout.created.as_ref().is_some_and(|c| c.name == column);
            layout.kind.as_deref() != Some(column)
                && !(is_creation && !layout.due.is_empty() && layout.naive_zone().is_none())
        };
        let columns: Vec<_> = covering.iter().copied().filter(|c| is_needed(c)).collect();
        let values: Vec<_> = layout
            .state_names
            .values(role)
            .iter()
            .filter(|v| layout.has_partial_index(std::slice::from_ref(v), &columns))
            .cloned()
            .collect();
        let slice = CountQuery {
            roles: vec![role],
            values: Some(values),
            unknown_states: false,
            by_kind: false,
            scope: CountScope::All,
        };
        (slice.values != Some(vec![])).then_some(slice)
    }
}

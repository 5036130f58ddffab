//! Classifies the dead letters, for the acknowledged groups.

use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt as _;

use super::Database;
use super::selection::{Conditions, fingerprint_columns, with_fingerprints};
use crate::facts::acknowledged::MAX_CLASSIFIED;
use crate::facts::selection::Selection;
use crate::facts::{SourceError, SourceErrorKind};
use crate::queue::{Layout, sql};

/// The time that a poll spends on it at most.
const BUDGET: Duration = Duration::from_secs(2);

/// Reads the ages of the dead letters by group, in seconds. `None` if there are more than [`MAX_CLASSIFIED`].
///
/// # Errors
/// Also if only a scan of a large table could find them.
pub(crate) async fn ages(
    db: &Database,
    layout: &Layout,
    kind: Option<&str>,
    timeout: Duration,
) -> Result<Option<HashMap<String, Vec<f64>>>, SourceError> {
    // Which indexes serve the expressions of another table is not known; the budget limits its scan.
    let is_scanned =
        layout.declared.is_none() && !layout.has_partial_index(&layout.state_names.dead, &[]);
    if !layout.is_small() && is_scanned {
        let message = "no index finds the dead letters (queue --advise)";
        return Err(SourceError::new(SourceErrorKind::Timeout, message));
    }
    let kinds = kind.map(str::to_owned).into_iter().collect();
    let conditions = Conditions::new(layout, &Selection { kinds, ..Selection::default() });
    let dead_since = sql::dead_since(layout);
    // Without ORDER BY: the result is used only if it contains every dead letter.
    let statement = format!(
        "select {}, {} as dead_age from {} where {} limit {}",
        fingerprint_columns(layout),
        sql::age(&format!("(case when not {} then {dead_since} end)", sql::is_future(&dead_since))),
        layout.rows_as("jobs"),
        conditions.sql(),
        MAX_CLASSIFIED + 1,
    );
    let mut groups: HashMap<String, Vec<f64>> = HashMap::new();
    let mut read = 0;
    let reading = db.read(timeout.min(BUDGET), async |tx| {
        let rows = tx.query_typed_raw(&statement, conditions.params()).await?;
        let mut rows = pin!(with_fingerprints(rows));
        while let Some((row, fingerprint)) = rows.try_next().await? {
            // The same time as the count of the last hour uses, so that both agree.
            let age = row.get::<_, Option<f64>>("dead_age").unwrap_or(f64::INFINITY);
            groups.entry(fingerprint.hash).or_default().push(age);
            read += 1;
        }
        Ok(())
    });
    reading.await?;
    Ok((read <= MAX_CLASSIFIED).then_some(groups))
}

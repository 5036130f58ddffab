//! Where later events can appear in `job_events`.
//!
//! Event ids need not be in the order of the commits: a transaction that takes long commits an id below newer
//! ones, a sequence with a cache hands out blocks of ids to sessions, and after an import the sequence may be far
//! below the imported ids. [`floor`] is an id below which no later event appears, except those of transactions
//! that are still open, which [`EventPosition`] accounts for.

use std::collections::VecDeque;
use std::time::Duration;

use crate::facts::SourceError;
use crate::queue::Layout;
use crate::queue::sql::literal;
use crate::sources::postgres::Database;

/// Returns the SQL for an id below those of all events that sessions insert later: the newest id, or what the
/// sequence has handed out if that is less. NULL if ids do not ascend.
pub(crate) fn floor(layout: &Layout) -> String {
    let Some(events) = layout.events.as_ref().filter(|events| events.ids_grow) else {
        return "null::bigint".to_owned();
    };
    let relation = &events.relation;
    let table = format!("pg_catalog.to_regclass({})", literal(&relation.to_string()));
    // The sequence of the default or of the identity. `last_value` is NULL if it was never used, or if this role
    // may not read it.
    let sequence = format!(
        "select case when s.seqincrement > 0 and pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE, SELECT')
                then coalesce(pg_catalog.pg_sequence_last_value(s.seqrelid), s.seqstart - 1)
                     - case when s.seqcache > 1
                       then s.seqcache * pg_catalog.current_setting('max_connections')::bigint else 0 end end
           from pg_catalog.pg_sequence s
           join pg_catalog.pg_depend p on p.refobjid = s.seqrelid or p.objid = s.seqrelid
           join pg_catalog.pg_attribute a on a.attrelid = {table} and a.attname = 'id'
           left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where (p.refobjid = s.seqrelid and p.objid = d.oid
                   and p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass)
             or (p.objid = s.seqrelid and p.refobjid = a.attrelid and p.refobjsubid = a.attnum
                   and p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and p.deptype in ('a', 'i'))
          limit 1"
    );
    format!(
        "greatest(least(coalesce((select max(id)::bigint from {relation}), 0), ({sequence})), 0)"
    )
}

/// The most positions that are remembered while an old transaction is open.
const MAX_REMEMBERED: usize = 64;

/// How far the events have been read.
#[derive(Debug, Clone)]
pub(crate) struct EventPosition {
    /// Up to this id all events have been read, and no more can appear.
    complete: i64,
    /// Later positions, each with the first transaction that had not started then. A position is complete when
    /// no older transaction is open.
    pending: VecDeque<(i64, i64)>,
}

impl EventPosition {
    /// Returns the position before the first event after the id `begin`.
    pub(crate) fn new(begin: i64) -> Self {
        Self { complete: begin, pending: VecDeque::new() }
    }

    /// The id after which the next read starts.
    pub(crate) fn next(&self) -> i64 {
        self.complete
    }

    /// Records that all events up to `now` were read.
    pub(crate) fn advance(&mut self, now: &EventHorizon) {
        while let Some((id, _)) = self.pending.front().filter(|(_, next)| *next <= now.oldest_open)
        {
            self.complete = self.complete.max(*id);
            self.pending.pop_front();
        }
        if self.pending.len() < MAX_REMEMBERED {
            self.pending.push_back((now.floor, now.next_transaction));
        }
    }
}

/// State of events and transactions, read before the events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventHorizon {
    /// The result of [`floor`].
    floor: i64,
    /// The oldest transaction that is open.
    oldest_open: i64,
    /// The first transaction that has not started.
    next_transaction: i64,
}

/// Reads the horizon. Requires ascending event ids.
pub(crate) async fn read_horizon(
    db: &Database,
    layout: &Layout,
    timeout: Duration,
) -> Result<EventHorizon, SourceError> {
    let statement = format!(
        "select {floor} as floor, pg_catalog.pg_snapshot_xmin(s)::text::bigint as oldest,
                pg_catalog.pg_snapshot_xmax(s)::text::bigint as next
           from pg_catalog.pg_current_snapshot() s",
        floor = floor(layout)
    );
    let row = db.row(timeout, &statement, &[]).await?;
    Ok(EventHorizon {
        floor: row.get("floor"),
        oldest_open: row.get("oldest"),
        next_transaction: row.get("next"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_waits_for_transactions_that_were_open() {
        let at = |floor, oldest_open, next_transaction| EventHorizon {
            floor,
            oldest_open,
            next_transaction,
        };
        let mut position = EventPosition::new(10);
        position.advance(&at(50, 3, 7));
        assert_eq!(position.next(), 10, "transactions before 7 may still insert ids up to 50");
        position.advance(&at(90, 5, 9));
        assert_eq!(position.next(), 10, "5 is one of them");
        position.advance(&at(95, 7, 9));
        assert_eq!(position.next(), 50);
        position.advance(&at(95, 9, 9));
        assert_eq!(position.next(), 95);
    }

    #[test]
    fn position_stays_below_a_sequence_that_is_behind() {
        let mut position = EventPosition::new(0);
        for floor in [2, 4, 6] {
            position.advance(&EventHorizon { floor, oldest_open: 9, next_transaction: 9 });
        }
        assert_eq!(position.next(), 4);
    }
}

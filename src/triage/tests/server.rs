//! Problems of the database server that slow down the queue.

use Status::{Critical, Ok, Unknown, Warning};

use super::*;
use crate::facts::SourceErrorKind as Kind;
use crate::facts::server::{LockWait, OpenTransaction, Standby, TableRows};
use crate::triage::testing::failed;

#[test]
fn database_server_problems_lead_to_section_3_2() {
    assert_diagnoses(&[
        (
            "connections run out",
            |f| server(f).connections = 96,
            "3.2",
            Critical,
            2,
            "runbook db.connections",
        ),
        (
            "a standby that keeps up",
            |f| server(f).standby = Some(Standby { receiving: true, lag: Some(1.0) }),
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "a standby that fell behind",
            |f| server(f).standby = Some(Standby { receiving: false, lag: Some(4_000.0) }),
            "3.2",
            Critical,
            2,
            "runbook db.standby",
        ),
        (
            "a forgotten transaction",
            |f| {
                let transaction = OpenTransaction { age: 4_000, ..OpenTransaction::default() };
                server(f).oldest_transaction = Some(transaction);
            },
            "3.3",
            Critical,
            2,
            "runbook db.transactions",
        ),
        (
            "a lock on the queue",
            |f| server(f).waits = vec![LockWait { pid: 7, age: Some(12), blockers: vec![9] }],
            "3.3",
            Warning,
            1,
            "runbook db.locks",
        ),
        (
            "vacuum does not keep up",
            |f| {
                let rows = TableRows { live: 50_000, dead: 90_000, vacuum_age: None };
                server(f).jobs = Some(rows);
            },
            "3.3",
            Warning,
            1,
            "runbook db.dead_rows",
        ),
        (
            "statistics that this role may not read raise nothing",
            |f| failed(&mut f.server, Kind::Permission),
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "sessions that this role may not see raise nothing",
            |f| (server(f).hidden_sessions, server(f).sessions) = (3, 4),
            "-",
            Ok,
            0,
            "-",
        ),
        (
            "statistics that do not come in time",
            |f| failed(&mut f.server, Kind::Timeout),
            "3.2",
            Unknown,
            3,
            "runbook 3.2",
        ),
    ]);
}

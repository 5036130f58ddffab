//! Databases and queues.

use super::{Advice, CauseCategory, SafeToRetry, rule};
use CauseCategory::Internal;
use SafeToRetry::{AfterFix, Yes};

const PASSED: &str =
    "Usually temporary: requeue a canary; if it fails again, check load and locks.";
const DISAGREE: &str = "Code and database schema disagree: finish the migration or deploy, reload the API's schema cache, then requeue.";
const LOOK_AT_CONSTRAINT: &str = "The database refused the row: look at the constraint; the row may exist already, or the code writes the wrong value.";
const NO_WRITES: &str = "The database or index accepts no writes: find out why (failover, full disk) before requeueing.";

pub(super) const READ_ONLY: Advice = rule(
    Internal,
    AfterFix,
    NO_WRITES,
    &["index read-only", "MISCONF", "readonly", "--read-only"],
);

pub(super) const NO_INDEX: Advice = rule(Internal, AfterFix, DISAGREE, &["no such index"]);

pub(super) const TRANSIENT: Advice = rule(
    Internal,
    Yes,
    PASSED,
    &[
        "deadlock detected", "deadlock found", "deadlocked", "could not serialize",
        "write conflict", "by another transaction", "modified or deleted since",
        "object has been modified", "restarting transaction", "SQLITE_BUSY", "database is locked",
        "database table is locked", "conflict with recovery", "could not obtain lock",
        "unable to lock", "lock timeout", "terminating connection", "connection terminated",
        "database system is starting up", "in recovery mode", "pool cleared",
    ],
);

/// A cluster that was choosing its leader.
pub(super) const FAILOVER: Advice = rule(
    Internal,
    Yes,
    PASSED,
    &[
        "read-only transaction", "loading the dataset", "CLUSTERDOWN", "TRYAGAIN",
        "no responders available", "not enough replicas", "leader not available", "leader changed",
        "TransientError", "no leader for", "MongoServerError: not primary",
        "not leader or follower", "NotPrimaryError", "not aware of this member",
        "no node available", "not the leader", "group rebalance in",
    ],
);

pub(super) const SLOW_QUERY: Advice = rule(
    Internal,
    AfterFix,
    "A query is too slow: look at load, locks and missing indexes before requeueing.",
    &["statement timeout"],
);

pub(super) const SCHEMA: Advice = rule(
    Internal,
    AfterFix,
    DISAGREE,
    &[
        "schema cache", "no such table", "no such column", "存在しません", "unknown column",
        "invalid column", "doesn't exist", "Cannot query field", "GRAPHQL_VALIDATION_FAILED",
        "syntax error at", "syntax error in", "your SQL syntax", ": syntax error", "GROUP BY", "ON CONFLICT",
        "invalid input value for enum",
    ],
);

pub(super) const NO_RELATION: Advice = rule(Internal, AfterFix, DISAGREE, &["does not exist"]);

pub(super) const CONSTRAINT: Advice = rule(
    Internal,
    AfterFix,
    LOOK_AT_CONSTRAINT,
    &[
        "violates", "duplicate key", "already been taken", "already taken", "cannot insert NULL",
        "insert the value NULL", "null constraint", "constraint error", "duplicate entry",
        "already exists", "unique constraint", "constraint failed", "constraint violated",
        "constraint violation", "verletzt", "viole la contrainte", "viola restricción", "нарушает",
        "制約",
    ],
);

pub(super) const PREPARED_STATEMENTS: Advice = rule(
    Internal,
    AfterFix,
    "Prepared statements do not survive a transaction-mode pooler: fix the client's settings.",
    &["prepared statement"],
);

pub(super) const CORRUPT: Advice = rule(
    Internal,
    AfterFix,
    "The database reports damaged data: stop writes to it, and look at its log and storage before anything else.",
    &["invalid page", "could not read block", "cache lookup failed", "page verification failed"],
);

pub(super) const CLUSTER_CLIENT: Advice = rule(
    Internal,
    AfterFix,
    "The client does not follow the cluster: use a client for clusters, then requeue.",
    &["MOVED"],
);

pub(super) const CLUSTER_KEYS: Advice = rule(
    Internal,
    AfterFix,
    "The keys of one command are in different slots: fix the code before requeueing.",
    &["CROSSSLOT"],
);

/// The classes of SQLSTATE, for texts in other languages and other words.
pub(super) const SQLSTATE_PASSING: Advice =
    rule(Internal, Yes, PASSED, &["SQLSTATE 40xxx", "SQLSTATE 55P03", "SQLSTATE 57P0x"]);

pub(super) const SQLSTATE_SCHEMA: Advice = rule(Internal, AfterFix, DISAGREE, &["SQLSTATE 42xxx"]);

pub(super) const SQLSTATE_CONSTRAINT: Advice =
    rule(Internal, AfterFix, LOOK_AT_CONSTRAINT, &["SQLSTATE 23xxx"]);

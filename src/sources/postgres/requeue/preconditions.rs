//! What a write must know of the database before its first transaction: the clock, the newest event, and whether
//! this role may write jobs and their events.

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::columns::EventStage;
use super::declared;
use super::event_position;
use super::state_rows;
use super::stored::{PartitionKey, TableTraits};
use crate::facts::SourceError;
use crate::queue::sql::literal;
use crate::queue::{Layout, Lifecycle, Meaning, Relation};
use crate::sources::postgres::Database;

/// State of the database before an operation starts.
#[derive(Debug, Clone)]
pub(crate) struct WritePreconditions {
    /// Time of the server.
    pub(crate) now: Timestamp,
    /// Event id below those of all later events, if event ids ascend.
    pub(crate) newest_event: Option<i64>,
    /// Reason why jobs cannot be written; `None` if they can.
    pub(crate) obstacle: Option<String>,
    /// What the tables allow to rely on.
    pub(crate) traits: TableTraits,
}

/// Reads the newest event and whether this role may write these columns of the jobs, and events of this stage.
pub(crate) async fn read(
    db: &Database,
    layout: &Layout,
    columns: &[String],
    stage: Option<&EventStage>,
    timeout: Duration,
) -> Result<WritePreconditions, SourceError> {
    let newest = event_position::floor(layout);
    let jobs = regclass(&layout.relation);
    let events = layout.events.as_ref().map(|events| &events.relation);
    let events = events.map_or("null::regclass".to_owned(), regclass);
    let statement = PRECONDITIONS
        .replace("{newest}", &newest)
        .replace("{jobs}", &jobs)
        .replace("{job_events}", &events);
    let event_columns = event_columns(layout, stage);
    let params = [
        (&columns as &(dyn tokio_postgres::types::ToSql + Sync), Type::TEXT_ARRAY),
        (&event_columns, Type::TEXT_ARRAY),
    ];
    let row = db.row(timeout, &statement, &params).await?;
    let ids_grow = layout.events.as_ref().is_some_and(|events| events.ids_grow);
    // The statements of a declared table do not rely on any of it.
    let traits = match layout.declared {
        Some(_) => TableTraits::default(),
        None => TableTraits {
            changes_later: row.get("changes_later"),
            changes_at_commit: row.get("changes_at_commit"),
            has_transactions: row.get("has_transactions"),
            partition_key: partition_key(&row),
        },
    };
    let obstacle = match obstacle(layout, &row) {
        None => state_rows::missing_privilege(db, layout, timeout)
            .await?
            .map(|(privilege, object)| grant(&row, &privilege, &object)),
        found => found,
    };
    Ok(WritePreconditions {
        now: Timestamp::from_microsecond((row.get::<_, f64>("now") * 1e6) as i64)
            .unwrap_or(Timestamp::UNIX_EPOCH),
        newest_event: ids_grow.then(|| row.get("newest")),
        obstacle,
        traits,
    })
}

fn partition_key(row: &Row) -> Option<PartitionKey> {
    let [column, sql_type] = row.get::<_, Option<Vec<String>>>("partition_key")?.try_into().ok()?;
    Some(PartitionKey { column, sql_type })
}

const PRECONDITIONS: &str = include_str!("preconditions.sql");

fn regclass(relation: &Relation) -> String {
    format!("pg_catalog.to_regclass({})", literal(&relation.to_string()))
}

/// Returns the columns of an event that a write sets.
fn event_columns(layout: &Layout, stage: Option<&EventStage>) -> Vec<String> {
    let (Some(events), Some(stage)) = (&layout.events, stage) else { return vec![] };
    let mut columns = vec!["job_id".to_owned(), events.stage.clone(), stage.data.clone()];
    columns.extend(
        (events.workspace && layout.workspace.is_some()).then(|| "workspace_id".to_owned()),
    );
    columns
}

/// What a role that lacks a privilege needs.
fn grant(row: &Row, privilege: &str, object: &dyn std::fmt::Display) -> String {
    let role = row.get::<_, Option<String>>("role").unwrap_or_default();
    format!(
        "the role {role} needs {privilege} on {object}: GRANT {privilege} ON {object} TO {role}"
    )
}

/// Returns the first reason why nothing can be written.
fn obstacle(layout: &Layout, row: &Row) -> Option<String> {
    let text = |column| row.get::<_, Option<String>>(column);
    let role = text("role").unwrap_or_default();
    let grant = |privilege: &str, object: &dyn std::fmt::Display| grant(row, privilege, object);
    if row.get("standby") {
        return Some(
            "this server is a hot standby: it only replays another one; connect to the primary"
                .into(),
        );
    }
    if let Some(source) = text("read_only") {
        return Some(format!(
            "transactions are read-only here: default_transaction_read_only is on, set {}; nothing is written \
             against it",
            read_only_source(&source, &role)
        ));
    }
    if let Some(obstacle) = layout.declared.as_ref().and_then(declared::obstacle) {
        return Some(obstacle.to_owned());
    }
    // A job is found again by the place of its row, which a view does not show.
    if layout.declared.is_none() && !row.get::<_, bool>("is_table") {
        return Some(format!(
            "{} is not a table: write to the table below it, as [context.NAME.queue] declares it",
            layout.relation
        ));
    }
    if let Some(columns) = text("missing_update") {
        return Some(format!(
            "this role may not update the jobs table: {}",
            grant(&format!("UPDATE ({columns})"), &layout.relation)
        ));
    }
    if row.get("update_policy_missing") {
        return Some(format!(
            "row-level security of {} has no policy that lets the role {role} update a job",
            layout.relation
        ));
    }
    if layout.events_unseen.is_some() {
        return Some(format!(
            "this role does not see all rows of job_events, and an operation could not be found there again: \
             the role {role} needs SELECT on job_events, and a policy that shows every row if row-level \
             security is on"
        ));
    }
    if let Some(events) = &layout.events {
        if let Some(columns) = text("missing_insert") {
            return Some(format!(
                "this role may not insert into job_events, and no job is requeued without its event: {}",
                grant(&format!("INSERT ({columns})"), &events.relation)
            ));
        }
        if row.get("insert_policy_missing") {
            return Some(format!(
                "row-level security of {} has no policy that lets the role {role} insert an event, and no job is \
                 requeued without its event",
                events.relation
            ));
        }
        if let Some(sequence) = text("missing_sequence") {
            return Some(format!(
                "this role may not number events, and no job is requeued without its event: the role {role} needs \
                 USAGE on the sequence {sequence}: GRANT USAGE ON SEQUENCE {sequence} TO {role}"
            ));
        }
    }
    if let Some(doubt) = &layout.zone_doubt {
        return Some(format!("{doubt}: a requeued job could be due hours later"));
    }
    if let Some(reason) = layout.unread(Lifecycle::Dead, &[Meaning::Removal, Meaning::Attempts]) {
        return Some(format!("{reason}: a requeued job could be one that no worker may take"));
    }
    layout.state_column_assumed.then(|| {
        "both state and status exist, and it is not known which one the worker's claim reads: a write to one \
         of them could hide the job; set state_column in the context"
            .into()
    })
}

/// Returns where `default_transaction_read_only` is set, from the source that the server names.
fn read_only_source(source: &str, role: &str) -> String {
    match source {
        "user" => {
            format!("for the role {role} (ALTER ROLE {role} RESET default_transaction_read_only)")
        }
        "database" => {
            "for the database (ALTER DATABASE … RESET default_transaction_read_only)".into()
        }
        "database user" => format!("for the role {role} in this database"),
        "client" => "by the connection (options in the database URL, or PGOPTIONS)".into(),
        "session" => "in the session, perhaps by a pooler".into(),
        other => format!("by the server ({other}); hosted servers do so when the disk is full"),
    }
}

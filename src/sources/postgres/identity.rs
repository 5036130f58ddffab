//! Reads which database this is.

use std::time::Duration;

use super::Database;
use crate::facts::SourceError;
use crate::facts::identity::{DatabaseIdentity, ServerRun};

/// The functions of the control file can be revoked; then the rest has to do.
const QUERY: &str = "
  select d.oid::bigint as oid, d.datname::text as name,
         (extract(epoch from pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint as started,
         case when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
              then (select system_identifier::text from pg_catalog.pg_control_system()) end as system
    from pg_catalog.pg_database d
   where d.datname = pg_catalog.current_database()";

/// Returns the identity of the database.
pub(crate) async fn read(
    db: &Database,
    timeout: Duration,
) -> Result<DatabaseIdentity, SourceError> {
    Ok(read_both(db, timeout).await?.0)
}

/// Returns the database with the start of its server; `None` if the server does not say which one it is.
pub(crate) async fn server_run(
    db: &Database,
    timeout: Duration,
) -> Result<Option<ServerRun>, SourceError> {
    let (identity, started) = read_both(db, timeout).await?;
    Ok(identity.run(started))
}

async fn read_both(
    db: &Database,
    timeout: Duration,
) -> Result<(DatabaseIdentity, i64), SourceError> {
    let row = db.row(timeout, QUERY, &[]).await?;
    let identity = DatabaseIdentity {
        system: row.get("system"),
        oid: u32::try_from(row.get::<_, i64>("oid")).unwrap_or_default(),
        name: row.get("name"),
    };
    Ok((identity, row.get("started")))
}

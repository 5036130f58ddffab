//! Reads which database this is.

use std::time::Duration;

use super::Database;
use crate::facts::SourceError;
use crate::facts::identity::DatabaseIdentity;

/// The functions of the control file can be revoked; then the rest has to do.
const QUERY: &str = "
  select d.oid::bigint as oid, d.datname::text as name,
         case when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
              then (select system_identifier::text from pg_catalog.pg_control_system()) end as system
    from pg_catalog.pg_database d
   where d.datname = pg_catalog.current_database()";

/// Returns the identity of the database.
pub(crate) async fn read(
    db: &Database,
    timeout: Duration,
) -> Result<DatabaseIdentity, SourceError> {
    let row = db.row(timeout, QUERY, &[]).await?;
    Ok(DatabaseIdentity {
        system: row.get("system"),
        oid: u32::try_from(row.get::<_, i64>("oid")).unwrap_or_default(),
        name: row.get("name"),
    })
}

//! Finds jobs by the start of their id.

use std::time::Duration;

use tokio_postgres::types::{ToSql, Type};

use super::text;
use crate::facts::SourceError;
use crate::queue::{IdType, Layout, sql};
use crate::sources::postgres::Database;
use crate::sources::postgres::row_types;

/// A job whose id starts with a prefix.
#[derive(Debug)]
pub(crate) struct JobWithPrefix {
    /// Its id.
    pub(crate) id: String,
    /// Its kind.
    pub(crate) kind: Option<String>,
    /// Its state, as the table spells it.
    pub(crate) state: Option<String>,
}

/// Returns up to `limit` jobs whose ids start with `prefix`, ordered by id. In a table with ids of type text, a job
/// with exactly this id is the only one. Numbers have no prefixes.
pub(crate) async fn with_prefix(
    db: &Database,
    layout: &Layout,
    prefix: &str,
    limit: u32,
    timeout: Duration,
) -> Result<Vec<JobWithPrefix>, SourceError> {
    let (first, last) = match layout.id {
        IdType::Uuid => (fill(prefix, '0'), fill(prefix, 'f')),
        IdType::Text => (prefix.to_owned(), prefix.to_owned()),
        IdType::BigInt => return Ok(vec![]),
    };
    let id_type = layout.id.sql();
    let range = format!("id >= $1::text::{id_type} and id <= $2::text::{id_type}");
    let exact = find(db, layout, &range, &[&first, &last], (limit, timeout)).await?;
    if layout.id == IdType::Uuid || !exact.is_empty() {
        return Ok(exact);
    }
    find(db, layout, "starts_with(id::text, $1)", &[&first], (limit, timeout)).await
}

async fn find(
    db: &Database,
    layout: &Layout,
    condition: &str,
    parameters: &[&String],
    (limit, timeout): (u32, Duration),
) -> Result<Vec<JobWithPrefix>, SourceError> {
    let statement = format!(
        "select id::text as id, {} as kind, {}::text as state from {} where {condition} \
         order by id limit {limit}",
        text(layout.kind.as_ref()),
        sql::ident(&layout.state_column),
        layout.rows_as("jobs"),
    );
    let parameters: Vec<_> =
        parameters.iter().map(|text| (*text as &(dyn ToSql + Sync), Type::TEXT)).collect();
    let rows = db.rows(timeout, &statement, &parameters).await?;
    let job = |row| JobWithPrefix {
        id: row_types::shown_id(row),
        kind: row_types::text(row, "kind"),
        state: row_types::text(row, "state"),
    };
    Ok(rows.iter().map(job).collect())
}

/// Completes the start of a uuid with this digit.
fn fill(prefix: &str, digit: char) -> String {
    let rest = "00000000-0000-0000-0000-000000000000".get(prefix.len()..).unwrap_or_default();
    let rest = rest.chars().map(|c| if c == '-' { c } else { digit });
    prefix.chars().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_of_a_uuid_is_completed_to_the_ends_of_its_range() {
        assert_eq!(fill("0a9f", 'f'), "0a9fffff-ffff-ffff-ffff-ffffffffffff");
        assert_eq!(fill("0a9f0000-", '0'), "0a9f0000-0000-0000-0000-000000000000");
        assert_eq!(fill("0a9f0000-12", 'f'), "0a9f0000-12ff-ffff-ffff-ffffffffffff");
    }
}

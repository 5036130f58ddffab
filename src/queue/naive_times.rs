//! The zone in which times without a zone are written.

use super::catalog::{CatalogTable, NaiveColumn, NaiveTimes, TableCatalog};
use super::time_column::TimeColumn;

/// Precision of the columns that Prisma creates. Its client writes their default itself, in UTC.
const PRISMA_PRECISION: i32 = 3;

/// Zone of applications that write the times themselves.
const UTC: &str = "UTC";

/// The zone, and why. A default `now()` stores the local time of the session, so that functions of this
/// database do as well; a table without one is written by an application, in UTC.
fn zone_of(times: &NaiveTimes) -> (String, &'static str) {
    let stores_session_time = |column: &NaiveColumn| {
        let default = column.default.to_ascii_lowercase();
        let is_now = ["now()", "current_timestamp", "localtimestamp", "transaction_timestamp()"]
            .iter()
            .any(|now| default.contains(now));
        // `now() at time zone 'utc'` states its zone.
        is_now && column.precision != PRISMA_PRECISION && !states_zone(&default)
    };
    if !times.columns.iter().any(stores_session_time) {
        return (UTC.to_owned(), "no default stores the time of the session");
    }
    match &times.session_zone {
        Some(zone) => {
            (zone.clone(), "a default now() stores the time of the session, and this is its zone")
        }
        None => (
            UTC.to_owned(),
            "a default now() stores the time of the session, whose zone this role does not see",
        ),
    }
}

fn states_zone(default: &str) -> bool {
    default.contains("at time zone") || default.contains("timezone(")
}

/// Builds the time columns of a table, and states the assumption once.
pub(crate) struct TimeColumns<'a> {
    catalog: &'a TableCatalog,
    zone: (String, &'static str),
}

impl<'a> TimeColumns<'a> {
    pub(crate) fn new(catalog: &'a TableCatalog) -> Self {
        Self { catalog, zone: zone_of(&catalog.naive_times) }
    }

    /// The assumption about the zone, if a table has columns without one.
    pub(crate) fn assumption(&self) -> Option<String> {
        let (zone, why) = &self.zone;
        let is_needed = !self.catalog.naive_times.columns.is_empty();
        is_needed.then(|| format!("times without a zone are read in {zone}: {why}"))
    }

    /// The column with this name.
    pub(crate) fn column(&self, table: &CatalogTable, name: String) -> TimeColumn {
        let is_naive = table.column(&name).is_some_and(|column| column.is_any(&["timestamp"]));
        TimeColumn { name, zone: is_naive.then(|| self.zone.0.clone()) }
    }

    /// The first of these columns that exists.
    pub(crate) fn first_of(&self, table: &CatalogTable, names: &[&str]) -> Option<TimeColumn> {
        table.first_of(names).map(|name| self.column(table, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(columns: &[(i32, &str)], session: Option<&str>) -> String {
        let column = |&(precision, default): &(i32, &str)| NaiveColumn {
            precision,
            default: default.to_owned(),
        };
        let columns = columns.iter().map(column).collect();
        zone_of(&NaiveTimes { columns, session_zone: session.map(str::to_owned) }).0
    }

    #[test]
    fn default_now_stores_the_time_of_the_session() {
        let tokyo = Some("Asia/Tokyo");
        assert_eq!(zone(&[(-1, ""), (-1, "now()")], tokyo), "Asia/Tokyo");
        assert_eq!(zone(&[(6, "CURRENT_TIMESTAMP")], tokyo), "Asia/Tokyo");
        assert_eq!(zone(&[(-1, "now()")], None), "UTC");
    }

    #[test]
    fn application_times_are_utc() {
        let tokyo = Some("Asia/Tokyo");
        assert_eq!(zone(&[(3, "CURRENT_TIMESTAMP")], tokyo), "UTC");
        assert_eq!(zone(&[(6, "")], tokyo), "UTC");
        assert_eq!(zone(&[(-1, "(now() AT TIME ZONE 'utc'::text)")], tokyo), "UTC");
        assert_eq!(zone(&[(-1, "timezone('utc'::text, now())")], tokyo), "UTC");
    }
}

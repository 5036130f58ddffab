//! The zone in which times without a zone are written.

use super::catalog::{CatalogFunction, CatalogTable, NaiveColumn, TableCatalog};
use super::claim::mentions;
use super::time_column::TimeColumn;

/// Precision of the columns that Prisma creates. Its client writes their default itself, in UTC.
const PRISMA_PRECISION: i32 = 3;

/// Zone of applications that write the times themselves.
const UTC: &str = "UTC";

/// An age in seconds at which the newest time shows that workers are alive.
const RECENT: f64 = 15.0 * 60.0;

/// Times that are this many seconds ahead can be those of another clock.
const CLOCK_TOLERANCE: f64 = -30.0;

/// The zone in which times without one are read.
struct Zone {
    name: String,
    why: &'static str,
    /// The zone of this database, if the times could be written in that one as well.
    or: Option<String>,
}

/// What decides the zone without the data: the context, the defaults of columns, and functions. A default `now()`, and a
/// function that mentions a column without a zone and `now()`, use the local time of the session.
fn decided(catalog: &TableCatalog) -> Option<Zone> {
    let times = &catalog.naive_times;
    let zone = |name: &str, why| Some(Zone { name: name.to_owned(), why, or: None });
    if let Some(setting) = &times.setting {
        return zone(setting, "time_zone of the context");
    }
    let has_now = |column: &&NaiveColumn| uses_session_time(&column.default);
    let is_prisma = |column: &&NaiveColumn| column.precision == PRISMA_PRECISION;
    if times.columns.iter().filter(has_now).any(|column| !is_prisma(&column)) {
        return match &times.session_zone {
            Some(name) => {
                zone(name, "a default now() stores the time of the session, and this is its zone")
            }
            None => zone(
                UTC,
                "a default now() stores the time of the session, whose zone this role does not see",
            ),
        };
    }
    let states_zone = |column: &NaiveColumn| states_zone(&column.default.to_ascii_lowercase());
    if times.columns.iter().any(states_zone)
        || times.columns.iter().filter(has_now).any(|column| is_prisma(&column))
    {
        return zone(UTC, "no default stores the time of the session");
    }
    let writes_session_time = |function: &CatalogFunction| {
        let names = times.columns.iter().map(|column| column.name.as_str());
        uses_session_time(&function.source)
            && names.into_iter().any(|name| mentions(&function.source, name))
    };
    match &times.session_zone {
        Some(name) if catalog.evidence.functions.iter().any(writes_session_time) => {
            zone(name, "a function uses now(), the time of the session, and this is its zone")
        }
        Some(_) => None,
        None => zone(UTC, "no default stores the time of the session"),
    }
}

/// The zone of this database, if only the times themselves can show whether they are written in it or in UTC.
pub(crate) fn undecided_zone(catalog: &TableCatalog) -> Option<String> {
    match decided(catalog) {
        Some(_) => None,
        None => catalog.naive_times.session_zone.clone(),
    }
}

/// The zone, and why. A table whose zone nothing else shows is written by an application, in UTC. In another zone its
/// newest time would be in the future, or hours old while workers are alive.
fn zone_of(catalog: &TableCatalog) -> Zone {
    if let Some(zone) = decided(catalog) {
        return zone;
    }
    let times = &catalog.naive_times;
    let (name, why) = (UTC.to_owned(), "no default stores the time of the session");
    let Some((newest, session)) = times.newest.zip(times.session_zone.clone()) else {
        return Zone { name, why, or: None };
    };
    let is_possible = |age: f64| age >= CLOCK_TOLERANCE;
    if !is_possible(newest.utc_age) && is_possible(newest.session_age) {
        let why = "in UTC its times would be in the future, and this is the zone of this database";
        return Zone { name: session, why, or: None };
    }
    let is_recent = |age: f64| is_possible(age) && age < RECENT;
    let is_local = is_recent(newest.session_age) && !is_recent(newest.utc_age);
    Zone { name, why, or: is_local.then_some(session) }
}

/// Whether this SQL has the time of the session. `now() at time zone 'utc'` states its zone.
fn uses_session_time(sql: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    let is_now = ["now()", "current_timestamp", "localtimestamp", "transaction_timestamp()"]
        .iter()
        .any(|now| sql.contains(now));
    is_now && !states_zone(&sql)
}

fn states_zone(default: &str) -> bool {
    default.contains("at time zone") || default.contains("timezone(")
}

/// Builds the time columns of a table, and states the assumption once.
pub(crate) struct TimeColumns<'a> {
    catalog: &'a TableCatalog,
    zone: Zone,
}

impl<'a> TimeColumns<'a> {
    pub(crate) fn new(catalog: &'a TableCatalog) -> Self {
        Self { catalog, zone: zone_of(catalog) }
    }

    /// The assumption about the zone, if a table has columns without one.
    pub(crate) fn assumption(&self) -> Option<String> {
        let Zone { name, why, .. } = &self.zone;
        let is_needed = !self.catalog.naive_times.columns.is_empty();
        is_needed.then(|| format!("times without a zone are read in {name}: {why}"))
    }

    /// Why the zone is not known, if the times show it.
    pub(crate) fn doubt(&self) -> Option<String> {
        let other = self.zone.or.as_ref()?;
        Some(format!(
            "the newest time without a zone is recent in {other}, the zone of this database, and not in {}: set \
             time_zone in the context",
            self.zone.name
        ))
    }

    /// The column with this name.
    pub(crate) fn column(&self, table: &CatalogTable, name: String) -> TimeColumn {
        let is_naive = table.column(&name).is_some_and(|column| column.is_any(&["timestamp"]));
        TimeColumn { name, zone: is_naive.then(|| self.zone.name.clone()) }
    }

    /// The first of these columns that exists, if it holds a time.
    pub(crate) fn first_of(&self, table: &CatalogTable, names: &[&str]) -> Option<TimeColumn> {
        let first = table.first_of(names)?;
        let is_time = table.column(&first).is_some_and(|column| !column.is_no_time());
        is_time.then(|| self.column(table, first))
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::{NaiveTimes, NewestTime};
    use super::*;

    fn catalog(columns: &[(i32, &str)], session: Option<&str>) -> TableCatalog {
        let column = |&(precision, default): &(i32, &str)| NaiveColumn {
            name: "locked_at".to_owned(),
            precision,
            default: default.to_owned(),
        };
        let columns = columns.iter().map(column).collect();
        let session_zone = session.map(str::to_owned);
        let naive_times = NaiveTimes { columns, session_zone, ..NaiveTimes::default() };
        TableCatalog { naive_times, ..TableCatalog::default() }
    }

    fn zone(columns: &[(i32, &str)], session: Option<&str>) -> String {
        zone_of(&catalog(columns, session)).name
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

    #[test]
    fn functions_and_the_context_decide_what_defaults_do_not() {
        let mut catalog = catalog(&[(6, "")], Some("Asia/Tokyo"));
        assert_eq!(undecided_zone(&catalog).as_deref(), Some("Asia/Tokyo"));
        let claim =
            |source: &str| CatalogFunction { name: "claim".to_owned(), source: source.to_owned() };
        // The times of other columns have a zone.
        catalog.evidence.functions = vec![claim("update jobs set claimed_at = now()")];
        assert_eq!(undecided_zone(&catalog).as_deref(), Some("Asia/Tokyo"));
        catalog.evidence.functions = vec![claim("update jobs set a = (now() at time zone 'utc')")];
        assert_eq!(zone_of(&catalog).name, "UTC");
        catalog.evidence.functions = vec![claim("update jobs set locked_at = NOW()")];
        assert_eq!(zone_of(&catalog).name, "Asia/Tokyo");
        catalog.naive_times.setting = Some("Europe/Paris".to_owned());
        assert_eq!(zone_of(&catalog).name, "Europe/Paris");
    }

    #[test]
    fn newest_time_decides_or_leaves_the_zone_open() {
        const HOUR: f64 = 3600.0;
        for (session, utc_age, session_age, name, is_open) in [
            ("Asia/Tokyo", 10.0, 9.0 * HOUR, "UTC", false),
            ("Asia/Tokyo", -9.0 * HOUR, 10.0, "Asia/Tokyo", false),
            ("Asia/Tokyo", -3.0 * HOUR, 6.0 * HOUR, "Asia/Tokyo", false),
            ("Asia/Tokyo", 2.0 * HOUR, 11.0 * HOUR, "UTC", false),
            ("America/New_York", 10.0, -5.0 * HOUR, "UTC", false),
            ("America/New_York", 3.0 * HOUR, -2.0 * HOUR, "UTC", false),
            ("America/New_York", 5.0 * HOUR + 10.0, 10.0, "UTC", true),
            ("America/New_York", 9.0 * HOUR, 4.0 * HOUR, "UTC", false),
            ("UTC", 10.0, 10.0, "UTC", false),
        ] {
            let mut catalog = catalog(&[(6, "")], Some(session));
            catalog.naive_times.newest = Some(NewestTime { utc_age, session_age });
            let zone = zone_of(&catalog);
            assert_eq!(
                (zone.name.as_str(), zone.or.is_some()),
                (name, is_open),
                "{session} {utc_age}"
            );
        }
    }
}

//! How a statement finds the rows of a declared table, or of that of a package.

use crate::queue::Declared;
use crate::queue::sql::ident;

/// The column of the id, as SQL.
pub(super) fn id_column(declared: &Declared) -> String {
    // Without a column there is an obstacle, and no statement runs.
    ident(declared.id_column.as_deref().unwrap_or("id"))
}

/// The condition that `job` is the version of the row that `key` names.
pub(super) fn same_version(declared: &Declared, id: &str, key: &str) -> String {
    let place = declared.package.as_ref().and_then(|package| package.place.as_ref());
    let same_place = place.map(|place| format!(" and job.{} = {key}.place", ident(place)));
    let same_place = same_place.unwrap_or_default();
    format!("job.{id} = {key}.id{same_place} and job.xmin::text = {key}.version")
}

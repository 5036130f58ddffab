//! The table of settings and their origins, for `config show` and `handoff`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Cell, Column, Table};
use crate::settings::SettingRow;

/// A setting. Its value is already redacted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SettingJson {
    /// Name.
    pub(crate) name: String,
    /// Value; empty if it is not set.
    pub(crate) value: String,
    /// Origin of the value, or reason why it is missing.
    pub(crate) origin: String,
}

impl From<SettingRow> for SettingJson {
    fn from(SettingRow { name, value, origin }: SettingRow) -> Self {
        Self { name, value, origin }
    }
}

/// Builds the table, one setting per row.
pub(crate) fn table(settings: &[SettingJson]) -> Table {
    let mut table =
        Table::new(vec![Column::text("setting"), Column::prose("value"), Column::prose("from")]);
    for SettingJson { name, value, origin } in settings {
        let value = if value.is_empty() { "-" } else { value };
        table.row(vec![Cell::plain(name), Cell::plain(value), Cell::muted(origin)]);
    }
    table
}

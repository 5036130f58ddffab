//! Keys that version 0.1.0 wrote into files under other names. They are renamed when such a file is read.

use serde_json::Value;

/// One line per key: what it is part of, the old name, the new name.
const OLD_KEYS: &str = include_str!("old_keys.tsv");

/// What a key is part of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyOwner {
    /// The access contract.
    Contract,
    /// The layout of the jobs table in a saved triage.
    Layout,
    /// The counts of a saved triage.
    Queue,
    /// The details of a snapshot.
    Snapshot,
}

impl KeyOwner {
    fn as_str(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Layout => "layout",
            Self::Queue => "queue",
            Self::Snapshot => "snapshot",
        }
    }

    /// Returns the new name of a key; `None` if it was not renamed.
    fn new_name(self, key: &str) -> Option<&'static str> {
        OLD_KEYS.lines().find_map(|line| {
            let mut fields = line.split('\t');
            let is_key = fields.next() == Some(self.as_str()) && fields.next() == Some(key);
            if is_key { fields.next() } else { None }
        })
    }
}

/// Renames the keys in a JSON value. It must have no maps with keys from outside.
pub(crate) fn rename_in_json(owner: KeyOwner, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, mut value) in std::mem::take(fields) {
                rename_in_json(owner, &mut value);
                let key = owner.new_name(&key).map_or(key, str::to_owned);
                fields.insert(key, value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename_in_json(owner, item)),
        _ => {}
    }
}

/// Renames the keys in the tables of a section: those of each `[SECTION.NAME]`, not of tables below.
pub(crate) fn rename_in_tables(owner: KeyOwner, section: &mut toml::Value) {
    let Some(tables) = section.as_table_mut() else { return };
    for (_, table) in tables.iter_mut() {
        let Some(fields) = table.as_table_mut() else { continue };
        for (key, value) in std::mem::take(fields) {
            let key = owner.new_name(&key).map_or(key, str::to_owned);
            fields.insert(key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn old_keys_are_renamed_at_every_depth_and_new_ones_stay() {
        let mut value =
            json!({"in_progress": 1, "by_kind": [{"in_progress": 2, "due": 3}], "claimed_at": 4});
        rename_in_json(KeyOwner::Queue, &mut value);
        assert_eq!(
            value,
            json!({"claimed": 1, "by_kind": [{"claimed": 2, "due": 3}], "claimed_at": 4})
        );
    }

    #[test]
    fn every_line_names_an_owner_and_two_keys() {
        for line in OLD_KEYS.lines() {
            let fields: Vec<_> = line.split('\t').collect();
            assert!(
                matches!(fields.as_slice(), ["contract" | "layout" | "queue" | "snapshot", _, _]),
                "{line}"
            );
        }
    }
}

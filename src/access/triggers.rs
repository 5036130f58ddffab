//! Which triggers a command fires: those of its table, of partitions and inheriting tables, and of tables whose rows a
//! foreign key changes with it.

use std::collections::{BTreeSet, HashMap};

use crate::facts::access::catalog::{Cascade, Relation, Trigger};
use crate::facts::access::{AccessCatalog, SqlCommand};

/// Triggers and the ways that lead to them, by table.
pub(crate) struct Triggers<'a> {
    by_table: HashMap<&'a str, Vec<&'a Trigger>>,
    heirs: HashMap<&'a str, Vec<&'a Relation>>,
    referencing: HashMap<&'a str, Vec<(&'a Relation, &'a Cascade)>>,
}

/// A trigger that a command fires.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fired<'a> {
    /// Name.
    pub(crate) name: &'a str,
    /// Signature of the function.
    pub(crate) function: &'a str,
    /// Table of the trigger.
    pub(crate) table: &'a str,
    /// The owner whose rights it has without SECURITY DEFINER, if a foreign key fires it.
    pub(crate) owner: Option<&'a str>,
}

impl<'a> Fired<'a> {
    fn new(trigger: &'a Trigger, owner: Option<&'a str>) -> Self {
        Self { name: &trigger.name, function: &trigger.function, table: &trigger.table, owner }
    }
}

/// A change of rows that fires triggers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Change<'a> {
    table: &'a str,
    command: SqlCommand,
    /// Whether the statement names the table, which fires its triggers for statements.
    is_named: bool,
    /// The owner that the statement of a foreign key runs as.
    owner: Option<&'a str>,
}

impl<'a> Triggers<'a> {
    /// Indexes the catalog.
    pub(crate) fn new(catalog: &'a AccessCatalog) -> Self {
        let mut all =
            Self { by_table: HashMap::new(), heirs: HashMap::new(), referencing: HashMap::new() };
        for trigger in &catalog.triggers {
            all.by_table.entry(&trigger.table).or_default().push(trigger);
        }
        for relation in &catalog.relations {
            for parent in &relation.inherits {
                all.heirs.entry(parent).or_default().push(relation);
            }
            for cascade in &relation.cascades {
                all.referencing.entry(&cascade.parent).or_default().push((relation, cascade));
            }
        }
        all
    }

    /// The triggers that a command on a table fires, each function once. `columns` are those that an UPDATE may change;
    /// all if `None`.
    pub(crate) fn fired(
        &self,
        table: &'a Relation,
        command: SqlCommand,
        columns: Option<&[String]>,
    ) -> Vec<Fired<'a>> {
        let mut found: Vec<Fired<'a>> = Vec::new();
        let first = Change { table: &table.name, command, is_named: true, owner: None };
        let mut pending = vec![(first, table)];
        let mut visited = BTreeSet::new();
        while let Some((change, table)) = pending.pop() {
            if !visited.insert(change) {
                continue;
            }
            for fired in self.of(change) {
                // The trigger of a partition may be a copy of its parent's.
                let same = |f: &&Fired<'_>| {
                    (f.name, f.function, f.owner) == (fired.name, fired.function, fired.owner)
                };
                if !found.iter().any(|f| same(&f)) {
                    found.push(fired);
                }
            }
            let columns = columns.filter(|_| change.owner.is_none());
            // From the end of the list the nearest come first.
            pending.extend(self.cascaded(change, columns));
            pending.extend(self.inherited(change, table, columns));
        }
        found
    }

    /// The triggers that a command fires even if it reaches no row: those for statements.
    pub(crate) fn fired_without_rows(
        &self,
        table: &'a Relation,
        command: SqlCommand,
    ) -> Vec<Fired<'a>> {
        let triggers = self.by_table.get(table.name.as_str()).map_or(&[][..], Vec::as_slice);
        let fired = triggers.iter().filter(|t| t.events.contains(&command) && !t.for_each_row);
        fired.map(|t| Fired::new(t, None)).collect()
    }

    fn of(&self, change: Change<'a>) -> impl Iterator<Item = Fired<'a>> {
        let triggers = self.by_table.get(change.table).map_or(&[][..], Vec::as_slice);
        let fired = triggers.iter().filter(move |t| {
            t.events.contains(&change.command) && (change.is_named || t.for_each_row)
        });
        fired.map(move |t| Fired::new(t, change.owner.filter(|_| t.owner_in_cascade)))
    }

    /// The changes of partitions and inheriting tables. An UPDATE of the partition key deletes a row here and inserts
    /// it there.
    fn inherited(
        &self,
        change: Change<'a>,
        table: &'a Relation,
        columns: Option<&[String]>,
    ) -> Vec<(Change<'a>, &'a Relation)> {
        let is_changed = |key: &String| columns.is_none_or(|columns| columns.contains(key));
        let moves =
            change.command == SqlCommand::Update && table.partition_key.iter().any(is_changed);
        let commands: &[SqlCommand] = match moves {
            true => &[SqlCommand::Delete, SqlCommand::Insert, SqlCommand::Update],
            false => &[change.command],
        };
        let mut changes = Vec::new();
        for command in commands.iter().copied() {
            let heirs = self.heirs.get(change.table).map_or(&[][..], Vec::as_slice);
            // A foreign key names ONLY the table, unless it is partitioned.
            let is_reached = |heir: &&&Relation| {
                heir.partition_of.is_some()
                    || command != SqlCommand::Insert && change.owner.is_none()
            };
            let of_rows = Change { command, is_named: false, ..change };
            changes.extend(
                heirs.iter().filter(is_reached).map(|h| (Change { table: &h.name, ..of_rows }, *h)),
            );
            if moves {
                changes.push((of_rows, table));
            }
        }
        changes
    }

    /// The changes that foreign keys make.
    fn cascaded(
        &self,
        change: Change<'a>,
        columns: Option<&[String]>,
    ) -> Vec<(Change<'a>, &'a Relation)> {
        let references = self.referencing.get(change.table).map_or(&[][..], Vec::as_slice);
        let changed = references.iter().filter_map(|(table, key)| {
            let is_changed = |c: &String| columns.is_none_or(|columns| columns.contains(c));
            let command = match (change.command, key.on_delete, key.on_update) {
                (SqlCommand::Delete, 'c', _) => SqlCommand::Delete,
                (SqlCommand::Delete, 'n' | 'd', _) => SqlCommand::Update,
                (SqlCommand::Update, _, 'c' | 'n' | 'd')
                    if key.referenced.iter().any(is_changed) =>
                {
                    SqlCommand::Update
                }
                _ => return None,
            };
            let owner = Some(table.owner.as_str());
            Some((Change { table: &table.name, command, is_named: true, owner }, *table))
        });
        changed.collect()
    }
}

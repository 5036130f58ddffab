//! Which triggers a command fires: those of its table, of partitions and inheriting tables, and of tables whose rows a
//! foreign key changes with it.

use std::collections::{BTreeSet, HashMap};

use super::body::Body;
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

/// The columns that a client does not choose: a trigger sets them before a row is stored, or refuses values of them.
pub(crate) fn governed_columns(
    catalog: &AccessCatalog,
    table: &Relation,
    command: SqlCommand,
) -> BTreeSet<String> {
    decided(catalog, table, command).map(|a| a.column).collect()
}

/// Whether a trigger makes the caller the owner of each row that a command stores: it sets every column with an id that
/// the policies of the table compare.
pub(crate) fn sets_owner(catalog: &AccessCatalog, table: &Relation, command: SqlCommand) -> bool {
    let decided = decided(catalog, table, command).filter(|a| a.is_of_caller);
    let set: BTreeSet<_> = decided.map(|a| a.column).collect();
    if set.is_empty() {
        return false;
    }
    let is_id = |column: &&String| {
        table.types.iter().any(|c| c.column == **column && c.base == "uuid")
            && !table.key.contains(column)
    };
    let compared = catalog.policies_on(&table.name).flat_map(|p| &p.columns).filter(is_id);
    let compared: BTreeSet<_> = compared.collect();
    match compared.is_empty() {
        true => set.iter().any(|c| c.starts_with("owner") || c.starts_with("user")),
        false => compared.into_iter().all(|column| set.contains(column)),
    }
}

fn decided<'a>(
    catalog: &'a AccessCatalog,
    table: &'a Relation,
    command: SqlCommand,
) -> impl Iterator<Item = Assignment> + 'a {
    let triggers = catalog.triggers.iter().filter(move |t| {
        t.table == table.name && t.before && t.for_each_row && t.events.contains(&command)
    });
    let functions = triggers.filter_map(|t| catalog.function(&t.function));
    let functions = functions.filter(|f| f.language == "plpgsql");
    functions.flat_map(move |f| assignments(&Body::new(&f.source), command))
}

/// A column that a trigger decides.
struct Assignment {
    column: String,
    is_of_caller: bool,
}

/// A part of a function that only runs under a condition.
struct Branch<'t> {
    is_case: bool,
    /// Tokens of the condition; `None` if it always holds for the command.
    condition: Option<&'t [&'t str]>,
}

/// The columns of NEW that a function always sets, or whose values it refuses.
fn assignments(body: &Body, command: SqlCommand) -> Vec<Assignment> {
    let tokens: Vec<&str> = body.tokens().iter().map(String::as_str).collect();
    let word = |at: usize| tokens.get(at).copied().unwrap_or_default();
    let until = |from: usize, end: &str| {
        let length = tokens[from..].iter().position(|t| *t == end).unwrap_or(0);
        &tokens[from..from + length]
    };
    let (mut found, mut branches) = (Vec::new(), Vec::<Branch<'_>>::new());
    let other = |is_case| Branch { is_case, condition: Some(&[]) };
    for at in 0..tokens.len() {
        let is_closing = at > 0 && word(at - 1) == "end";
        match word(at) {
            "if" | "loop" | "case" if is_closing => _ = branches.pop(),
            // Of an expression: CASE … END.
            "end" if branches.last().is_some_and(|b| b.is_case) && word(at + 1) != "case" => {
                branches.pop();
            }
            "if" | "elsif" | "elseif" => {
                if word(at) != "if" {
                    branches.pop();
                }
                let condition = until(at + 1, "then");
                let condition = Some(condition).filter(|c| !is_of_command(c, command));
                branches.push(Branch { is_case: false, condition });
            }
            "else" if branches.last().is_some_and(|b| !b.is_case) => {
                branches.pop();
                branches.push(other(false));
            }
            "loop" => branches.push(other(false)),
            "case" => branches.push(other(true)),
            "raise" if !is_message(word(at + 1)) => found.extend(refused(&branches)),
            "return" if word(at + 1) == "null" => found.extend(refused(&branches)),
            "new" if word(at + 1) == "." && branches.iter().all(|b| b.condition.is_none()) => {
                let value = match (word(at + 3), word(at + 4)) {
                    (":", "=") => until(at + 5, ";"),
                    ("=", _) => until(at + 4, ";"),
                    _ => continue,
                };
                let column = word(at + 2);
                let keeps = value.windows(3).any(|w| w[0] == "new" && w[2] == column);
                let is_statement = matches!(word(at - 1), ";" | "begin" | "then");
                if is_statement && !keeps {
                    let is_of_caller = value.windows(2).any(|w| w == ["auth", "."])
                        || value.contains(&"current_setting");
                    found.push(Assignment { column: column.to_owned(), is_of_caller });
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether RAISE with this level only writes a message.
fn is_message(level: &str) -> bool {
    matches!(level, "notice" | "log" | "debug" | "info" | "warning")
}

/// The columns of NEW that the conditions around a refusal name.
fn refused(branches: &[Branch<'_>]) -> Vec<Assignment> {
    let conditions = branches.iter().filter_map(|b| b.condition);
    let named = conditions.flat_map(|c| c.windows(3).filter(|w| w[..2] == ["new", "."]));
    named.map(|w| Assignment { column: w[2].to_owned(), is_of_caller: false }).collect()
}

/// Whether a condition of a trigger only asks for the command.
fn is_of_command(condition: &[&str], command: SqlCommand) -> bool {
    let word = format!("'{}'", command.sql());
    match condition {
        ["tg_op", "=", value] => *value == word,
        ["(", inner @ .., ")"] => is_of_command(inner, command),
        ["tg_op", "in", "(", values @ .., ")"] => values.contains(&word.as_str()),
        _ => false,
    }
}

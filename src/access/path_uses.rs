//! What roles do at the end of paths, as an access contract lists it.

use super::paths::{Paths, ReachableTables};
use crate::facts::access::SqlCommand;
use crate::facts::access::catalog::{Relation, RewriteRule, Role, SqlFunction};
use crate::facts::access::contract::{PathUse, PathWrite};

impl<'a> Paths<'a> {
    /// What a role reaches through a view by the commands that it holds grants for.
    pub(crate) fn of_view(
        &self,
        view: &'a Relation,
        role: &Role,
    ) -> (ReachableTables, Vec<PathUse>) {
        if !role.schemas.contains(&view.schema) {
            return Default::default();
        }
        let mut reach = self.through_view(view, role);
        reach.writes.clear(); // by functions of the view
        if !view.is_granted(&role.name, SqlCommand::Select) {
            (reach.reads, reach.open, reach.leaks) = Default::default();
        }
        let mut uses = uses(role, None, reach.reads.keys().chain(reach.open.keys()));
        for command in view.granted_writes(&role.name) {
            let written = self.written_through_view(view, role, command);
            uses.extend(self::uses(role, PathWrite::by(command), written.keys()));
            reach.writes.extend(written);
        }
        (reach, uses)
    }

    /// What a role reaches by calling a function.
    pub(crate) fn of_function(
        &self,
        function: &'a SqlFunction,
        role: &Role,
    ) -> (ReachableTables, Vec<PathUse>) {
        let reach = self.through_function(function, role);
        let foreign = self.foreign(&reach);
        let mut uses = uses(role, None, reach.reads.keys().chain(foreign.keys()));
        uses.extend(self::uses(role, Some(PathWrite::Call), reach.writes.keys()));
        (reach, uses)
    }

    /// What a role writes by firing a rule.
    pub(crate) fn of_rule(
        &self,
        relation: &'a Relation,
        rule: &RewriteRule,
        role: &Role,
    ) -> Vec<PathUse> {
        if !role.schemas.contains(&relation.schema) || !relation.is_granted(&role.name, rule.event)
        {
            return vec![];
        }
        let reach = self.through_rule(relation, &rule.uses, role);
        uses(role, PathWrite::by(rule.event), reach.writes.keys())
    }
}

/// What a role does with a foreign table, to which row security does not apply.
pub(crate) fn of_foreign_table(table: &Relation, role: &Role) -> Vec<PathUse> {
    if !role.schemas.contains(&table.schema) {
        return vec![];
    }
    let commands = SqlCommand::ALL.into_iter().filter(|c| table.is_granted(&role.name, *c));
    commands.flat_map(|c| uses(role, PathWrite::by(c), [&table.name])).collect()
}

fn uses<'t>(
    role: &Role,
    write: Option<PathWrite>,
    tables: impl IntoIterator<Item = &'t String>,
) -> Vec<PathUse> {
    let role = &role.name;
    let used = |table: &String| PathUse { role: role.clone(), write, table: table.clone() };
    tables.into_iter().map(used).collect()
}

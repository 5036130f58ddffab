//! `rls.self_grant`: rights that users give to themselves, by a row in a table that policies read.

use std::collections::{BTreeMap, BTreeSet};

use super::revoke::{Taken, revoke};
use super::{Check, clients, contract_table, table_finding};
use crate::access::admits::open_to_non_members;
use crate::access::compute::compute_access;
use crate::access::rights::{condition, conditions};
use crate::access::self_grants::{Written, opened, writable};
use crate::facts::access::catalog::{Relation, Role};
use crate::facts::access::computed::ComputedAccess;
use crate::facts::access::evaluated::{EntryEffect, EntryValue, EvaluatedEntries};
use crate::facts::access::{Audit, SqlCommand};
use crate::facts::{Finding, Section, Status, Thresholds};
use crate::text::some_of;

/// Check that no user can write the membership, role or similar that policies of tables ask for. CRITICAL; WARNING if the
/// contract holds the policies of the table, or if a function could not be evaluated.
pub(crate) const CHECK: Check<Audit> = Check {
    id: "rls.self_grant",
    title: "users can give rights to themselves",
    section: Section::Access,
    evaluate,
};

/// What a role gains by a command on a table that policies read.
struct Gain<'a> {
    role: &'a str,
    written: Written,
    /// `public.notes (SELECT, UPDATE: 3 of 8 tested rows)`
    tables: Vec<String>,
    /// Functions that were not evaluated, if no rows of others are known to be reached.
    unfollowed: Vec<&'a str>,
}

fn evaluate(check: &Check<Audit>, audit: &Audit, _: &Thresholds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, evaluated) in &audit.catalog.evaluations.entries {
        let Some(table) = audit.catalog.relation(name) else { continue };
        for command in [SqlCommand::Insert, SqlCommand::Update] {
            let mut gains: Vec<Gain<'_>> = Vec::new();
            for role in clients(audit) {
                gains.extend(gain(audit, table, role, evaluated, command));
            }
            if let Some(first) = gains.first() {
                let roles: Vec<_> = gains.iter().map(|gain| gain.role).collect();
                findings.push(finding(check, audit, table, evaluated, first, &roles));
            }
        }
    }
    findings
}

/// The columns by whose value a role gains rights.
pub(super) fn granting_columns<'a>(
    audit: &'a Audit,
    table: &'a Relation,
    role: &'a Role,
    command: SqlCommand,
) -> BTreeSet<&'a str> {
    let Some(evaluated) = audit.catalog.evaluations.entries.get(&table.name) else {
        return BTreeSet::new();
    };
    let gain = gain(audit, table, role, evaluated, command);
    let gain = gain.filter(|gain| gain.unfollowed.is_empty());
    gain.map(|gain| changed(evaluated, gain.written).into_keys().collect()).unwrap_or_default()
}

fn gain<'a>(
    audit: &'a Audit,
    table: &'a Relation,
    role: &'a Role,
    evaluated: &'a EvaluatedEntries,
    command: SqlCommand,
) -> Option<Gain<'a>> {
    let catalog = &audit.catalog;
    // Other checks report a table that everybody may write.
    if compute_access(catalog, table, role, command) == ComputedAccess::All
        || open_to_non_members(catalog, table, role, command)
    {
        return None;
    }
    let ways: Vec<_> = writable(catalog, table, role, evaluated)
        .into_iter()
        .filter(|w| w.command() == command)
        .collect();
    let effects = evaluated.effects.iter().filter(|effect| {
        let of = catalog.relation(&effect.table);
        of.is_some_and(|t| conditions(catalog, t, role).contains(&effect.condition))
    });
    let effects: Vec<_> = effects.collect();
    let sum = |written: &Written| effects.iter().map(|e| opened(e, *written)).sum::<usize>();
    // Of the ways that open the most, the one with the fewest changes.
    let best = ways.iter().copied().filter(|w| sum(w) > 0);
    let best = best.max_by_key(|w| (sum(w), usize::MAX - changed(evaluated, *w).len()));
    if let Some(written) = best {
        let tables = tables(audit, role, &effects, written);
        return Some(Gain { role: &role.name, written, tables, unfollowed: vec![] });
    }
    let unfollowed: BTreeSet<_> = evaluated.unfollowed.iter().map(|(_, f)| f.as_str()).collect();
    let is_whole = |w: &&Written| {
        let values = &evaluated.entries[w.entry()].values;
        let has = |wanted: EntryValue| values.values().any(|v| *v == wanted);
        // With an id of its own a row is a thing of the user, and its other ids say where it belongs.
        has(EntryValue::Caller) && has(EntryValue::OfOthers) && !has(EntryValue::New)
    };
    let written = *ways.iter().find(is_whole).filter(|_| !unfollowed.is_empty())?;
    let tables: BTreeSet<_> = evaluated.unfollowed.iter().map(|(table, _)| table.clone()).collect();
    Some(Gain {
        role: &role.name,
        written,
        tables: tables.into_iter().collect(),
        unfollowed: unfollowed.into_iter().collect(),
    })
}

/// The tables whose rows of others an entry opens, each with the commands and the tested rows.
fn tables(audit: &Audit, role: &Role, effects: &[&EntryEffect], written: Written) -> Vec<String> {
    let mut found: BTreeMap<&str, (Vec<&str>, usize, usize)> = BTreeMap::new();
    for effect in effects {
        let rows = opened(effect, written);
        let Some(table) = audit.catalog.relation(&effect.table).filter(|_| rows > 0) else {
            continue;
        };
        let of = |c: &SqlCommand| {
            condition(&audit.catalog, table, role, *c).as_ref() == Some(&effect.condition)
        };
        let commands = SqlCommand::ALL.into_iter().filter(of).map(SqlCommand::sql);
        let known = found.entry(&effect.table).or_default();
        known.0.extend(commands);
        (known.1, known.2) = (known.1.max(rows), known.2.max(effect.without.len()));
    }
    let text = |(table, (commands, rows, all)): (&str, (Vec<&str>, usize, usize))| {
        format!("{table} ({}: {rows} of {all} tested rows)", commands.join(", "))
    };
    found.into_iter().map(text).collect()
}

/// The values that matter of an entry: all of a new one, the changed ones of another one.
fn changed(evaluated: &EvaluatedEntries, written: Written) -> BTreeMap<&str, &EntryValue> {
    let values = evaluated.entries[written.entry()].values.iter();
    let is_changed = |column: &str, value: &EntryValue| match written {
        Written::Added(_) => *value != EntryValue::Text(None) && *value != EntryValue::New,
        Written::Changed(before, after) => {
            let [before, after] = [before, after].map(|at| &evaluated.entries[at]);
            let is_other = *value == EntryValue::OfOthers && before.origin != after.origin;
            is_other || before.values.get(column) != Some(value)
        }
    };
    let shown = values.filter(|(column, value)| is_changed(column, value));
    shown.map(|(column, value)| (column.as_str(), value)).collect()
}

fn describe(evaluated: &EvaluatedEntries, written: Written) -> String {
    let value = |value: &EntryValue| match value {
        EntryValue::Caller => "the caller".to_owned(),
        EntryValue::OfOthers => "any".to_owned(),
        EntryValue::New => "a new one".to_owned(),
        EntryValue::Text(None) => "NULL".to_owned(),
        EntryValue::Text(Some(text)) => format!("'{text}'"),
    };
    let values = changed(evaluated, written).into_iter();
    let list: Vec<_> = values.map(|(column, v)| format!("{column} = {}", value(v))).collect();
    some_of(&list, 5)
}

/// Whether only those may add the entry who have one already, of anything.
fn is_of_members(evaluated: &EvaluatedEntries, gain: &Gain<'_>, roles: &[&str]) -> bool {
    let key = |role: &&str| ((*role).to_owned(), gain.written.entry());
    roles.iter().any(|role| evaluated.added_by_members.contains(&key(role)))
}

fn finding(
    check: &Check<Audit>,
    audit: &Audit,
    table: &Relation,
    evaluated: &EvaluatedEntries,
    gain: &Gain<'_>,
    roles: &[&str],
) -> Finding {
    let (names, what) = (roles.join(" and "), describe(evaluated, gain.written));
    let command = gain.written.command();
    let way = match command {
        SqlCommand::Insert if is_of_members(evaluated, gain, roles) => {
            format!("{names} with any row in {} may add a row with {what}", table.name)
        }
        SqlCommand::Insert => format!("{names} may add a row with {what}"),
        _ => format!("{names} may change their own row to {what}"),
    };
    let tables = some_of(&gain.tables, 3);
    let message = match gain.unfollowed.is_empty() {
        true => format!("{way}, and policies then admit them to rows of others: {tables}"),
        false => format!(
            "{way}; policies of {tables} read it in {}, which was not evaluated with such a row",
            some_of(&gain.unfollowed, 3)
        ),
    };
    let is_critical = contract_table(audit, &table.name).is_none() && gain.unfollowed.is_empty();
    let status = if is_critical { Status::Critical } else { Status::Warning };
    let taken: Vec<_> = roles.iter().map(|role| Taken::new(role, command.sql())).collect();
    let statements = revoke(audit, table, &taken);
    let fix = match command {
        SqlCommand::Insert => format!(
            "-- Compare the row with an invitation or the owner in WITH CHECK, or let users join only by a SECURITY DEFINER\n\
             -- function that checks it:\n{statements}"
        ),
        _ => format!("-- Grant UPDATE on columns that no policy reads, after:\n{statements}"),
    };
    let source = "evaluation with such a row";
    let mut finding = table_finding(check, audit, status, &table.name, message, source, fix)
        .roles(roles.to_vec());
    finding.brief = Some(format!("{names} can give themselves rights in {}", table.name));
    finding
}

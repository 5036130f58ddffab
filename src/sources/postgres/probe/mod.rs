//! Acts as the roles and notes what really happens. Writes nothing: every transaction is read-only.
//!
//! Sampled keys alone are read, never a whole table: a policy's helper runs once a row.

mod act;
mod sample;

use std::time::Duration;

use futures_util::future::join_all;

use super::Database;
use super::sql::{ident, literal};
use crate::facts::access::catalog::{Function, Relation};
use crate::facts::access::contract::Table;
use crate::facts::access::observation::{HelperCall, Outcome, Persona, Read};
use crate::facts::access::{Catalog, Contract, Observations};
use act::{Actor, Refusal, ask};
use sample::{Binding, Sample};

/// The longest that one probe may take, whatever the command's budget.
const LIMIT: Duration = Duration::from_secs(2);

/// Reads samples of every declared table as each persona, and calls the helpers of its policies.
pub async fn observe(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &Catalog,
) -> Observations {
    let mut seen = Observations::default();
    let limit = budget.min(LIMIT);
    let personas = assumable(catalog, &mut seen);
    for (name, declared) in &contract.tables {
        let Some(table) = catalog.relation(name) else { continue };
        match sample(db, limit, contract, catalog, declared, table).await {
            Ok(sample) => {
                let actors = actors(&personas, &sample);
                note_gaps(name, declared, &sample, &mut seen);
                reads(db, limit, table, &sample, &actors, &mut seen).await;
                for helper in helpers(catalog, declared, table, &mut seen) {
                    let callers = actors.iter().filter(|a| a.sub.is_some());
                    for actor in callers.filter(|a| may_call(catalog, a, helper)) {
                        call(db, limit, helper, actor, &sample, &mut seen).await;
                    }
                }
            }
            Err(why) => seen.blocked.push((name.clone(), why)),
        }
    }
    seen
}

/// The personas whose role we may become; the others are UNKNOWN.
fn assumable(catalog: &Catalog, seen: &mut Observations) -> Vec<Persona> {
    let all = [Persona::Anonymous, Persona::Stranger, Persona::Member, Persona::Service];
    let mut personas = Vec::new();
    for persona in all {
        match catalog.role(persona.role()) {
            Some(role) if role.assumable => personas.push(persona),
            Some(role) if persona != Persona::Member => {
                let why = format!("{} may not SET ROLE {}", catalog.session.user, role.name);
                seen.blocked.push((format!("role {}", role.name), why));
            }
            _ => {}
        }
    }
    personas
}

fn actors(personas: &[Persona], sample: &Sample) -> Vec<Actor> {
    let actor = |persona: &Persona| {
        let sub = match persona {
            Persona::Anonymous | Persona::Service => None,
            Persona::Stranger => Some(sample.stranger.clone()),
            Persona::Member => Some(sample.member.clone()?),
        };
        Some(Actor { persona: *persona, sub })
    };
    personas.iter().filter_map(actor).collect()
}

async fn sample(
    db: &Database,
    limit: Duration,
    contract: &Contract,
    catalog: &Catalog,
    declared: &Table,
    table: &Relation,
) -> Result<Sample, String> {
    let key = table.key.as_deref().ok_or("it has no primary key of one column")?;
    let rule = declared.rules().first().and_then(|name| contract.rules.get(name));
    let binding = match (rule, &declared.tenant) {
        (Some(rule), Some(tenant)) => {
            let membership = catalog
                .relation(&rule.membership)
                .ok_or_else(|| format!("{} is not in the examined schemas", rule.membership))?;
            Some(Binding { rule, membership, tenant })
        }
        _ => None,
    };
    let taken = sample::take(db, limit, table, key, binding).await;
    taken.map_err(|error| format!("no sample could be taken: {error}"))
}

/// Says what there was nothing to try on.
fn note_gaps(name: &str, declared: &Table, sample: &Sample, seen: &mut Observations) {
    let ruled = !declared.rules().is_empty();
    let why = match (sample.own.is_empty(), sample.foreign.is_empty()) {
        (true, true) => "there are no rows to read",
        (true, false) if ruled => "no member has a row of their own",
        (false, true) => "there is no row of another workspace",
        _ => return,
    };
    seen.vacuous.push((name.to_owned(), why.to_owned()));
}

async fn reads(
    db: &Database,
    limit: Duration,
    table: &Relation,
    sample: &Sample,
    actors: &[Actor],
    seen: &mut Observations,
) {
    let keys: Vec<_> = sample.own.iter().chain(&sample.foreign).cloned().collect();
    let Some(key) = table.key.as_deref().filter(|_| !keys.is_empty()) else { return };
    let key = ident(key);
    let wanted = super::sql::literals(&keys);
    let sql = format!("select {key}::text from {} where {key} in ({wanted})", table.name);
    let answers = join_all(actors.iter().map(|actor| ask(db, limit, actor, &sql))).await;
    for (actor, answer) in actors.iter().zip(answers) {
        let outcome = match answer {
            Ok(rows) => {
                let found = |keys: &[String]| {
                    keys.iter().filter(|k| rows.iter().flatten().any(|r| r == *k)).count()
                };
                Outcome::Rows {
                    own: found(&sample.own),
                    of_own: sample.own.len(),
                    foreign: found(&sample.foreign),
                    of_foreign: sample.foreign.len(),
                }
            }
            Err(Refusal::Denied) => Outcome::Denied,
            Err(Refusal::Failed(why)) => Outcome::Failed(why),
            Err(Refusal::Blocked(why)) => {
                seen.blocked.push((format!("{} as {}", table.name, actor.persona.word()), why));
                continue;
            }
        };
        seen.reads.push(Read { table: table.name.clone(), persona: actor.persona, outcome });
    }
}

/// The helpers that decide by the tenant alone and that cannot write when called.
fn helpers<'a>(
    catalog: &'a Catalog,
    declared: &Table,
    table: &Relation,
    seen: &mut Observations,
) -> Vec<&'a Function> {
    let Some(tenant) = declared.tenant.as_deref().map(ident_as_deparsed) else { return vec![] };
    let mut helpers: Vec<&Function> = Vec::new();
    for policy in catalog.policies_on(&table.name) {
        for function in policy.functions.iter().filter_map(|f| catalog.function(f)) {
            let asked = format!("{}({tenant})", function.name);
            let text = [&policy.using, &policy.check].into_iter().flatten();
            let by_tenant = text.into_iter().any(|text| text.contains(&asked));
            let known = helpers.iter().any(|h| h.signature == function.signature);
            if !by_tenant || known || function.returns != "boolean" || function.arguments.len() != 1
            {
                continue;
            }
            if function.volatile {
                let why = "it is VOLATILE: calling it might write".to_owned();
                seen.blocked.push((function.signature.clone(), why));
                continue;
            }
            helpers.push(function);
        }
    }
    helpers
}

/// Whether a call by name would get as far as the helper; if not, the catalog has said so already.
fn may_call(catalog: &Catalog, actor: &Actor, helper: &Function) -> bool {
    let name = actor.persona.role();
    let usage = catalog.role(name).is_some_and(|role| role.schemas.contains(&helper.schema));
    usage && helper.executable_by.iter().any(|role| role == name)
}

/// The server quotes a name only where it must.
fn ident_as_deparsed(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { ident(name) }
}

async fn call(
    db: &Database,
    limit: Duration,
    helper: &Function,
    actor: &Actor,
    sample: &Sample,
    seen: &mut Observations,
) {
    let member = actor.persona == Persona::Member;
    let own = if member { "a workspace of their own" } else { "a workspace" };
    let mut arguments: Vec<(Option<&String>, &'static str, bool)> = Vec::new();
    arguments.extend(sample.own_tenants.iter().map(|t| (Some(t), own, member)));
    arguments.extend(sample.foreign_tenants.iter().map(|t| (Some(t), "another workspace", false)));
    arguments.push((None, "NULL", false));
    let kind = &helper.arguments[0];
    let calls = arguments.iter().map(|(value, ..)| {
        let value = value.map_or("null".to_owned(), |v| literal(v));
        format!("select {}({value}::{kind})::text", helper.name)
    });
    let sql = calls.collect::<Vec<_>>().join(" union all ");
    let answers = match ask(db, limit, actor, &sql).await {
        Ok(answers) => answers.into_iter().map(|a| Ok(a.as_deref() == Some("true"))).collect(),
        Err(Refusal::Denied) => vec![Err("permission denied".to_owned())],
        Err(Refusal::Failed(why)) => vec![Err(why)],
        Err(Refusal::Blocked(why)) => {
            seen.blocked.push((helper.signature.clone(), why));
            return;
        }
    };
    for ((_, argument, expected), answer) in arguments.into_iter().zip(answers) {
        seen.helpers.push(HelperCall {
            function: helper.signature.clone(),
            persona: actor.persona,
            argument,
            expected,
            answer,
        });
    }
}

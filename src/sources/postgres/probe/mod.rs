//! Acts as the roles and notes what really happens. Writes nothing, unless it was given leave to rehearse
//! writes: then every transaction is rolled back.
//!
//! Sampled keys alone are read, never a whole table: a policy's helper runs once a row.

mod helpers;
mod probe_batch;
mod sample;
mod table_probe;
mod write;

use std::time::Duration;

use probe_batch::{ProbeGroup, ask_as, claims, rehearse_as};
use sample::{ProbeSample, ProbeTarget};
use table_probe::TableProbe;

use super::Database;
use crate::facts::SourceError;
use crate::facts::access::catalog::SqlFunction;
use crate::facts::access::tested::TestRole;
use crate::facts::access::{AccessCatalog, Contract, Observations};
use crate::permit::WritePermit;

/// A table with what is tried on it.
struct ProbedTable<'a> {
    target: ProbeTarget<'a>,
    sample: ProbeSample,
    helpers: Vec<&'a SqlFunction>,
}

/// Reads samples of every declared table as each persona, asks the planner about writes, and calls the
/// helpers of its policies. With a permit it rehearses writes as well.
pub async fn observe(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &AccessCatalog,
    permit: Option<&WritePermit>,
) -> Observations {
    let mut seen = Observations { rehearsed: permit.is_some(), ..Observations::default() };
    let all = observe_all(db, budget, contract, catalog, permit, &mut seen);
    if tokio::time::timeout(budget, all).await.is_err() {
        let why = "the time was up: see --timeout".to_owned();
        seen.blocked.push(("what was left to try".to_owned(), why));
    }
    seen
}

async fn observe_all(
    db: &Database,
    budget: Duration,
    contract: &Contract,
    catalog: &AccessCatalog,
    permit: Option<&WritePermit>,
    seen: &mut Observations,
) {
    let personas = assumable(catalog, seen);
    let grounds = grounds(db, budget, contract, catalog, permit.is_some(), seen).await;
    if grounds.is_empty() {
        return;
    }
    // One after the other, on the connection that is warm already: to fork a server process and to fill
    // its caches costs more than all the questions of one persona.
    for persona in personas {
        let asked = ask(db, budget, catalog, &grounds, persona, seen).await;
        let asked = match (asked, permit) {
            (Ok(()), Some(permit)) => {
                run_rolled_back_writes(permit, db, budget, &grounds, persona, seen).await
            }
            (asked, _) => asked,
        };
        if let Err(error) = asked {
            let what = format!("acting as {}", persona.as_str());
            seen.blocked.push((what, error.to_string()));
        }
    }
}

/// The personas whose role we may become; the others are UNKNOWN.
fn assumable(catalog: &AccessCatalog, seen: &mut Observations) -> Vec<TestRole> {
    let all = [TestRole::Anonymous, TestRole::Stranger, TestRole::Member, TestRole::Service];
    let mut personas = Vec::new();
    for persona in all {
        match catalog.role(persona.role()) {
            Some(role) if role.assumable => personas.push(persona),
            Some(role) if persona != TestRole::Member => {
                let why = format!("{} may not SET ROLE {}", catalog.session.user, role.name);
                seen.blocked.push((format!("role {}", role.name), why));
            }
            _ => {}
        }
    }
    personas
}

/// The tables with their samples.
async fn grounds<'a>(
    db: &Database,
    budget: Duration,
    contract: &'a Contract,
    catalog: &'a AccessCatalog,
    rows: bool,
    seen: &mut Observations,
) -> Vec<ProbedTable<'a>> {
    let mut targets = Vec::new();
    for (name, declared) in &contract.tables {
        let Some(table) = catalog.relation(name) else { continue };
        match sample::target(contract, catalog, table, declared) {
            Ok(target) => targets.push(target),
            Err(why) => seen.blocked.push((name.clone(), why)),
        }
    }
    let questions: Vec<_> = targets.iter().map(|target| sample::question(target, rows)).collect();
    let opening = sample::opening(budget);
    let asked = db.read(budget, async |c| probe_batch::ask(c, &opening, &questions).await).await;
    let answers = asked.unwrap_or_else(|error| {
        seen.blocked.push(("samples".to_owned(), error.to_string()));
        vec![]
    });
    let mut grounds = Vec::new();
    for (target, answer) in targets.into_iter().zip(answers.into_iter().flatten()) {
        match sample::parse(answer) {
            Ok(sample) => {
                note_gaps(&target, &sample, seen);
                let helpers = helpers::find(catalog, &target, seen);
                grounds.push(ProbedTable { target, sample, helpers });
            }
            Err(why) => seen.blocked.push((target.table.name.clone(), why)),
        }
    }
    grounds
}

/// Says what there was nothing to try on.
fn note_gaps(target: &ProbeTarget<'_>, sample: &ProbeSample, seen: &mut Observations) {
    let ruled = !target.declared.rules().is_empty();
    let why = match (sample.own.is_empty(), sample.foreign.is_empty()) {
        (true, true) => "there are no rows to read",
        (true, false) if ruled => "no member has a row of their own",
        (false, true) => "there is no row of another workspace",
        _ => return,
    };
    seen.vacuous.push((target.table.name.clone(), why.to_owned()));
}

/// The claim `sub` of a persona; `None` where the sample has nobody for it.
fn sub(sample: &ProbeSample, persona: TestRole) -> Option<Option<&str>> {
    match persona {
        TestRole::Anonymous | TestRole::Service => Some(None),
        TestRole::Stranger => Some(Some(sample.stranger.as_str())),
        TestRole::Member => sample.member.as_deref().map(Some),
    }
}

async fn ask(
    db: &Database,
    budget: Duration,
    catalog: &AccessCatalog,
    grounds: &[ProbedTable<'_>],
    persona: TestRole,
    seen: &mut Observations,
) -> Result<(), SourceError> {
    let (mut groups, mut asked) = (Vec::new(), Vec::new());
    for ground in grounds {
        let Some(sub) = sub(&ground.sample, persona) else { continue };
        let signed_in = ground.helpers.iter().copied().filter(|_| sub.is_some());
        let helpers: Vec<_> =
            signed_in.filter(|h| helpers::may_call(catalog, persona, h)).collect();
        let questions = table_probe::all(&ground.target, &ground.sample, persona, &helpers);
        let opening = claims(persona, sub);
        groups.push(ProbeGroup {
            opening,
            questions: questions.iter().map(|q| q.sql.clone()).collect(),
        });
        asked.push((ground, questions));
    }
    let answers = ask_as(db, budget, persona.role(), &groups).await?;
    for ((ground, questions), answers) in asked.into_iter().zip(answers) {
        let pairs: Vec<(TableProbe<'_>, _)> = questions.into_iter().zip(answers).collect();
        for (question, answer) in pairs {
            table_probe::note(question, answer, &ground.target, &ground.sample, persona, seen);
        }
    }
    Ok(())
}

async fn run_rolled_back_writes(
    permit: &WritePermit,
    db: &Database,
    budget: Duration,
    grounds: &[ProbedTable<'_>],
    persona: TestRole,
    seen: &mut Observations,
) -> Result<(), SourceError> {
    let (mut groups, mut asked) = (Vec::new(), Vec::new());
    for ground in grounds {
        let Some(sub) = sub(&ground.sample, persona) else { continue };
        let rehearsals = write::all(&ground.target, &ground.sample, persona.role());
        let questions = rehearsals.iter().map(|r| r.sql.clone()).collect();
        groups.push(ProbeGroup { opening: claims(persona, sub), questions });
        asked.push((ground.target.table.name.as_str(), rehearsals));
    }
    let answers = rehearse_as(permit, db, budget, persona.role(), &groups).await?;
    for ((table, rehearsals), answers) in asked.iter().zip(answers) {
        write::note(rehearsals, answers, table, persona, seen);
    }
    Ok(())
}

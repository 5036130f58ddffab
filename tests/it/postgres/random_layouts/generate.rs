//! Generates random cases.

use proptest::prelude::*;
use proptest::sample::select;

use super::case::{Case, Fault, MAX_ROWS, Other, Relation, Row, StateType, TIME_TYPES, Time};

/// The words of state columns that were found.
const WORDS: [&[&str]; 5] = [
    &[
        "queued",
        "pending",
        "processing",
        "running",
        "done",
        "completed",
        "succeeded",
        "failed",
        "error",
        "dead_letter",
    ],
    &["queued", "running", "succeeded", "failed"],
    &["queued", "processing", "done", "failed"],
    &["queued", "running", "done", "error"],
    &["pending", "processing", "failed", "completed"],
];
/// Words that a layout may have in addition; the last two have no known meaning.
const MORE_WORDS: [&[&str]; 6] =
    [&[], &[], &["canceled"], &["cancelled"], &["paused"], &["snoozed", "canceled"]];

const DUE: [Time; 8] = [
    Time::Ago(5),
    Time::Ago(-7200),
    Time::Null,
    Time::Ago(3600),
    Time::Ago(172_800),
    Time::Ago(-86_400),
    Time::Infinity,
    Time::MinusInfinity,
];
const HEARTBEATS: [Time; 9] = [
    Time::Ago(5),
    Time::Null,
    Time::Ago(240),
    Time::Ago(1200),
    Time::Ago(90_000),
    Time::Ago(-20),
    Time::Ago(-3600),
    Time::Infinity,
    Time::MinusInfinity,
];
const CHANGES: [Time; 4] = [Time::Ago(7000), Time::Ago(60), Time::Ago(3000), Time::Ago(172_800)];

/// Numbers that become a row when the layout is known: larger ones are taken modulo the number of choices.
type Choices = (prop::sample::Index, prop::sample::Index, [usize; 6]);

fn choices() -> impl Strategy<Value = Choices> {
    let times = (
        0..DUE.len(),
        0..DUE.len(),
        0..HEARTBEATS.len(),
        0..HEARTBEATS.len(),
        0..4_usize,
        0..4_usize,
    );
    let times = times.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f]);
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), times)
}

pub fn case() -> impl Strategy<Value = Case> {
    let table = (
        select(vec!["UTC", "Asia/Tokyo", "America/New_York", "Asia/Kathmandu"]),
        select(TIME_TYPES.to_vec()),
        any::<bool>(),
        select(vec!["uuid", "bigint", "int"]),
        select(vec!["kind", "type"]),
        prop::sample::select(vec![true, false]),
        select(vec![None, Some("locked_by"), Some("worker_id")]),
        any::<bool>(),
        select(vec![Some("heartbeat_at"), Some("last_heartbeat"), None]),
        any::<bool>(),
        any::<prop::sample::Index>(),
    );
    let states = (
        select(WORDS.to_vec()),
        select(MORE_WORDS.to_vec()),
        select(vec![
            StateType::Check,
            StateType::Text,
            StateType::Enum,
            StateType::Domain,
            StateType::Varchar,
            StateType::CheckNotValid,
        ]),
        prop::bool::weighted(0.3),
        0..3_usize,
        select(vec![
            Other::None,
            Other::None,
            Other::None,
            Other::Same,
            Other::ClaimDecides,
            Other::ClaimDecides,
            Other::NothingDecides,
        ]),
    );
    let rows = prop::collection::vec(choices(), 0..=MAX_ROWS);
    let fault = prop_oneof![
        12 => Just(Fault::None),
        1 => Just(Fault::NoGrant),
        1 => Just(Fault::RowSecurity),
        1 => Just(Fault::Error),
    ];
    let relation = prop_oneof![
        3 => Just(Relation::Table),
        2 => Just(Relation::LargeTable),
        1 => Just(Relation::View),
    ];
    (table, states, rows, fault, (relation, any::<bool>()), prop::bool::weighted(0.3)).prop_map(
        |(table, states, rows, fault, (relation, index), benign)| {
            let (
                zone,
                times,
                zoned_heartbeat,
                id,
                kind,
                on_state,
                worker,
                locked_at,
                heartbeat,
                attempts,
                due,
            ) = table;
            let (words, more, state_type, nullable, letter_case, other) = states;
            let words: Vec<_> =
                words.iter().chain(more).map(|word| spelled(word, letter_case)).collect();
            let mut case = Case {
                zone,
                times,
                zoned_heartbeat,
                id,
                kind,
                state: if on_state { "state" } else { "status" },
                other,
                state_type,
                nullable,
                words,
                due: due_columns(on_state, due),
                worker,
                locked_at,
                heartbeat,
                attempts,
                relation: supported(relation, other, fault),
                // A partial index decides between two columns.
                index: index && matches!(other, Other::None | Other::ClaimDecides),
                rows: vec![],
                fault,
                benign,
            };
            case.rows = rows.into_iter().map(|choices| row(&case, choices)).collect();
            case
        },
    )
}

/// Statistics may decide between two columns, and row-level security needs a table.
fn supported(relation: Relation, other: Other, fault: Fault) -> Relation {
    let is_decided = matches!(other, Other::None | Other::ClaimDecides);
    match relation {
        Relation::LargeTable if is_decided && fault != Fault::Error => Relation::LargeTable,
        Relation::View if fault == Fault::None => Relation::View,
        _ => Relation::Table,
    }
}

fn spelled(word: &str, letter_case: usize) -> String {
    match letter_case {
        0 => word.to_owned(),
        1 => word.to_uppercase(),
        _ => word[..1].to_uppercase() + &word[1..],
    }
}

/// Due columns that are used beside `state`, or beside `status`.
fn due_columns(on_state: bool, choice: prop::sample::Index) -> &'static [&'static str] {
    let all: &[&[&str]] = match on_state {
        true => &[&["run_at"], &["run_after"], &["run_after", "next_run_at"], &[]],
        false => {
            &[&["run_after"], &["next_run_at"], &["run_after", "next_run_at"], &["run_at"], &[]]
        }
    };
    all[choice.index(all.len())]
}

/// A row of the layout. Rows of a benign case are a reason for no finding.
fn row(case: &Case, (state, other, times): Choices) -> Row {
    use super::case::{Lifecycle, role};
    let mut states: Vec<Option<String>> = case.words.iter().cloned().map(Some).collect();
    if case.benign {
        states.retain(|word| {
            !matches!(role(word.as_deref()), Lifecycle::Unknown | Lifecycle::Failed)
        });
    } else {
        // A word that nothing announces, and no word.
        states.extend((!case.state_type.is_closed()).then(|| Some("zombie".to_owned())));
        states.extend(case.nullable.then_some(None));
    }
    let pick = |choice: prop::sample::Index| states[choice.index(states.len())].clone();
    let limit = |choice: usize, benign: usize| if case.benign { choice % benign } else { choice };
    let state = pick(state);
    Row {
        other: if case.other == Other::Same { state.clone() } else { pick(other) },
        state,
        due: [DUE[limit(times[0], 2)], DUE[limit(times[1], 2)]],
        locked_at: HEARTBEATS[limit(times[2], 1)],
        // Without a heartbeat the lock counts, if there is one.
        heartbeat: HEARTBEATS[limit(times[3], if case.locked_at { 2 } else { 1 })],
        // Without a due column a job is due at most since it was created.
        created_at: if case.benign { Time::Ago(8) } else { CHANGES[times[4]] },
        updated_at: CHANGES[limit(times[5], 1)],
    }
}

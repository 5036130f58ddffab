//! What holds for every set of facts: an unreadable required source is never OK.

use proptest::prelude::*;

use super::*;
use crate::exit::ExitCode;
use crate::facts::server::{OpenTransaction, Standby};
use crate::facts::{SourceError, SourceErrorKind as Kind};

const KINDS: [Kind; 16] = [
    Kind::NotConfigured,
    Kind::Refused,
    Kind::Dns,
    Kind::Tls,
    Kind::Timeout,
    Kind::Disconnected,
    Kind::Authentication,
    Kind::Permission,
    Kind::Hidden,
    Kind::NotFound,
    Kind::UnknownLayout,
    Kind::Malformed,
    Kind::Intercepted,
    Kind::RateLimited,
    Kind::Unavailable,
    Kind::Other,
];

/// The sources without which nothing is OK.
const REQUIRED: usize = 5;

fn error() -> impl Strategy<Value = Option<SourceError>> {
    let error = |kind: usize| SourceError::new(KINDS[kind], "the cause");
    prop_oneof![Just(None), (0..KINDS.len()).prop_map(move |kind| Some(error(kind)))]
}

fn reading() -> impl Strategy<Value = ReportedFlag> {
    let malformed = Just(ReportedFlag::Malformed("the field is a string".to_owned()));
    prop_oneof![any::<bool>().prop_map(ReportedFlag::Is), Just(ReportedFlag::Absent), malformed]
}

fn count() -> impl Strategy<Value = Count> {
    let missing = Just(Count::NotCounted("no index".to_owned()));
    prop_oneof![(0..300u64).prop_map(Count::Exact), (0..300u64).prop_map(Count::AtLeast), missing]
}

prop_compose! {
    /// A system in any state, all of it readable.
    fn readable()(
        health in any::<bool>(),
        (ok, db, worker) in (reading(), reading(), reading()),
        status in prop_oneof![Just(200u16), Just(503)],
        (due, running, dead) in (count(), count(), count()),
        oldest in proptest::option::of(0.0..1e5f64),
        beat in proptest::option::of(0.0..1e4f64),
        (connections, transaction) in (0..100u64, proptest::option::of(0..10_000u64)),
        standby in proptest::option::of(proptest::option::of(0.0..1e4f64)),
        mentioned in any::<bool>(),
    ) -> TriageFacts {
        let mut facts = testing::healthy();
        facts.health.result.as_mut().unwrap().ok = health;
        let report = report(&mut facts);
        (report.ok, report.exchange.http_status) = (ok, status);
        (report.components[0].ok, report.components[1].ok) = (db, worker);
        if !mentioned {
            report.components.clear();
            report.queue = None;
        }
        let queue = queue(&mut facts);
        (queue.due, queue.in_progress, queue.dead) = (due, running, Some(dead));
        queue.oldest_due_age = oldest;
        queue.workers = Some(Workers { beating: Count::Exact(1), last_beat_age: beat });
        let server = server(&mut facts);
        server.connections = connections;
        server.oldest_transaction =
            transaction.map(|age| OpenTransaction { age, ..OpenTransaction::default() });
        server.standby = standby.map(|lag| Standby { receiving: false, lag });
        facts
    }
}

/// Puts the errors where the sources are; what depends on the layout is not attempted without it.
fn fail(facts: &mut TriageFacts, errors: &[Option<SourceError>]) {
    fn put<T>(seen: &mut crate::facts::Observed<T>, error: &Option<SourceError>) {
        if let Some(error) = error {
            seen.result = Err(error.clone());
        }
    }
    put(&mut facts.health, &errors[0]);
    put(&mut facts.readiness, &errors[1]);
    put(&mut facts.layout, &errors[2]);
    put(facts.queue.as_mut().unwrap(), &errors[3]);
    put(facts.flow.as_mut().unwrap(), &errors[4]);
    put(&mut facts.server, &errors[5]);
    put(facts.failures.as_mut().unwrap(), &errors[6]);
    if errors[2].is_some() {
        (facts.queue, facts.flow, facts.failures) = (None, None, None);
    }
}

fn exit(facts: &TriageFacts, fail_on: FailOn) -> (ExitCode, Status) {
    let steps = evaluate(facts, &Thresholds::default());
    let report = triage::report(facts, &steps, fail_on, &Provenance::default());
    // Whatever is not OK names a section and a next command.
    if report.status != Some(Status::Ok) {
        assert!(report.section.is_some(), "{facts:?}");
        assert!(report.document.first_command().is_some(), "{facts:?}");
    }
    (report.exit, report.status.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unreadable_required_source_never_exits_0_or_1(
        facts in readable(),
        errors in proptest::collection::vec(error(), 7),
        broken in 0..REQUIRED,
        kind in 0..KINDS.len(),
    ) {
        let (mut facts, mut errors) = (facts, errors);
        errors[broken] = Some(SourceError::new(KINDS[kind], "the cause"));
        fail(&mut facts, &errors);
        for fail_on in [FailOn::Warning, FailOn::Critical] {
            let (exit, verdict) = exit(&facts, fail_on);
            prop_assert_ne!(exit, ExitCode::Ok);
            prop_assert_ne!(exit, ExitCode::Warning);
            prop_assert!([Status::Critical, Status::Unknown].contains(&verdict), "{verdict:?}");
        }
    }

    #[test]
    fn only_status_ok_exits_0(facts in readable()) {
        let (exit, verdict) = exit(&facts, FailOn::Warning);
        prop_assert_eq!(exit == ExitCode::Ok, verdict == Status::Ok);
    }
}

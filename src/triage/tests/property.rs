//! Properties that hold for any facts: an unreadable required source is never OK.

use proptest::prelude::*;

use super::*;
use crate::exit::ExitCode;
use crate::facts::server::{OpenTransaction, Standby};
use crate::facts::{SourceError, SourceErrorKind as Kind};

const KINDS: [Kind; 17] = [
    Kind::NotConfigured,
    Kind::InvalidSetting,
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

/// The number of sources that must be readable for OK.
const REQUIRED: usize = 5;

fn error() -> impl Strategy<Value = Option<SourceError>> {
    let error = |kind: usize| SourceError::new(KINDS[kind], "the cause");
    prop_oneof![Just(None), (0..KINDS.len()).prop_map(move |kind| Some(error(kind)))]
}

fn reported_flag() -> impl Strategy<Value = ReportedFlag> {
    let malformed = Just(ReportedFlag::Malformed("the field is a string".to_owned()));
    prop_oneof![any::<bool>().prop_map(ReportedFlag::Is), Just(ReportedFlag::Absent), malformed]
}

fn count() -> impl Strategy<Value = Count> {
    let missing = Just(Count::NotCounted("no index".to_owned()));
    prop_oneof![(0..300u64).prop_map(Count::Exact), (0..300u64).prop_map(Count::AtLeast), missing]
}

prop_compose! {
    /// A system in any state, with all sources readable.
    fn readable()(
        health in any::<bool>(),
        (ok, db, worker) in (reported_flag(), reported_flag(), reported_flag()),
        status in prop_oneof![Just(200u16), Just(503)],
        (due, running, dead) in (count(), count(), count()),
        oldest in proptest::option::of(0.0..1e5f64),
        heartbeat_age in proptest::option::of(0.0..1e4f64),
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
        (queue.due, queue.claimed, queue.dead) = (due, running, Some(dead));
        queue.oldest_due_age = oldest;
        queue.workers = Some(Workers { is_observable: true, active: Count::Exact(1), heartbeat_age, by_worker: vec![], more: 0 });
        let server = server(&mut facts);
        server.connections = connections;
        server.oldest_transaction =
            transaction.map(|age| OpenTransaction { age, ..OpenTransaction::default() });
        server.standby = standby.map(|lag| Standby { receiving: false, lag });
        facts
    }
}

/// Sets the errors of the sources. Without a layout, the sources that depend on it are missing.
fn fail(facts: &mut TriageFacts, errors: &[Option<SourceError>]) {
    fn set_error<T>(observed: &mut crate::facts::Observed<T>, error: &Option<SourceError>) {
        if let Some(error) = error {
            observed.result = Err(error.clone());
        }
    }
    set_error(&mut facts.health, &errors[0]);
    set_error(&mut facts.readiness, &errors[1]);
    set_error(&mut facts.layout, &errors[2]);
    set_error(facts.queue.as_mut().unwrap(), &errors[3]);
    set_error(facts.flow.as_mut().unwrap(), &errors[4]);
    set_error(&mut facts.server, &errors[5]);
    set_error(facts.failures.as_mut().unwrap(), &errors[6]);
    if errors[2].is_some() {
        (facts.queue, facts.flow, facts.failures) = (None, None, None);
    }
}

fn exit(facts: &TriageFacts, fail_on: FailOn) -> (ExitCode, Status) {
    let results = evaluate(facts, &Thresholds::default());
    let report = triage::report(facts, &results, fail_on, &Provenance::default());
    // A report that is not OK has a diagnosis and a suggested command.
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
            let (exit, status) = exit(&facts, fail_on);
            prop_assert_ne!(exit, ExitCode::Ok);
            prop_assert_ne!(exit, ExitCode::Warning);
            prop_assert!([Status::Critical, Status::Unknown].contains(&status), "{status:?}");
        }
    }

    #[test]
    fn only_status_ok_exits_0(facts in readable()) {
        let (exit, status) = exit(&facts, FailOn::Warning);
        prop_assert_eq!(exit == ExitCode::Ok, status == Status::Ok);
    }
}

//! Random readiness reports of every known format, served over a socket: a report with one unhealthy value
//! anywhere in it is never OK, and the same report without it always is.

use cliplyctl::facts::Status;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::{evaluate_readiness, request_readiness, worst};
use crate::support::http::{Response, Stub};

/// Values that are not about health, wherever they are.
fn information() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("eu-central-1")),
        Just(json!("closed")),
        Just(json!("open")),
        Just(json!(0)),
        Just(json!(17.5)),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"version": "1.2.3", "commit": null})),
        Just(json!({"state": "half-open", "failed": 3})),
        Just(json!(["a", "b"])),
    ]
}

/// Fields that healthy reports have in addition.
fn extra_fields() -> impl Strategy<Value = Vec<(String, Value)>> {
    let empty = prop_oneof![Just(json!(null)), Just(json!({})), Just(json!([])), Just(json!(""))];
    let field = prop_oneof![
        ("(version|uptime|region|build|memory|trend)", information()),
        ("(error|errors)", empty),
        (Just("fatal".to_owned()), Just(json!(false))),
        (Just("meta".to_owned()), information().prop_map(|value| json!({"nested": value}))),
    ];
    prop::collection::vec(field, 0..4)
}

/// A healthy component, as an object.
fn component_object() -> impl Strategy<Value = Map<String, Value>> {
    let verdict = prop_oneof![
        Just(("ok", json!(true))),
        Just(("status", json!("up"))),
        Just(("status", json!("pass"))),
        Just(("status", json!("UP"))),
        Just(("status", json!(200))),
        Just(("healthy", json!(true))),
        Just(("ready", json!(true))),
    ];
    (verdict, extra_fields()).prop_map(|((name, value), extra)| {
        let mut fields: Map<_, _> = extra.into_iter().collect();
        fields.insert(name.to_owned(), value);
        fields
    })
}

/// A healthy component, in any form.
fn component() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(json!(true)),
        2 => prop_oneof![Just(json!("ok")), Just(json!("healthy")), Just(json!("Connected"))],
        4 => component_object().prop_map(Value::Object),
        1 => component_object().prop_map(|fields| json!([fields])),
        1 => (component_object(), component_object()).prop_map(|(mut outer, inner)| {
            outer.insert("components".to_owned(), json!({"primary": inner, "replica": true}));
            Value::Object(outer)
        }),
        1 => component_object().prop_map(|inner| json!({"primary": inner, "size": 3})),
    ]
}

fn components() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec(("(redis|storage|mail|cache:ping|env)", component()), 1..4)
        .prop_map(|components| components.into_iter().collect())
}

/// A healthy report of one of the formats.
fn healthy_report() -> impl Strategy<Value = Value> {
    (0..6, components(), component_object(), extra_fields()).prop_map(
        |(format, components, outside, extra)| {
            let mut report = match format {
                0 => {
                    let mut checks = components;
                    checks.insert("db".to_owned(), json!({"ok": true}));
                    checks.insert("worker".to_owned(), json!({"ok": true, "message": "2 active"}));
                    json!({"ok": true, "checks": checks, "ffmpeg": {"ok": true},
                        "queue": {"length": 0, "oldestJobAge": null}, "cluster": outside})
                }
                1 => json!({"status": "UP", "components": components}),
                2 => json!({"status": "UP", "details": components}),
                3 => json!({"status": "pass", "checks": components, "releaseId": "7"}),
                4 => {
                    json!({"status": "ok", "info": components, "error": {}, "details": components})
                }
                _ => {
                    let named = components.into_iter().map(|(name, value)| match value {
                        Value::Object(mut fields) => {
                            fields.insert("name".to_owned(), json!(name));
                            Value::Object(fields)
                        }
                        value => json!({"name": name, "ok": true, "state": value}),
                    });
                    json!({"status": "UP", "checks": named.collect::<Vec<_>>()})
                }
            };
            for (name, value) in extra {
                report[name] = value;
            }
            report
        },
    )
}

/// An unhealthy field: its name and value.
fn unhealthy_field() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        Just(("ok", json!(false))),
        Just(("ok", json!("false"))),
        Just(("ok", json!(0))),
        Just(("healthy", json!(false))),
        Just(("ready", json!(false))),
        Just(("ready", json!("not ready"))),
        Just(("status", json!("down"))),
        Just(("status", json!("OUT_OF_SERVICE"))),
        Just(("status", json!("fail"))),
        Just(("status", json!("warn"))),
        Just(("status", json!("Degraded"))),
        Just(("status", json!(503))),
        Just(("fatal", json!(true))),
        Just(("error", json!("pool exhausted"))),
        Just(("error", json!({"db": {"status": "down"}}))),
        Just(("errors", json!(["refused"]))),
        Just(("errors", json!({"db": "refused"}))),
    ]
}

/// Returns every object in the report, by its JSON pointer.
fn objects(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            found.push(pointer.to_owned());
            for (name, value) in fields {
                objects(value, &format!("{pointer}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                objects(item, &format!("{pointer}/{i}"), found);
            }
        }
        _ => {}
    }
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn status_of(stub: &Stub, report: &Value) -> Status {
    stub.set("/api/readyz", Response::json(200, report.to_string()));
    worst(&evaluate_readiness(&request_readiness(&stub.url())))
}

#[test]
fn report_is_ok_exactly_without_an_unhealthy_value() {
    let stub = Stub::start([]);
    let inputs = (healthy_report(), unhealthy_field(), any::<prop::sample::Index>());
    let mut runner = TestRunner::new(config(300));
    let result = runner.run(&inputs, |(report, (name, value), place)| {
        prop_assert_eq!(status_of(&stub, &report), Status::Ok, "{}", report);
        let mut places = Vec::new();
        objects(&report, "", &mut places);
        let mut unhealthy = report.clone();
        let object = unhealthy.pointer_mut(place.get(&places).as_str()).unwrap();
        object[name] = value;
        prop_assert_ne!(status_of(&stub, &unhealthy), Status::Ok, "{}", unhealthy);
        Ok(())
    });
    result.unwrap();
}

#[test]
fn member_that_cannot_be_interpreted_is_never_ok() {
    let stub = Stub::start([]);
    let odd = prop_oneof![
        Just(json!(null)),
        Just(json!(0)),
        Just(json!(1)),
        Just(json!("down")),
        Just(json!("timeout")),
        Just(json!("maybe")),
        Just(json!("closed")),
        Just(json!([])),
        Just(json!({})),
        Just(json!({"latency": 3})),
        Just(json!({"mode": "live", "host": "db1"})),
        Just(json!([{"ok": false}])),
    ];
    let inputs = (healthy_report(), odd, any::<prop::sample::Index>());
    let mut runner = TestRunner::new(config(200));
    let result = runner.run(&inputs, |(mut report, value, place)| {
        let containers = ["/checks", "/components", "/details"];
        let container = containers.iter().find(|name| report.pointer(name).is_some());
        match report.pointer_mut(container.unwrap()).unwrap() {
            Value::Array(items) => items.insert(place.index(items.len() + 1), value),
            members => members["odd"] = value,
        }
        prop_assert_ne!(status_of(&stub, &report), Status::Ok, "{}", report);
        Ok(())
    });
    result.unwrap();
}

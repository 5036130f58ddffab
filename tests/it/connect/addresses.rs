//! Tests of server addresses: sockets, IPv6, several hosts, unusable hosts.

use std::io::Write;

use cliplyctl::dsn::{ConnectionDefaults, Dsn};
use cliplyctl::facts::SourceErrorKind;

use super::secured_server::{Secured, UNUSED_PORTS, has_ipv6, try_connect, try_connect_with_flag};
use crate::support::postgres::cluster;

#[test]
fn every_spelling_of_a_socket_connects() {
    let directory = cluster().directory().display().to_string();
    let escaped = directory.replace('/', "%2F");
    for dsn in [
        cluster().url("postgres"),
        format!("postgres://postgres@{escaped}/postgres"),
        format!("postgres://postgres@/postgres?host={directory}&sslmode=verify-full"),
        format!("host='{directory}' user=postgres"),
    ] {
        assert_eq!(try_connect(&dsn).as_deref(), Ok("postgres plain"), "{dsn}");
    }
    let error = try_connect("host=/nonexistent user=postgres").unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Refused, "{error:?}");
    assert!(error.message.contains("/nonexistent:5432: no such socket"), "{error:?}");
}

#[test]
fn ipv6_addresses_connect() {
    if !has_ipv6() {
        // Written directly, because the test harness captures standard error.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "NOT PROVEN HERE: IPv6 (this machine has no ::1)").unwrap();
        return;
    }
    let secured = Secured::shared();
    let port = secured.port;
    assert_eq!(
        try_connect_with_flag(&format!("postgres://postgres@[::1]:{port}/postgres")).as_deref(),
        Ok("postgres tls")
    );
    assert_eq!(
        try_connect(&format!("host=::1 port={port} user=postgres")).as_deref(),
        Ok("postgres tls")
    );
    let error = try_connect(&format!("postgres://u@[::1]:{}/d", UNUSED_PORTS.0)).unwrap_err();
    assert!(error.message.starts_with("cannot connect to [::1]:"), "{error:?}");
}

#[test]
fn first_reachable_host_is_used() {
    let secured = Secured::shared();
    let (dead, refusing, port) = (UNUSED_PORTS.0, UNUSED_PORTS.1, secured.port);
    let dsn =
        format!("postgres://postgres@127.0.0.1:{dead},[::1]:{refusing},127.0.0.1:{port}/postgres");
    assert_eq!(try_connect(&dsn).as_deref(), Ok("postgres tls"));
    let error =
        try_connect(&format!("postgres://u@127.0.0.1:{dead},localhost:{refusing}/d")).unwrap_err();
    assert!(error.message.contains(&format!("127.0.0.1:{dead}")), "{error:?}");
    assert!(error.message.contains(&format!("localhost:{refusing}")), "{error:?}");
    // A server that refuses the login has answered, so the next host is not tried.
    let error = try_connect(&format!("postgres://stranger@127.0.0.1:{port},127.0.0.1:{dead}/d"))
        .unwrap_err();
    assert_eq!(error.kind, SourceErrorKind::Authentication, "{error:?}");
}

#[test]
fn application_name_is_sent_to_the_server() {
    let around = ConnectionDefaults::default();
    let name = |dsn: &str| {
        let dsn = Dsn::parse(dsn, &around).unwrap();
        super::reading::value(&dsn, "SHOW application_name").unwrap()
    };
    let url = cluster().url("postgres");
    assert_eq!(name(&url), "cliplyctl:test");
    assert_eq!(name(&format!("{url}?application_name=mine")), "mine");
}

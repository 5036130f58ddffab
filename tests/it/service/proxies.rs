//! Tests of requests through a proxy: a proxy that fails says nothing about the app.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::support::cli::{Cli, Output};
use crate::support::http::{Response, Stub, refused_url};

const UP: &str = r#"{"ok":true,"service":"api"}"#;

fn run(command: &str, base_url: &str, environment: &[(&str, &str)]) -> Output {
    let cli = Cli::new([command, "-o", "json", "--timeout", "5s"]).env("CLIPLY_BASE_URL", base_url);
    environment.iter().fold(cli, |cli, (name, value)| cli.env(name, value)).run()
}

/// Asserts that `health` and `ready` are UNKNOWN and that the error names the proxy.
fn assert_proxy_error(base_url: &str, environment: &[(&str, &str)], proxy: &str, part: &str) {
    for command in ["health", "ready"] {
        let json = run(command, base_url, environment).expect_code(3).json();
        let error = &json["errors"][0];
        assert_eq!(error["kind"], "proxy", "{json:#}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(proxy.trim_start_matches("http://")), "{message}");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn proxy_that_refuses_is_unknown_and_named() {
    let proxy = refused_url();
    assert_proxy_error("https://app.test", &[("https_proxy", &proxy)], &proxy, "app.test");
    assert_proxy_error("http://app.test", &[("http_proxy", &proxy)], &proxy, "app.test");
    let socks = proxy.replace("http://", "socks5://");
    assert_proxy_error("https://192.0.2.1", &[("ALL_PROXY", &socks)], &proxy, "192.0.2.1");
}

#[test]
fn credentials_of_a_proxy_are_not_shown() {
    let proxy = refused_url().replace("http://", "http://user:hunter2@");
    let output = run("health", "https://app.test", &[("https_proxy", &proxy)]).expect_code(3);
    assert!(!format!("{output:?}").contains("hunter2"), "{output:?}");
}

#[test]
fn proxy_that_asks_for_a_password_is_unknown() {
    let denied =
        || Response::html(407, "<title>Log in</title>").header("proxy-authenticate", "Basic");
    let proxy = Stub::start([
        ("http://app.test/api/healthz", denied()),
        ("http://app.test/api/readyz", denied()),
        ("app.test:443", denied()),
    ]);
    let url = proxy.url();
    assert_proxy_error("http://app.test", &[("http_proxy", &url)], &url, "407");
    assert_proxy_error("https://app.test", &[("https_proxy", &url)], &url, "did not connect");
}

#[test]
fn proxy_that_refuses_the_tunnel_is_unknown() {
    let proxy = Stub::start([("app.test:443", Response::text(502, "text/plain", "no route"))]);
    let url = proxy.url();
    assert_proxy_error("https://app.test", &[("https_proxy", &url)], &url, "did not connect");
}

#[test]
fn answer_through_a_proxy_is_that_of_the_app() {
    let proxy = Stub::start([("http://app.test/api/healthz", Response::json(200, UP))]);
    run("health", "http://app.test", &[("http_proxy", &proxy.url())]).expect_code(0);
    proxy.set("http://app.test/api/healthz", Response::html(502, "<title>Bad Gateway</title>"));
    run("health", "http://app.test", &[("http_proxy", &proxy.url())]).expect_code(2);
}

#[test]
fn app_that_refuses_is_critical_next_to_a_dead_proxy() {
    let dead = refused_url();
    // No proxy is used for this machine.
    run("health", &refused_url(), &[("http_proxy", &dead)]).expect_code(2);
    let app = Stub::start([("/api/healthz", Response::json(200, UP))]);
    let excluded = [("ALL_PROXY", dead.as_str()), ("NO_PROXY", "localhost,127.0.0.1")];
    run("health", &app.url(), &excluded).expect_code(0);
}

#[test]
fn app_behind_a_socks_proxy_is_reached() {
    let app = Stub::start([("/api/healthz", Response::json(200, UP))]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("socks5://{}", listener.local_addr().unwrap());
    let target = app.url().replace("http://", "");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let target = target.clone();
            thread::spawn(move || drop(serve_socks(stream, &target)));
        }
    });
    run("health", "http://192.0.2.1:8080", &[("ALL_PROXY", &proxy)]).expect_code(0);
}

/// Serves one connection of a SOCKS5 client: leads it to `target`, whatever address it asks for.
fn serve_socks(mut client: TcpStream, target: &str) -> std::io::Result<()> {
    let mut greeting = [0; 2];
    client.read_exact(&mut greeting)?;
    client.read_exact(&mut vec![0; greeting[1].into()])?;
    client.write_all(&[5, 0])?;
    // An IPv4 address: four bytes of head, four of address, two of port.
    client.read_exact(&mut [0; 10])?;
    let mut server = TcpStream::connect(target)?;
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80])?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    std::io::copy(&mut server, &mut client)?;
    Ok(())
}

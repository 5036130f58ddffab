//! Tests of `health` and `ready`: exit codes, formats, a narrow terminal.

use super::shapes::fixture;
use crate::support::cli::{Cli, Output};
use crate::support::http::{Response, SendMode, Stub, refused_url};

const UP: &str = r#"{"ok":true,"service":"api"}"#;

/// Starts an app with this health response and a readiness fixture.
fn app(health: Response, status: u16, readiness: &str) -> Stub {
    let readiness = Response::json(status, fixture(readiness));
    Stub::start([
        ("/api/healthz", health),
        ("/api/readyz", readiness.clone()),
        ("/api/admin/readyz", readiness),
    ])
}

fn run(args: &[&str], base_url: &str) -> Output {
    Cli::new(args).env("CLIPLY_BASE_URL", base_url).run()
}

/// Replaces the numbers that differ between runs.
fn settled(text: &str, stub: &Stub) -> String {
    let text = text.replace(&stub.url(), "http://stub");
    let tokens = text.split_inclusive(['\n', ' ']);
    let mut tokens: Vec<_> = tokens.map(str::to_owned).collect();
    for i in 1..tokens.len() {
        if tokens[i].trim_end() == "ms" {
            tokens[i - 1] = "N ".to_owned();
        }
    }
    tokens.concat()
}

#[test]
fn healthy_app_exits_0_with_its_latency() {
    let stub = app(Response::json(200, UP), 200, "canonical");
    let output = run(&["health"], &stub.url()).expect_code(0);
    assert_eq!(output.stderr, "");
    insta::assert_snapshot!(settled(&output.stdout, &stub));
    let output = run(&["ready"], &stub.url()).expect_code(0);
    insta::assert_snapshot!(settled(&output.stdout, &stub));
    run(&["ready", "--admin"], &stub.url()).expect_code(0);
    assert_eq!(stub.count("/api/admin/readyz"), 1);
}

#[test]
fn unhealthy_app_exits_with_the_code_of_its_status() {
    let stub = app(Response::json(200, r#"{"ok":false}"#), 503, "canonical-red");
    run(&["health"], &stub.url()).expect_code(2);
    let output = run(&["ready"], &stub.url()).expect_code(2);
    insta::assert_snapshot!(settled(&output.stdout, &stub));

    let stub = app(Response::html(200, "<title>Log in</title>"), 200, "canonical-contradiction");
    run(&["health"], &stub.url()).expect_code(3);
    run(&["ready"], &stub.url()).expect_code(1);
    run(&["ready", "--fail-on", "critical"], &stub.url()).expect_code(0);

    let stub = app(Response::json(200, UP), 200, "bare");
    run(&["ready", "--fail-on", "critical"], &stub.url()).expect_code(3);
    run(&["health"], &refused_url()).expect_code(2);
}

#[test]
fn json_names_the_value_cause_and_next_step() {
    let stub = app(Response::with_mode(SendMode::Reset), 503, "canonical-red");
    let health = run(&["health", "-o", "json"], &stub.url()).expect_code(2).json();
    assert_eq!(health["schema"], "cliplyctl.report/v1");
    assert_eq!((&health["status"], &health["exit_code"]), (&"critical".into(), &2.into()));
    assert_eq!(health["checks"][0]["id"], "app.up");
    assert_eq!(health["checks"][0]["observed"]["value"], "disconnected");
    assert_eq!(health["errors"][0]["kind"], "disconnected");
    assert_eq!(health["errors"][0]["retryable"], true);
    assert!(health["data"].is_null());

    let ready = run(&["ready", "-o", "json"], &stub.url()).expect_code(2).json();
    let bad_lines: Vec<_> =
        ready["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert_eq!(bad_lines, ["ready.ok", "ready.worker", "ready.queue"]);
    let queue = &ready["data"]["queue"];
    assert_eq!((&queue["oldest_job_age_raw"], &queue["warning"]), (&7300.0.into(), &true.into()));
    assert!(queue["oldest_job_age"].is_null());
}

#[test]
fn context_sets_the_unit_of_the_oldest_job_age() {
    let stub = app(Response::json(200, UP), 503, "canonical-red");
    let config =
        format!("[context.prod]\nbase_url = \"{}\"\noldest_job_age_unit = \"ms\"\n", stub.url());
    let output = Cli::new(["-c", "prod", "ready", "-o", "json"])
        .file("cliplyctl.toml", config)
        .run()
        .expect_code(2)
        .json();
    assert_eq!(output["data"]["queue"]["oldest_job_age"], 7.3);
    assert_eq!(output["findings"][0]["command"], "cliplyctl -c prod ready --admin");
}

#[test]
fn missing_base_url_is_a_configuration_error() {
    for args in [["health", "-ojson"], ["ready", "-ojson"]] {
        let output = Cli::new(args).run().expect_code(78);
        assert_eq!(output.json()["errors"][0]["kind"], "not_configured");
        assert!(output.stderr.contains("CLIPLY_BASE_URL"), "{output:?}");
    }
}

#[test]
fn suggested_commands_repeat_the_target_flags() {
    let url = refused_url();
    let next = |args: &[&str]| Cli::new(args.iter().copied()).run().expect_code(2).stdout;
    let next_command = next(&["health", "--base-url", &url]);
    let page = format!("cliplyctl --base-url {url} runbook 3.1");
    assert!(next_command.contains(&page) && !next_command.contains("env check"), "{next_command}");
    let ready = next(&["ready", "--base-url", &url]);
    assert!(ready.contains("3.1 The app does not answer"), "{ready}");
    assert!(!ready.contains("3.2"), "{ready}");
    let nothing = ["history", "--database-url", "postgres://u@127.0.0.1:1/app"];
    let output = Cli::new(nothing).run().expect_code(3);
    for text in ["record one: cliplyctl record", "with the same --database-url"] {
        assert!(output.stderr.contains(text), "{text}: {output:?}");
    }
}

#[test]
fn credentials_and_escape_sequences_are_never_printed() {
    let body = r#"{"ok":false,"checks":{"db":{"ok":false,"message":"\u001b[2J hunter2-token"}}}"#;
    let stub = Stub::start([("/api/admin/readyz", Response::json(503, body))]);
    for format in ["table", "json"] {
        let output = Cli::new(["ready", "--admin", "-o", format])
            .env("CLIPLY_BASE_URL", stub.url())
            .env("CLIPLY_ADMIN_TOKEN", "hunter2-token")
            .run()
            .expect_code(2);
        assert!(!format!("{output:?}").contains("hunter2"), "{output:?}");
        assert!(!output.stdout.contains('\u{1b}'), "{output:?}");
    }
    let request = &stub.requests("/api/admin/readyz")[0];
    assert_eq!(request.headers["authorization"], "Bearer hunter2-token");
}

#[test]
fn admin_token_that_is_not_set_is_named_and_no_request_is_made_without_it() {
    let refused = Stub::start([("/api/admin/readyz", Response::json(401, r#"{"error":"no"}"#))]);
    let settings = "admin_token_env = \"PROD_TOKEN\"\n";
    let unset = run_in_context(&["ready", "--admin"], &refused, settings).expect_code(3);
    assert!(unset.stdout.contains("PROD_TOKEN is not set"), "{unset:?}");
    assert_eq!(refused.count("/api/admin/readyz"), 0);
    let with_token = |stub: &Stub| {
        let config = format!("[context.prod]\nbase_url = \"{}\"\n{settings}", stub.url());
        Cli::new(["-c", "prod", "ready", "--admin"])
            .file("cliplyctl.toml", config)
            .env("PROD_TOKEN", "hunter2-token")
            .run()
    };
    let wrong = with_token(&refused).expect_code(3);
    assert!(wrong.stdout.contains("check the admin token, which is from $PROD_TOKEN"), "{wrong:?}");
    assert!(!format!("{wrong:?}").contains("hunter2"), "{wrong:?}");
    let up = Response::json(200, r#"{"status":"UP","components":{"db":{"status":"UP"}}}"#);
    with_token(&Stub::start([("/api/admin/readyz", up)])).expect_code(0);
}

#[test]
fn narrow_terminal_keeps_all_text_and_colors_statuses() {
    let stub = app(Response::json(200, UP), 503, "detailed-red");
    let mut terminal = Cli::new(["ready"]).env("CLIPLY_BASE_URL", stub.url()).terminal(40, 80);
    assert_eq!(terminal.finish(), 2);
    insta::assert_snapshot!(settled(&terminal.screen(), &stub));
    assert!(terminal.raw().contains("\u{1b}[31;1mCRITICAL"), "{:?}", terminal.raw());
}

/// Runs a command with a context of these settings.
fn run_in_context(args: &[&str], stub: &Stub, settings: &str) -> Output {
    let config = format!("[context.prod]\nbase_url = \"{}\"\n{settings}", stub.url());
    let args = ["-c", "prod"].iter().chain(args);
    Cli::new(args).file("cliplyctl.toml", config).run()
}

#[test]
fn ignored_component_is_shown_and_not_evaluated() {
    let stub = app(Response::json(200, UP), 200, "canonical-contradiction");
    run_in_context(&["ready"], &stub, "").expect_code(1);
    let ignoring = "ignored_components = [\"worker\"]\n";
    let output = run_in_context(&["ready"], &stub, ignoring).expect_code(0).stdout;
    let row = output.lines().find(|line| line.starts_with("worker")).unwrap();
    assert!(row.contains("ignored") && row.contains("not implemented"), "{output}");
    let json = run_in_context(&["ready", "-o", "json"], &stub, ignoring).expect_code(0).json();
    assert_eq!(json["data"]["ignored_components"], serde_json::json!(["worker"]));
    assert!(json["coverage"]["not_examined"].to_string().contains("worker"), "{json:#}");
    // Another component still counts.
    run_in_context(&["ready"], &stub, "ignored_components = [\"redis\"]\n").expect_code(1);
}

#[test]
fn healthy_version_without_a_component_exits_0_if_it_is_ignored() {
    for (fixture, ignored) in [
        ("flags", r#"["worker", "queue", "ffmpeg"]"#),
        ("integrations", r#"["worker", "queue", "ffmpeg"]"#),
        ("detailed", r#"["queue", "ffmpeg"]"#),
        ("bare", r#"["db", "worker", "queue", "ffmpeg"]"#),
    ] {
        let stub = app(Response::json(200, UP), 200, fixture);
        run_in_context(&["ready"], &stub, "").expect_code(3);
        let settings = format!("ignored_components = {ignored}\n");
        let output = run_in_context(&["ready"], &stub, &settings).expect_code(0);
        assert!(output.stdout.contains("ignored"), "{fixture}: {output:?}");
    }
}

#[test]
fn component_that_is_ignored_does_not_hide_a_failing_one() {
    let stub = app(Response::json(200, UP), 503, "detailed-red");
    let settings = "ignored_components = [\"worker\", \"queue\", \"ffmpeg\"]\n";
    let json = run_in_context(&["ready", "-o", "json"], &stub, settings).expect_code(2).json();
    let ids: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["ready.ok", "ready.db", "ready.env", "ready.stripe"]);
}

#[test]
fn context_sets_the_paths_of_all_endpoints() {
    let up = Response::json(200, r#"{"status":"UP"}"#);
    let stub = Stub::start([
        ("/actuator/health/liveness", up.clone()),
        ("/actuator/health/readiness", up.clone()),
        ("/readyz", Response::text(200, "text/plain", "[+]ping ok\nreadyz check passed\n")),
    ]);
    let settings = "healthz_path = \"/actuator/health/liveness\"\n\
                    readyz_path = \"/actuator/health/readiness\"\n\
                    admin_readyz_path = \"/readyz?verbose\"\n";
    run_in_context(&["health"], &stub, settings).expect_code(0);
    run_in_context(&["ready"], &stub, settings).expect_code(0);
    let output = run_in_context(&["ready", "--admin", "-o", "json"], &stub, settings);
    assert_eq!(output.expect_code(0).json()["data"]["shape"], "kubernetes");
    assert_eq!(stub.requests("/readyz")[0].target, "/readyz?verbose");
    run_in_context(&["ready"], &stub, "").expect_code(3);
    for path in ["readyz", "", "//evil.test/", "/a b", "/a#b"] {
        let settings = format!("readyz_path = \"{path}\"\n");
        let output = run_in_context(&["ready"], &stub, &settings).expect_code(78);
        assert!(output.stderr.contains("readyz_path"), "{path}: {output:?}");
    }
}

#[test]
fn context_sets_the_maximum_age_of_an_answer() {
    let stub = app(Response::json(200, UP).header("age", "90"), 200, "canonical");
    let output = run_in_context(&["health", "-o", "json"], &stub, "").expect_code(3).json();
    assert_eq!(output["errors"][0]["kind"], "stale");
    assert!(output["errors"][0]["message"].as_str().unwrap().contains("1m 30s"), "{output:#}");
    run_in_context(&["health"], &stub, "max_answer_age = \"2m\"\n").expect_code(0);
    let shown = run_in_context(&["config", "show"], &stub, "max_answer_age = \"2m\"\n");
    assert!(shown.expect_code(0).stdout.contains("max_answer_age"));
}

#[test]
fn worker_without_a_reason_is_not_named_as_the_cause() {
    let body = |worker: &str, checks: &str| {
        format!(
            r#"{{"ok":false,"checks":{{"db":{{"ok":true}},"worker":{worker}{checks}}},
                "queue":{{"length":0,"oldestJobAge":null}},"ffmpeg":{{"ok":true}}}}"#
        )
    };
    let stub = |body: String| Stub::start([("/api/readyz", Response::json(503, body))]);
    for worker in [r#"{"ok":false}"#, "false", r#"{"ok":true}"#] {
        let app = stub(body(worker, ""));
        let output = run(&["ready"], &app.url()).expect_code(2).stdout;
        let headline = output.lines().next().unwrap();
        assert!(headline.contains("env, stripe, sentry"), "{output}");
        assert!(headline.contains("env check --process"), "{output}");
        assert!(!headline.contains("failing: worker"), "{output}");
    }
    let app = stub(body(r#"{"ok":false,"message":"no heartbeat for 900 s"}"#, ""));
    let output = run(&["ready"], &app.url()).expect_code(2).stdout;
    assert!(output.starts_with("CRITICAL  not ready, failing: worker"), "{output}");
    let app = stub(body(r#"{"ok":false}"#, r#","stripe":{"ok":false}"#));
    let output = run(&["ready"], &app.url()).expect_code(2).stdout;
    assert!(output.starts_with("CRITICAL  not ready, failing: stripe"), "{output}");
}

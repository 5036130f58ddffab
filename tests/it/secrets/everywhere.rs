//! Runs every command with a marked secret in every place that can contain one, with working and with
//! broken systems. Neither the output nor any written file may contain the mark.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{MARK, marked};
use crate::connect::secured_server::{Secured, UNUSED_PORTS};
use crate::every_command;
use crate::service::tls::unknown_authority;
use crate::support::cli::{Cli, Output};
use crate::support::http::{Response, Stub};
use crate::support::postgres::Database;

/// Fragments of `user:MARK` in base64, as in a Basic authentication header.
const ENCODED: [&str; 3] =
    ["aHVudGVyMnN3b3JkZmlza", "h1bnRlcjJzd29yZGZpc2", "odW50ZXIyc3dvcmRmaXNo"];

/// Files that contain the mark, to be given to commands on purpose or by mistake.
fn files() -> Vec<(&'static str, String)> {
    vec![
        (
            "values.env",
            format!(
                "APP_TOKEN={MARK}\nNODE_ENV={MARK}\nBASE_URL=http://u:{MARK}@\nSTRANGER='{MARK}\n"
            ),
        ),
        (
            ".env.example",
            format!("APP_TOKEN={MARK}\nNODE_ENV={MARK}\n# OLD_KEY={MARK}\nBASE_URL=\n"),
        ),
        ("packages/shared/src/env.ts", SCHEMA.to_owned()),
        ("src/use.ts", format!("export const x = process.env.LOST_KEY ?? \"{MARK}\";\n")),
        (
            "note",
            format!(
                "DATABASE_URL=postgres://u:{MARK}@h/d\n{MARK}\n[context.x]\nheaders = {{ a = \"{MARK} }}\n"
            ),
        ),
        (
            "note.toml",
            format!("[context.{{x}}]\nbase_url = 3\ndatabase_url = \"postgres://u:{MARK}@h/d\"\n"),
        ),
        ("note.json", format!("{{\"form\":\"{MARK}\",\"schema\":[\"{MARK}\"],\"x\":\"{MARK}\"}}")),
    ]
}

const SCHEMA: &str = "import { z } from 'zod/v3';\nexport const EnvSchema = z.object({\n\
    APP_TOKEN: z.string().max(3),\n NODE_ENV: z.enum(['test', 'production']),\n\
    BASE_URL: z.string().url(),\n PORT: z.coerce.number(),\n});\n";

/// One scenario: environment, files, and flags before every command.
struct Scenario {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    files: Vec<(&'static str, String)>,
    flags: Vec<String>,
    /// The replacements of the placeholders for a job and an operation.
    ids: (String, String),
    /// Whether every line runs in every format; otherwise each one runs in one of two.
    all_formats: bool,
}

impl Scenario {
    fn new(name: &'static str, variables: &[(&'static str, &str)]) -> Scenario {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let operation = "rq-20260101t000000z-0-abcdef".to_owned();
        Scenario {
            name,
            variables: variables.collect(),
            files: files(),
            flags: Vec::new(),
            ids: ("00000000-0000-4000-8000-000000000001".to_owned(), operation),
            all_formats: false,
        }
    }

    fn file(mut self, path: &'static str, text: impl Into<String>) -> Scenario {
        self.files.push((path, text.into()));
        self
    }

    fn flags(mut self, words: &[&str]) -> Scenario {
        self.flags = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    fn cli(&self, words: &[String]) -> Cli {
        let timeout = ["--timeout".to_owned(), "2s".to_owned()];
        let mut cli = Cli::new(self.flags.iter().chain(&timeout).chain(words));
        for (path, text) in &self.files {
            cli = cli.file(path, text);
        }
        let home = cli.home().display().to_string();
        // These contain the mark in every scenario. Commands that read them must not print them.
        for (name, value) in [
            ("APP_TOKEN", MARK),
            ("RUST_BACKTRACE", "full"),
            ("RUST_LOG", "trace"),
            ("USER", "oncall"),
        ] {
            cli = cli.env(name, value);
        }
        for (name, value) in &self.variables {
            cli = cli.env(name, value.replace("HOME", &home));
        }
        cli
    }
}

/// Starts a broken app that returns the whole request, as debug pages do.
fn echo() -> Stub {
    let body = format!(
        "{{\"ok\":false,\"checks\":{{\"db\":{{\"ok\":false,\"message\":\"got x-protect: {MARK} and {MARK}\"}},\
          \"worker\":{{\"ok\":false,\"{MARK}\":\"authorization: Bearer {MARK}\"}}}},\"errors\":{{\"env\":\"{MARK}\"}}}}"
    );
    let page = format!("<title>{MARK}</title> x-protect: {MARK}");
    Stub::start([
        ("/api/healthz", Response::html(500, page).header("set-cookie", &format!("sid={MARK}"))),
        ("/api/readyz", Response::json(503, body.clone())),
        ("/api/admin/readyz", Response::json(503, body)),
        (
            "/away/api/healthz",
            Response::redirect(302, &format!("http://u:{MARK}@elsewhere.test/{MARK}?t={MARK}")),
        ),
        ("/away/api/readyz", Response::redirect(302, &format!("/{MARK}?token={MARK}"))),
        ("/away/api/admin/readyz", Response::text(401, "text/plain", format!("{MARK} is wrong"))),
    ])
}

/// Returns a URL with the mark in its query and userinfo.
fn with_password(url: &str) -> String {
    url.replacen("postgres@", &format!("postgres:{MARK}@"), 1)
}

fn all_settings(base: &str, database: &str) -> Vec<(&'static str, String)> {
    vec![
        ("CLIPLY_BASE_URL", base.to_owned()),
        ("CLIPLY_ADMIN_TOKEN", MARK.to_owned()),
        ("CLIPLY_HEADERS", format!("x-protect: {MARK}")),
        ("DATABASE_URL", database.to_owned()),
        ("PGPASSWORD", MARK.to_owned()),
    ]
}

/// Runs every line in this scenario. Returns the outputs and files with the mark.
fn run_all(scenario: &Scenario) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let lines = every_command::lines();
    let formats = every_command::formats();
    assert!(formats.len() > 3 && formats.iter().any(|format| format == "json"), "{formats:?}");
    let worker = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (index, format) = match scenario.all_formats {
                true => (index / formats.len(), formats[index % formats.len()].as_str()),
                false => (index, ["table", "json"][(index + scenario.name.len()) % 2]),
            };
            let Some(line) = lines.get(index) else { return found };
            let note = if format == "json" { "note.json" } else { "note" };
            let mut words =
                every_command::command_words(line, &scenario.ids.0, &scenario.ids.1, note);
            words.extend(["-o".to_owned(), format.to_owned()]);
            let mut cli = scenario.cli(&words);
            let output = run(&mut cli, &words);
            assert!(output.code < 101, "{}: {words:?}: {output:#?}", scenario.name);
            let shown = format!("{}{}", output.stdout, output.stderr);
            if contains_mark(shown.as_bytes()) {
                found.push(format!("{}: {}:\n{shown}", scenario.name, words.join(" ")));
            }
            for path in new_files_with_mark(cli.home(), scenario) {
                found.push(format!("{}: {}: {}", scenario.name, words.join(" "), path.display()));
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// Whether the store contains a snapshot.
fn has_snapshot(store: &Path) -> bool {
    rusqlite::Connection::open_with_flags(store, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|db| db.query_row("SELECT count(*) > 0 FROM snapshots", [], |row| row.get(0)))
        .unwrap_or(false)
}

/// Runs a command to its end. A command without an end is stopped after its first snapshot or a short time.
/// An earlier signal could be lost: the handler may not be installed yet, and SIGINT is ignored if a shell
/// started the tests in the background.
fn run(cli: &mut Cli, words: &[String]) -> Output {
    if !every_command::is_endless(words) {
        return cli.run();
    }
    let running = cli.start();
    let store = cli.home().join(".local/state/cliplyctl/history.db");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(3);
    while running.is_alive() && !has_snapshot(&store) && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.signal_if_alive("INT");
    running.finish()
}

fn contains_mark(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    [MARK].iter().chain(&ENCODED).any(|needle| text.contains(needle))
}

/// Returns files with the mark that the scenario did not create: state, reports, pages, caches.
fn new_files_with_mark(home: &Path, scenario: &Scenario) -> Vec<PathBuf> {
    let scenario_files: BTreeSet<PathBuf> =
        scenario.files.iter().map(|(path, _)| home.join(path)).collect();
    let mut all = Vec::new();
    walk(home, &mut all);
    // `--fix` changes the template, which contained the mark before.
    all.retain(|path| {
        !scenario_files.contains(path)
            && std::fs::read(path).is_ok_and(|bytes| contains_mark(&bytes))
    });
    all
}

fn walk(directory: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true => walk(&entry.path(), all),
            false => all.push(entry.path()),
        }
    }
}

#[track_caller]
fn assert_clean(scenario: &Scenario) {
    let found = run_all(scenario);
    assert!(found.is_empty(), "{} secrets are shown:\n{}", found.len(), found.join("\n\n"));
}

/// Requeues a job with the mark in the reason and returns the operation id.
fn operation(database: &Database) -> String {
    let args = ["dlq", "requeue", "--all", "--max", "2", "--yes", "-o", "json", "--reason"];
    let reason = format!("retry with token={MARK}");
    let output = Cli::new(args.into_iter().chain([reason.as_str()]))
        .env("DATABASE_URL", database.url())
        .env("USER", "oncall")
        .run();
    output.json()["data"]["outcome"]["operation"].as_str().expect("an operation").to_owned()
}

#[test]
fn secrets_are_hidden_while_everything_is_reachable() {
    let (database, id) = marked();
    let app = echo();
    let url = with_password(&database.url()) + &format!("?sslpassword={MARK}&application_name=x");
    let mut scenario = Scenario::new("reachable", &[]);
    scenario.variables = all_settings(&app.url(), &url);
    scenario.ids = (id, operation(&database));
    scenario.all_formats = true;
    assert_clean(&scenario);
}

/// Values that a healthy table cannot have, and names of objects: both are shown when they are unexpected.
#[test]
fn secrets_are_hidden_in_states_and_object_names() {
    let (database, id) = marked();
    let token = format!("sk_live_{MARK}");
    database.execute(&format!(
        "ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_state_check;
         ALTER TABLE job_events DROP CONSTRAINT IF EXISTS job_events_stage_check;
         UPDATE jobs SET state = '{token}' WHERE id IN (SELECT id FROM jobs WHERE state = 'queued' LIMIT 2);
         UPDATE job_events SET stage = '{token}' WHERE id IN (SELECT id FROM job_events LIMIT 2);
         CREATE FUNCTION \"{token}\"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
           $f$ BEGIN RETURN new; END $f$;
         CREATE TRIGGER \"{token}\" BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION \"{token}\"();
         CREATE VIEW public.\"{token}\" AS SELECT * FROM jobs;
         GRANT SELECT ON public.\"{token}\" TO PUBLIC;
         CREATE TABLE public.\"{token}_table\" (\"{token}\" int);
         GRANT ALL ON public.\"{token}_table\" TO PUBLIC;
         CREATE POLICY \"{token}\" ON jobs USING (kind <> '{token}');"
    ));
    let mut scenario = Scenario::new("states and names", &[]);
    scenario.variables = all_settings("http://127.0.0.1:1", &with_password(&database.url()));
    scenario.ids.0 = id;
    assert_clean(&scenario);
    scenario.name = "states and names, the other formats";
    assert_clean(&scenario);
}

/// Tests what one command writes and another reads: operations, plans, snapshots, the HTML page.
#[test]
fn secrets_are_absent_from_history_and_its_page() {
    let (database, id) = marked();
    let app = echo();
    let state = tempfile::tempdir().unwrap();
    let mut scenario = Scenario::new("history", &[]);
    scenario.variables = all_settings(&app.url(), &with_password(&database.url()));
    let reason = format!("again, token={MARK}");
    let page = state.path().join("page.html").display().to_string();
    let saved_triage = state.path().join("seen.json").display().to_string();
    let commands: [&[&str]; 10] = [
        &["dlq", "requeue", &id, "--yes", "--reason", &reason],
        &[
            "dlq",
            "requeue",
            "--all",
            "--canary",
            "--canary-timeout",
            "1s",
            "--yes",
            "--reason",
            &reason,
        ],
        &["dlq", "ops"],
        &["jobs", "show", &id],
        &["record"],
        &["history"],
        &["history", "-o", "json"],
        &["history", "--html", &page],
        &["triage", "--save", &saved_triage],
        &["triage", "--from", &saved_triage, "-o", "json"],
    ];
    for words in commands {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let output = scenario.cli(&words).env("XDG_STATE_HOME", state.path()).run();
        assert!(output.code <= 3 || output.code == 75, "{words:?}: {output:#?}");
        assert!(
            !contains_mark(format!("{}{}", output.stdout, output.stderr).as_bytes()),
            "{words:?}: {output:#?}"
        );
    }
    let mut state_files = Vec::new();
    walk(state.path(), &mut state_files);
    assert!(state_files.len() >= 5, "{state_files:?}");
    state_files.retain(|path| contains_mark(&std::fs::read(path).unwrap()));
    assert_eq!(state_files, Vec::<PathBuf>::new());
}

#[test]
fn secrets_are_hidden_when_operations_are_stored_in_files() {
    let database = Database::from_fixture("bigint_typical");
    database.execute(&format!(
        "UPDATE jobs SET error = '{{\"token\":\"{MARK}\"}}', payload = '{{\"api_key\":\"{MARK}\"}}'"
    ));
    let mut scenario = Scenario::new("a journal of our own", &[]);
    scenario.variables = all_settings("http://127.0.0.1:1", &with_password(&database.url()));
    let requeue = ["dlq", "requeue", "--all", "--max", "2", "--yes", "--reason"];
    let words: Vec<_> =
        requeue.iter().map(|word| (*word).to_owned()).chain([format!("token={MARK}")]).collect();
    let mut cli = scenario.cli(&words);
    let output = cli.run().expect_code(0);
    assert!(
        !contains_mark(format!("{}{}", output.stdout, output.stderr).as_bytes()),
        "{output:#?}"
    );
    let mut state_files = Vec::new();
    walk(&cli.home().join(".local/state"), &mut state_files);
    assert!(!state_files.is_empty(), "no journal: {output:#?}");
    assert_eq!(new_files_with_mark(cli.home(), &scenario), Vec::<PathBuf>::new());
    // The journal is enough for an undo, and the stored errors are unchanged.
    let state = cli.home().join(".local/state");
    let operation =
        std::fs::read_dir(state.join("cliplyctl/operations")).unwrap().next().unwrap().unwrap();
    let operation = operation.path().file_stem().unwrap().to_str().unwrap().to_owned();
    let undo = ["dlq", "undo", &operation, "--yes"].map(str::to_owned);
    scenario.cli(&undo).env("XDG_STATE_HOME", &state).run().expect_code(0);
    let dead =
        "SELECT count(*) FROM jobs WHERE status = 'failed' AND error->>'token' LIKE 'hunter2%'";
    assert_eq!(
        database.value(dead),
        database.value("SELECT count(*) FROM jobs WHERE status = 'failed'")
    );
    assert_clean(&scenario);
}

#[test]
fn secrets_are_hidden_when_no_host_is_reachable() {
    let (port, redirecting_app) = (UNUSED_PORTS.0, echo());
    let base = format!("http://u:{MARK}@127.0.0.1:{port}/?t={MARK}");
    let url = format!("postgres://u:{MARK}@127.0.0.1:{port}/d?sslpassword={MARK}");
    let mut refused = Scenario::new("refused", &[]);
    refused.variables = all_settings(&base, &url);
    assert_clean(&refused);

    let mut redirected = Scenario::new("sent away", &[]);
    redirected.variables = all_settings(
        &format!("{}/away", redirecting_app.url()),
        "host=127.0.0.1 port=1 password=hunter2swordfish",
    );
    assert_clean(&redirected);
}

#[test]
fn secrets_are_hidden_when_passwords_or_certificates_fail() {
    let secured = Secured::shared();
    let base = format!("https://u:{MARK}@localhost:{}/?t={MARK}", unknown_authority());
    let url = format!("postgres://scram:{MARK}@127.0.0.1:{}/postgres", secured.port);
    let mut wrong_password = Scenario::new("a wrong password", &[]);
    wrong_password.variables = all_settings(&base, &url);
    assert_clean(&wrong_password);

    let untrusted_root = secured.path("stranger.crt");
    let url = format!("{url}?sslmode=verify-full&sslrootcert={untrusted_root}");
    let mut untrusted_certificate = Scenario::new("a certificate that is not trusted", &[]);
    untrusted_certificate.variables = all_settings(&base, &url);
    assert_clean(&untrusted_certificate);
}

#[test]
fn secrets_from_files_are_hidden() {
    let secured = Secured::shared();
    let config = "[context.prod]\nbase_url = \"http://127.0.0.1:1\"\ndatabase_url_file = \"url\"\n\
        admin_token_file = \"token\"\nheaders = { x-one = { file = \"token\" }, x-two = { env = \"APP_TOKEN\" } }\n";
    let url = format!("postgres://scram:{MARK}@127.0.0.1:{}/postgres", secured.port);
    let with_context = Scenario::new("a context", &[]).flags(&["-c", "prod"]);
    assert_clean(
        &with_context
            .file("cliplyctl.toml", config)
            .file("url", url)
            .file("token", format!("{MARK}\n")),
    );

    let service = format!(
        "[prod]\nhost=127.0.0.1\nport={}\nuser=md5ish\ndbname=postgres\npassword={MARK}\n",
        secured.port
    );
    let scenario =
        Scenario::new("a service", &[("PGSERVICE", "prod"), ("PGSERVICEFILE", "HOME/service")]);
    assert_clean(&scenario.file("service", service));

    let pgpass_line = format!("127.0.0.1:{}:*:scram:{MARK}\n", secured.port);
    let port = secured.port.to_string();
    let connection = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port.as_str()),
        ("PGUSER", "scram"),
        ("PGPASSFILE", "HOME/pass"),
    ];
    assert_clean(&Scenario::new("a password file", &connection).file("pass", pgpass_line));

    let dotenv = format!(
        "PGHOST=127.0.0.1\nPGPORT=1\nPGPASSWORD={MARK}\nCLIPLY_ADMIN_TOKEN={MARK}\n\
        CLIPLY_BASE_URL=http://u:{MARK}@127.0.0.1:1\nOTHER={MARK}\n"
    );
    assert_clean(&Scenario::new("a .env", &[]).file(".env", dotenv));
}

/// Input that is invalid in many ways, each next to a secret.
#[test]
fn secrets_in_unparsable_input_are_hidden() {
    let urls = [
        format!("postgres://u:{MARK}@h:port/d"),
        format!("postgres://u:{MARK}/d"),
        format!("postgres//u:{MARK}@h/d"),
        format!("host=h password='{MARK}"),
        format!("postgres://u:%zz{MARK}@h/d"),
        format!("postgres://u:a?{MARK}=1@h/d"),
        MARK.to_owned(),
    ];
    let configs = [
        format!("[context.x]\nheaders = {{ a = \"{MARK} }}\n"),
        format!(
            "default_context = \"x\"\n[context.x]\ndatabase_url = \"postgres://u:{MARK}@h/d\"\n"
        ),
        format!("default_context = \"x\"\n[context.x]\nadmin_token = \"{MARK}\"\n"),
        format!(
            "default_context = \"x\"\n[context.x]\nbase_url = \"ftp://u:{MARK}@h\"\nrunbook_url = \"ssh://u:{MARK}@h\"\n"
        ),
        format!(
            "default_context = \"x\"\n[context.x]\nheaders = {{ a = \"{MARK}\\u0007\" }}\nread_only = \"{MARK}\"\n"
        ),
        format!(
            "default_context = \"x\"\n[context.x]\ntimeout = \"{MARK}\"\noldest_job_age_unit = \"{MARK}\"\n"
        ),
        format!("[context.x]\npassword = {MARK}\n"),
    ];
    let commands_to_run: &[&str] = &[
        "config show",
        "config check",
        "triage",
        "queue",
        "dlq requeue --all --dry-run",
        "health",
    ];
    let mut found = Vec::new();
    let mut run_commands = |scenario: &Scenario| {
        for (line, format) in commands_to_run.iter().zip(["table", "json"].into_iter().cycle()) {
            let line = format!("{line} -o {format}");
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            let output = scenario.cli(&words).run();
            if contains_mark(format!("{}{}", output.stdout, output.stderr).as_bytes()) {
                found.push(format!(
                    "{} {:?}: {line}: {output:#?}",
                    scenario.name, scenario.variables
                ));
            }
        }
    };
    for url in &urls {
        run_commands(&Scenario::new("a URL", &[("DATABASE_URL", url)]));
        run_commands(&Scenario::new("a flag", &[]).flags(&["--database-url", url]));
        run_commands(&Scenario::new(
            "a base URL",
            &[("CLIPLY_BASE_URL", url), ("CLIPLY_HEADERS", url)],
        ));
        run_commands(&Scenario::new("a flag of the app", &[]).flags(&["--base-url", url]));
        run_commands(
            &Scenario::new("a line of .env", &[]).file(".env", format!("DATABASE_URL=\"{url}\n")),
        );
        run_commands(
            &Scenario::new("a dollar", &[]).file(".env", format!("DATABASE_URL={url}$x\n")),
        );
    }
    for config in &configs {
        run_commands(&Scenario::new("a configuration", &[]).file("cliplyctl.toml", config));
    }
    assert!(found.is_empty(), "{} secrets are shown:\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn secrets_are_not_offered_by_completion() {
    let url = format!("postgres://u:{MARK}@127.0.0.1:1/d");
    for (commands, index) in [
        (&["queue", "--kind", ""][..], "3"),
        (&["-c", ""], "2"),
        (&["queue", "--database-url", ""], "3"),
    ] {
        let words = ["--", "cliplyctl"].iter().chain(commands);
        let mut cli = Cli::new(words).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index);
        cli = cli
            .env("DATABASE_URL", &url)
            .file("cliplyctl.toml", format!("[context.a]\ndatabase_url = \"{url}\"\n"));
        let output = cli.run().expect_code(0);
        assert!(
            !contains_mark(format!("{}{}", output.stdout, output.stderr).as_bytes()),
            "{output:#?}"
        );
    }
}

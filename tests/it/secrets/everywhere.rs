//! Runs every command with a marked secret in every place that can contain one, with working and with
//! broken systems. Neither the output nor any written file may contain the mark.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{MARK, marked};
use crate::connect::secured_server::{Secured, UNUSED_PORTS};
use crate::every_command::{self, LINES};
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
struct Day {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    files: Vec<(&'static str, String)>,
    flags: Vec<String>,
    /// The replacements of the placeholders for a job and an operation.
    named: (String, String),
    /// Whether every line runs in both formats.
    thorough: bool,
}

impl Day {
    fn new(name: &'static str, variables: &[(&'static str, &str)]) -> Day {
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let operation = "rq-20260101t000000z-0-abcdef".to_owned();
        Day {
            name,
            variables: variables.collect(),
            files: files(),
            flags: Vec::new(),
            named: ("00000000-0000-4000-8000-000000000001".to_owned(), operation),
            thorough: false,
        }
    }

    fn file(mut self, path: &'static str, text: impl Into<String>) -> Day {
        self.files.push((path, text.into()));
        self
    }

    fn flags(mut self, words: &[&str]) -> Day {
        self.flags = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    fn cli(&self, words: &[String]) -> Cli {
        let limit = ["--timeout".to_owned(), "2s".to_owned()];
        let mut cli = Cli::new(self.flags.iter().chain(&limit).chain(words));
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

fn everything(base: &str, database: &str) -> Vec<(&'static str, String)> {
    vec![
        ("CLIPLY_BASE_URL", base.to_owned()),
        ("CLIPLY_ADMIN_TOKEN", MARK.to_owned()),
        ("CLIPLY_HEADERS", format!("x-protect: {MARK}")),
        ("DATABASE_URL", database.to_owned()),
        ("PGPASSWORD", MARK.to_owned()),
    ]
}

/// Runs every line in this scenario, in one format or in both. Returns the outputs and files with the mark.
fn sweep(day: &Day) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (index, json) = match day.thorough {
                true => (index / 2, index % 2 == 1),
                false => (index, (index + day.name.len()) % 2 == 1),
            };
            let Some(line) = LINES.get(index) else { return found };
            let note = if json { "note.json" } else { "note" };
            let mut words = every_command::command_words(line, &day.named.0, &day.named.1, note);
            if json {
                words.extend(["-o".to_owned(), "json".to_owned()]);
            }
            let mut cli = day.cli(&words);
            let output = run(&mut cli, &words);
            assert!(output.code < 101, "{}: {words:?}: {output:#?}", day.name);
            let shown = format!("{}{}", output.stdout, output.stderr);
            if holds(shown.as_bytes()) {
                found.push(format!("{}: {}:\n{shown}", day.name, words.join(" ")));
            }
            for path in left_behind(cli.home(), day) {
                found.push(format!("{}: {}: {}", day.name, words.join(" "), path.display()));
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
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(3);
    while running.is_alive() && !has_snapshot(&store) && std::time::Instant::now() < patience {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.signal_if_alive("INT");
    running.finish()
}

fn holds(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    [MARK].iter().chain(&ENCODED).any(|needle| text.contains(needle))
}

/// Returns files with the mark that the scenario did not create: state, reports, pages, caches.
fn left_behind(home: &Path, day: &Day) -> Vec<PathBuf> {
    let ours: BTreeSet<PathBuf> = day.files.iter().map(|(path, _)| home.join(path)).collect();
    let mut all = Vec::new();
    walk(home, &mut all);
    // `--fix` changes the template, which contained the mark before.
    all.retain(|path| !ours.contains(path) && std::fs::read(path).is_ok_and(|bytes| holds(&bytes)));
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
fn assert_clean(day: &Day) {
    let found = sweep(day);
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
    let mut day = Day::new("reachable", &[]);
    day.variables = everything(&app.url(), &url);
    day.named = (id, operation(&database));
    day.thorough = true;
    assert_clean(&day);
}

/// Tests what one command writes and another reads: operations, plans, snapshots, the HTML page.
#[test]
fn secrets_are_absent_from_history_and_its_page() {
    let (database, id) = marked();
    let app = echo();
    let state = tempfile::tempdir().unwrap();
    let mut day = Day::new("history", &[]);
    day.variables = everything(&app.url(), &with_password(&database.url()));
    let reason = format!("again, token={MARK}");
    let page = state.path().join("page.html").display().to_string();
    let seen = state.path().join("seen.json").display().to_string();
    let typed: [&[&str]; 10] = [
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
        &["triage", "--save", &seen],
        &["triage", "--from", &seen, "-o", "json"],
    ];
    for words in typed {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let output = day.cli(&words).env("XDG_STATE_HOME", state.path()).run();
        assert!(output.code <= 3 || output.code == 75, "{words:?}: {output:#?}");
        assert!(
            !holds(format!("{}{}", output.stdout, output.stderr).as_bytes()),
            "{words:?}: {output:#?}"
        );
    }
    let mut kept = Vec::new();
    walk(state.path(), &mut kept);
    assert!(kept.len() >= 5, "{kept:?}");
    kept.retain(|path| holds(&std::fs::read(path).unwrap()));
    assert_eq!(kept, Vec::<PathBuf>::new());
}

#[test]
fn secrets_are_hidden_when_operations_are_stored_in_files() {
    let database = Database::from_fixture("bigint_typical");
    database.execute(&format!(
        "UPDATE jobs SET error = '{{\"token\":\"{MARK}\"}}', payload = '{{\"api_key\":\"{MARK}\"}}'"
    ));
    let mut day = Day::new("a journal of our own", &[]);
    day.variables = everything("http://127.0.0.1:1", &with_password(&database.url()));
    let requeue = ["dlq", "requeue", "--all", "--max", "2", "--yes", "--reason"];
    let words: Vec<_> =
        requeue.iter().map(|word| (*word).to_owned()).chain([format!("token={MARK}")]).collect();
    let mut cli = day.cli(&words);
    let output = cli.run().expect_code(0);
    assert!(!holds(format!("{}{}", output.stdout, output.stderr).as_bytes()), "{output:#?}");
    let mut kept = Vec::new();
    walk(&cli.home().join(".local/state"), &mut kept);
    assert!(!kept.is_empty(), "no journal: {output:#?}");
    assert_eq!(left_behind(cli.home(), &day), Vec::<PathBuf>::new());
    // The journal is enough for an undo, and the stored errors are unchanged.
    let state = cli.home().join(".local/state");
    let operation =
        std::fs::read_dir(state.join("cliplyctl/operations")).unwrap().next().unwrap().unwrap();
    let operation = operation.path().file_stem().unwrap().to_str().unwrap().to_owned();
    let undo = ["dlq", "undo", &operation, "--yes"].map(str::to_owned);
    day.cli(&undo).env("XDG_STATE_HOME", &state).run().expect_code(0);
    let dead =
        "SELECT count(*) FROM jobs WHERE status = 'failed' AND error->>'token' LIKE 'hunter2%'";
    assert_eq!(
        database.value(dead),
        database.value("SELECT count(*) FROM jobs WHERE status = 'failed'")
    );
    assert_clean(&day);
}

#[test]
fn secrets_are_hidden_when_no_host_is_reachable() {
    let (port, away) = (UNUSED_PORTS.0, echo());
    let base = format!("http://u:{MARK}@127.0.0.1:{port}/?t={MARK}");
    let url = format!("postgres://u:{MARK}@127.0.0.1:{port}/d?sslpassword={MARK}");
    let mut refused = Day::new("refused", &[]);
    refused.variables = everything(&base, &url);
    assert_clean(&refused);

    let mut sent_away = Day::new("sent away", &[]);
    sent_away.variables = everything(
        &format!("{}/away", away.url()),
        "host=127.0.0.1 port=1 password=hunter2swordfish",
    );
    assert_clean(&sent_away);
}

#[test]
fn secrets_are_hidden_when_passwords_or_certificates_fail() {
    let secured = Secured::shared();
    let base = format!("https://u:{MARK}@localhost:{}/?t={MARK}", unknown_authority());
    let url = format!("postgres://scram:{MARK}@127.0.0.1:{}/postgres", secured.port);
    let mut wrong = Day::new("a wrong password", &[]);
    wrong.variables = everything(&base, &url);
    assert_clean(&wrong);

    let stranger = secured.path("stranger.crt");
    let url = format!("{url}?sslmode=verify-full&sslrootcert={stranger}");
    let mut untrusted = Day::new("a certificate that is not trusted", &[]);
    untrusted.variables = everything(&base, &url);
    assert_clean(&untrusted);
}

#[test]
fn secrets_from_files_are_hidden() {
    let secured = Secured::shared();
    let config = "[context.prod]\nbase_url = \"http://127.0.0.1:1\"\ndatabase_url_file = \"url\"\n\
        admin_token_file = \"token\"\nheaders = { x-one = { file = \"token\" }, x-two = { env = \"APP_TOKEN\" } }\n";
    let url = format!("postgres://scram:{MARK}@127.0.0.1:{}/postgres", secured.port);
    let named = Day::new("a context", &[]).flags(&["-c", "prod"]);
    assert_clean(
        &named.file("cliplyctl.toml", config).file("url", url).file("token", format!("{MARK}\n")),
    );

    let service = format!(
        "[prod]\nhost=127.0.0.1\nport={}\nuser=md5ish\ndbname=postgres\npassword={MARK}\n",
        secured.port
    );
    let day = Day::new("a service", &[("PGSERVICE", "prod"), ("PGSERVICEFILE", "HOME/service")]);
    assert_clean(&day.file("service", service));

    let place = format!("127.0.0.1:{}:*:scram:{MARK}\n", secured.port);
    let port = secured.port.to_string();
    let place_of = [
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port.as_str()),
        ("PGUSER", "scram"),
        ("PGPASSFILE", "HOME/pass"),
    ];
    assert_clean(&Day::new("a password file", &place_of).file("pass", place));

    let dotenv = format!(
        "PGHOST=127.0.0.1\nPGPORT=1\nPGPASSWORD={MARK}\nCLIPLY_ADMIN_TOKEN={MARK}\n\
        CLIPLY_BASE_URL=http://u:{MARK}@127.0.0.1:1\nOTHER={MARK}\n"
    );
    assert_clean(&Day::new("a .env", &[]).file(".env", dotenv));
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
    let quick: &[&str] = &[
        "config show",
        "config check",
        "triage",
        "queue",
        "dlq requeue --all --dry-run",
        "health",
    ];
    let mut found = Vec::new();
    let mut look = |day: &Day| {
        for (line, format) in quick.iter().zip(["table", "json"].into_iter().cycle()) {
            let line = format!("{line} -o {format}");
            let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
            let output = day.cli(&words).run();
            if holds(format!("{}{}", output.stdout, output.stderr).as_bytes()) {
                found.push(format!("{} {:?}: {line}: {output:#?}", day.name, day.variables));
            }
        }
    };
    for url in &urls {
        look(&Day::new("a URL", &[("DATABASE_URL", url)]));
        look(&Day::new("a flag", &[]).flags(&["--database-url", url]));
        look(&Day::new("a base URL", &[("CLIPLY_BASE_URL", url), ("CLIPLY_HEADERS", url)]));
        look(&Day::new("a flag of the app", &[]).flags(&["--base-url", url]));
        look(&Day::new("a line of .env", &[]).file(".env", format!("DATABASE_URL=\"{url}\n")));
        look(&Day::new("a dollar", &[]).file(".env", format!("DATABASE_URL={url}$x\n")));
    }
    for config in &configs {
        look(&Day::new("a configuration", &[]).file("cliplyctl.toml", config));
    }
    assert!(found.is_empty(), "{} secrets are shown:\n{}", found.len(), found.join("\n\n"));
}

#[test]
fn secrets_are_not_offered_by_completion() {
    let url = format!("postgres://u:{MARK}@127.0.0.1:1/d");
    for (typed, index) in [
        (&["queue", "--kind", ""][..], "3"),
        (&["-c", ""], "2"),
        (&["queue", "--database-url", ""], "3"),
    ] {
        let words = ["--", "cliplyctl"].iter().chain(typed);
        let mut cli = Cli::new(words).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index);
        cli = cli
            .env("DATABASE_URL", &url)
            .file("cliplyctl.toml", format!("[context.a]\ndatabase_url = \"{url}\"\n"));
        let output = cli.run().expect_code(0);
        assert!(!holds(format!("{}{}", output.stdout, output.stderr).as_bytes()), "{output:#?}");
    }
}

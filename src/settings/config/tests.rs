use super::*;
use crate::error::ErrorKind;
use crate::queue::{Counting, QueueChoice};

fn read(text: &str) -> Result<ConfigFile, Error> {
    let mut config = ConfigFile::default();
    config.add(Path::new("c.toml"), text)?;
    config.contexts.iter().try_for_each(|context| context.valid().map(drop))?;
    Ok(config)
}

fn context(text: &str) -> ContextSettings {
    let config = read(&format!("[context.x]\n{text}\n")).unwrap_or_else(|e| panic!("{e:?}"));
    config.contexts.into_iter().next().unwrap()
}

fn error_of(text: &str) -> (String, Vec<String>) {
    let error = read(text).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Config);
    (error.message, error.hints.iter().map(ToString::to_string).collect())
}

#[test]
fn every_value_has_its_line_and_context() {
    let config =
        read("\u{feff}default_context = \"a\"\n\n[context.a]\nprotected = true\n").unwrap();
    assert_eq!(config.default_context.unwrap().origin.to_string(), "c.toml:1");
    let context = &config.contexts[0];
    assert_eq!(context.origin.to_string(), "c.toml:3 [context.a]");
    assert_eq!(context.protected.as_ref().unwrap().origin.to_string(), "c.toml:4 [context.a]");
}

#[test]
fn unknown_key_is_an_error_with_line_and_suggestion() {
    let unknown = |text, expected: &str, hint: &str| {
        let (message, hints) = error_of(text);
        assert_eq!((message.as_str(), hints[0].as_str()), (expected, hint), "{text}");
    };
    unknown(
        "\ndefault_contxt = 'a'",
        "c.toml:2: unknown key `default_contxt`",
        "did you mean `default_context`?",
    );
    unknown(
        "[thresholds]\ndead = 1",
        "c.toml:1: thresholds belong to a context",
        "write [context.NAME.thresholds], and use it with -c NAME",
    );
    unknown("[contexts.a]\n", "c.toml:1: unknown key `contexts`", "did you mean `context`?");
    unknown(
        "[context.a]\nread-only = true",
        "c.toml:2: unknown key `read-only`",
        "did you mean `read_only`?",
    );
    unknown(
        "[context.a.thresholds]\ndeads = 1",
        "c.toml:2: unknown key `deads`",
        "did you mean `dead`?",
    );
    unknown(
        "[context.a.thresholds]\ndead = { warn = 1 }",
        "c.toml:2: unknown key `warn`",
        "one of: warning, critical",
    );
    unknown(
        "[context.a.headers]\nX = { evn = 'A' }",
        "c.toml:2: unknown key `evn`",
        "did you mean `env`?",
    );
}

#[test]
fn wrong_value_type_is_an_error_with_line_without_the_value() {
    let table = [
        ("base_url = 7", "`base_url` must be a string that is not empty"),
        ("base_url = ''", "`base_url` must be a string that is not empty"),
        ("protected = 'hunter2'", "`protected` must be true or false"),
        ("timeout = 5", "`timeout` must be a string that is not empty"),
        ("timeout = '5'", "`timeout` must be a duration with a unit, such as 30s, 10m or 1h30m"),
        ("oldest_job_age_unit = 'min'", "`oldest_job_age_unit` must be \"s\" or \"ms\""),
        ("headers = 'hunter2'", "`headers` must be a table"),
        ("headers = { X = {} }", "`X` must be a string, {env = \"…\"} or {file = \"…\"}"),
        ("thresholds.dead = 'hunter2'", "`dead` must be a number of jobs, or false"),
        ("thresholds.dead = -1", "`dead` must be a number of jobs, or false"),
        ("thresholds.dead = nan", "`dead` must be a number of jobs, or false"),
        ("thresholds.dead = true", "`dead` must be a number of jobs, or false"),
        (
            "thresholds.oldest_due = 'soon'",
            "`oldest_due` must be a number of s, a duration such as \"5m\", or false",
        ),
    ];
    for (text, expected) in table {
        let (message, _) = error_of(&format!("[context.x]\n{text}\n"));
        assert_eq!(message, format!("c.toml:2: {expected}"), "{text}");
    }
}

#[test]
fn invalid_toml_is_an_error_with_line_without_the_text() {
    let (message, _) = error_of("a = 1\nhunter2 hunter2\n");
    assert!(message.starts_with("c.toml:2: ") && !message.contains("hunter2"), "{message}");
}

#[test]
fn secret_keys_are_rejected_without_their_value() {
    for key in ["password", "admin_token", "database_password"] {
        let (message, hints) = error_of(&format!("[context.x]\n{key} = 'hunter2'\n"));
        assert!(message.contains("secrets do not belong"), "{message}");
        assert!(!format!("{message}{hints:?}").contains("hunter2"));
    }
}

#[test]
fn value_set_twice_is_an_error() {
    let (message, _) = error_of("[context.x]\ndatabase_url = 'a'\ndatabase_url_env = 'B'\n");
    assert!(message.contains("second key for the same setting"), "{message}");
}

#[test]
fn thresholds_accept_every_spelling() {
    let limits = |text: &str| {
        let thresholds = context(&format!("[context.x.thresholds]\n{text}")).thresholds;
        let (doc, limit) = thresholds.thresholds.into_iter().next().unwrap();
        (doc.name, limit.value.warning, limit.value.critical)
    };
    // The defaults of dead are 20 and 100.
    assert_eq!(limits("dead = 30"), ("dead", Some(30.0), Some(100.0)));
    assert_eq!(limits("dead = { critical = 50 }"), ("dead", Some(20.0), Some(50.0)));
    assert_eq!(limits("dead = { warning = 5, critical = 6.5 }"), ("dead", Some(5.0), Some(6.5)));
    assert_eq!(limits("dead = { critical = false }"), ("dead", Some(20.0), None));
    assert_eq!(limits("dead = false"), ("dead", None, None));
    assert_eq!(limits("oldest_due = '2m'"), ("oldest_due", Some(120.0), Some(300.0)));
    assert_eq!(limits("health_latency = '3s'"), ("health_latency", Some(3000.0), None));
    let age = context("thresholds.stuck_after = '5m'").thresholds.stuck_after.unwrap();
    assert_eq!(age.value.as_secs(), 300);
}

#[test]
fn warning_above_critical_is_rejected() {
    let (message, hints) = error_of("[context.x.thresholds]\ndead = 500\n");
    assert!(message.contains("warning 500 jobs, critical 100 jobs"), "{message}");
    assert!(hints[0].contains("set both"), "{hints:?}");
}

#[test]
fn project_file_search_stops_at_the_repository() {
    let outside = tempfile::tempdir().unwrap();
    let repository = outside.path().join("repo");
    let deep = repository.join("a").join("b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(outside.path().join(FILE_NAME), "planted = true\n").unwrap();
    let load = || ConfigFile::load(None, &ProcessEnvironment::default(), &deep);

    assert_eq!(load().unwrap().files, [""; 0].map(PathBuf::from), "no repository: here alone");
    std::fs::create_dir(repository.join(".git")).unwrap();
    assert_eq!(load().unwrap().files.len(), 0, "what lies above the repository is not ours");
    std::fs::write(repository.join(FILE_NAME), "").unwrap();
    assert_eq!(load().unwrap().files, [repository.join(FILE_NAME)]);
    std::fs::write(deep.join(FILE_NAME), "").unwrap();
    assert_eq!(load().unwrap().files, [deep.join(FILE_NAME)], "the nearest wins");
}

#[test]
fn named_file_precedes_project_file_precedes_user_file() {
    let home = tempfile::tempdir().unwrap();
    let user = home.path().join(".config/cliplyctl");
    std::fs::create_dir_all(&user).unwrap();
    let cwd = home.path().join("work");
    std::fs::create_dir(&cwd).unwrap();
    let text = |name: &str| {
        format!(
            "default_context = '{name}'\n[context.{name}]\n[context.both]\nbase_url = 'http://{name}'\n"
        )
    };
    std::fs::write(user.join("config.toml"), text("user")).unwrap();
    std::fs::write(cwd.join(FILE_NAME), text("project")).unwrap();
    std::fs::write(cwd.join("other.toml"), text("other")).unwrap();
    let environment = ProcessEnvironment::from_pairs([("HOME", home.path().to_str().unwrap())]);

    let config = ConfigFile::load(None, &environment, &cwd).unwrap();
    assert_eq!(config.files, [cwd.join(FILE_NAME), user.join("config.toml")]);
    assert_eq!(config.default_context.as_ref().unwrap().value, "project");
    let url = |name: &str| Some(config.context(name)?.base_url.as_ref()?.value.clone());
    assert_eq!(url("both").as_deref(), Some("http://project"));
    assert!(config.context("user").is_some());

    let config = ConfigFile::load(Some(Path::new("other.toml")), &environment, &cwd).unwrap();
    assert_eq!(config.files, [cwd.join("other.toml")]);
    let error = ConfigFile::load(Some(Path::new("absent.toml")), &environment, &cwd).unwrap_err();
    assert!(error.message.contains("absent.toml"), "{error}");
}

#[test]
fn advice_rule_is_read_and_an_incomplete_one_is_an_error() {
    let rule =
        "[[advice]]\npattern = 'render farm'\nclass = 'external_service'\nretry = 'after_fix'\n";
    let config = read(&format!("{rule}text = 'Call the farm.'\n")).unwrap();
    assert_eq!(
        (config.advice[0].patterns.iter().collect::<Vec<_>>(), config.advice.len()),
        (vec!["render farm"], 1)
    );
    let (message, hints) = error_of(rule);
    assert_eq!(message, "c.toml:1: a rule of [[advice]] is incomplete");
    assert_eq!(hints, ["it needs pattern, category, retry, text"]);
    let (message, _) = error_of("[[advice]]\nclass = 'ours'\n");
    assert!(message.starts_with("c.toml:2: `class` must be one of \"bad_input\""), "{message}");
    let (message, _) = error_of("advice = 'x'\n");
    assert!(message.contains("must be a list"), "{message}");
}

/// A declaration with one more line of the table, and one of its columns.
fn declared(line: &str, column: &str) -> String {
    format!(
        "[context.x.queue]\nadapter = \"declared\"\ntable = \"t\"\n{line}\n\
         [context.x.queue.columns]\nid = \"n\"\nstate = \"s\"\n{column}\n"
    )
}

#[test]
fn declared_queue_is_read_with_every_kind_of_value() {
    let text = declared("", "")
        + "[context.x.queue.states]\nqueued = [0, \"new\"]\ndead = [true]\n\
           [context.x.queue.requeue]\nset = { s = 0, flag = false, note = \"x\" }\nnow = [\"due\"]\nnull = [\"w\"]\n";
    let config = read(&text).unwrap();
    let QueueChoice::Declared(declaration) = &config.contexts[0].queue.as_ref().unwrap().value
    else {
        panic!("declared")
    };
    assert_eq!(declaration.states.queued, ["0", "new"]);
    assert_eq!(declaration.states.dead, ["true"]);
    let requeue = declaration.requeue.as_ref().unwrap();
    assert_eq!(requeue.columns(), ["flag", "note", "s", "due", "w"]);
    assert_eq!(declaration.counting, Counting::Unknown);
}

#[test]
fn invalid_declaration_is_an_error_with_its_line() {
    for (text, expected) in [
        ("[context.x.queue]\ntable = \"t\"", "adapter"),
        ("[context.x.queue]\nadapter = \"sidekiq\"", "\"declared\""),
        ("[context.x.queue]\nadapter = \"river\"\ntable = \"t\"", "`table` is not used"),
        ("[context.x.queue]\nadapter = \"declared\"", "`table`"),
        (
            "[context.x.queue]\nadapter = \"declared\"\ntable = \"t\"\n[context.x.queue.columns]\nid = \"n\"",
            "columns.state",
        ),
        (&declared("attempts_counted = \"sometimes\"", ""), "at_claim"),
        (&declared("", "tries = \"n\""), "unknown key `tries`"),
        (&declared("", "kind = 3"), "string"),
        (
            &(declared("", "") + "[context.x.queue.states]\ndead = [1]\nfailed = [\"1\"]"),
            "listed twice",
        ),
        (&(declared("", "") + "[context.x.queue.states]\nlost = []"), "unknown key `lost`"),
        (&(declared("", "") + "[context.x.queue.states]\ndead = [1.5]"), "a list of values"),
        (
            &(declared("", "") + "[context.x.queue.requeue]\nset = { a = 1 }\nnull = [\"a\"]"),
            "twice",
        ),
        (&(declared("", "") + "[context.x.queue.requeue]\nnow = []"), "at least one column"),
    ] {
        let (message, _) = error_of(text);
        assert!(message.starts_with("c.toml:"), "{message}");
        assert!(message.contains(expected), "{text}: {message}");
    }
}

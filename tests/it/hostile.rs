//! Tests with hostile text in every database column that can contain it. No format lets it control the
//! terminal, break a table or imitate other output.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser as _;
use cliplyctl::render::Format;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::every_command;
use crate::support::cli::{Cli, Output};
use crate::support::http::{Response, Stub};
use crate::support::postgres::Database;

/// Hostile texts from workers, users or clients. PostgreSQL does not store NUL.
const TEXTS: [&str; 14] = [
    "\u{1b}[2J\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]0;owned\u{7}title",
    "\u{1b}]8;;https://evil.example/\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "c1 \u{9b}31m \u{90}q\u{9c} \u{85}next",
    "\u{1}\u{2}\u{8}\u{8}\u{8}back\u{7f}",
    "two\r\nlines\rand\ttabs\u{b}\u{c}",
    "\u{202e}gnp.exe\u{202c} \u{2066}isolate\u{2069} \u{200e}",
    "zero\u{200b}width\u{feff} \u{2060}joiner",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️ 1️⃣",
    "e\u{301}\u{301}\u{301} Z\u{351}\u{343}\u{36b}a\u{30a}lgo",
    "日本語のエラー 한국어 ｆｕｌｌ",
    "العربية עברית हिन्दी ไทย",
    "<script>alert(1)</script> \"quoted\", 'single' & | pipes | `ticks` ::error::x",
    "=cmd|' /C calc'!A0,\n\u{2028}\u{2029}\u{e0041}\u{fffb}",
];

/// Creates a database whose dead letters, workers and events contain the texts.
fn hostile() -> (Database, String) {
    let database = Database::from_fixture("main_typical");
    database.execute("ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check; ALTER TABLE job_events DROP CONSTRAINT job_events_stage_check");
    for (n, text) in TEXTS.iter().enumerate() {
        let json =
            serde_json::json!({ "message": text, text.to_string(): text, "failed_at": text });
        database.execute(&format!(
            "UPDATE jobs SET kind = $t$K{n} {text}$t$, last_error = $t${text}$t$, error = $t${json}$t$,
                    payload = $t${json}$t$, result = $t${json}$t$, locked_by = $t${text}$t$
               WHERE id = (SELECT id FROM jobs WHERE state = 'dead_letter' ORDER BY id OFFSET {n} LIMIT 1);
             UPDATE jobs SET kind = $t$R{n} {text}$t$, locked_by = $t$w {text}$t$ WHERE id =
               (SELECT id FROM jobs WHERE state = 'running' ORDER BY id OFFSET {n} % 6 LIMIT 1);
             INSERT INTO job_events (job_id, stage, data)
               SELECT id, $t${text}$t$, $t${json}$t$ FROM jobs WHERE state = 'dead_letter'"
        ));
    }
    // Escapes that are not valid characters, as text, because jsonb rejects them.
    database.execute(
        r#"UPDATE jobs SET last_error = '{"message":"\ud800 \udfff \u0000 \u001b[31m"}' WHERE id =
             (SELECT id FROM jobs WHERE state = 'dead_letter' ORDER BY id DESC LIMIT 1)"#,
    );
    let id = database.value("SELECT min(id::text) FROM jobs WHERE state = 'dead_letter'");
    (database, id)
}

/// Whether a character moves the cursor, or hides or reorders text. Outputs must escape it.
fn is_hostile(c: char) -> bool {
    c.is_control() && c != '\n'
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[track_caller]
fn assert_no_hostile_characters(text: &str, context: &str) {
    let index = text.chars().position(is_hostile);
    let from = index.unwrap_or_default().saturating_sub(40);
    let excerpt: String = text.chars().skip(from).take(80).collect();
    assert!(index.is_none(), "{context}: {excerpt:?}");
}

fn run(db: &Database, state: &Path, words: &[String]) -> Output {
    let output = Cli::new(words)
        .env("DATABASE_URL", db.url())
        .env("XDG_STATE_HOME", state)
        .env("USER", "oncall")
        .run();
    assert!(!matches!(output.code, 64 | 70 | 101), "{words:?}: {output:#?}");
    output
}

/// Returns the commands that read the database and end by themselves, in each of their formats.
fn lines(id: &str, operation: &str) -> Vec<(Vec<String>, String)> {
    let prefixes = ["triage", "handoff", "record", "history", "queue", "dlq ", "rls ", "jobs "];
    let mut all = Vec::new();
    let is_given = |args: &str| !args.contains("NOTE") && !args.contains("--from");
    // `dlq ack` needs a group of this database; a unit test covers its texts.
    let known = |name: &str| name != "dlq ack";
    for line in every_command::lines().iter().filter(|(name, args)| is_given(args) && known(name)) {
        let words = every_command::command_words(line, id, operation, "");
        if every_command::is_endless(&words)
            || !prefixes.iter().any(|start| format!("{} ", line.0).starts_with(start))
        {
            continue;
        }
        let command = ["cliplyctl".to_owned()].into_iter().chain(words.clone());
        let formats = cliplyctl::cli::Cli::try_parse_from(command).unwrap().command.spec().formats;
        // A stream is not sorted.
        let is_sorted_stream = |format: &Format| {
            matches!(format, Format::Ndjson | Format::Csv) && line.1.contains("--sort")
        };
        all.extend(formats.iter().filter(|format| !is_sorted_stream(format)).map(|format| {
            let format_flags = [
                "-o".to_owned(),
                format.as_str().to_owned(),
                "--timeout".to_owned(),
                "5s".to_owned(),
            ];
            (words.iter().cloned().chain(format_flags).collect(), format.as_str())
        }));
    }
    all
}

#[test]
fn hostile_texts_are_escaped_in_every_command_and_format() {
    let (db, id) = hostile();
    let state = tempfile::tempdir().unwrap();
    let requeue = ["dlq", "requeue", "--all", "--max", "3", "--yes", "-o", "json", "--reason"]
        .map(str::to_owned);
    let reason = requeue.into_iter().chain([TEXTS.concat()]).collect::<Vec<_>>();
    let done = run(&db, state.path(), &reason).json();
    let operation = done["data"]["outcome"]["operation"].as_str().unwrap();
    run(&db, state.path(), &["record".to_owned()]);
    let all = lines(&id, operation);
    assert!(all.len() > 90, "{}", all.len());
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some((words, format)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let output = run(&db, state.path(), words);
            let context = words.join(" ");
            // CSV ends lines with CRLF, and its cells keep tabs.
            let stdout = if format == "csv" {
                output.stdout.replace("\r\n", "\n").replace('\t', " ")
            } else {
                output.stdout
            };
            assert_no_hostile_characters(&stdout, &context);
            assert_no_hostile_characters(&output.stderr, &context);
            assert_valid_format(&stdout, format, &context);
        }
    };
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(worker))));
}

/// Fails if the text is not valid in its format.
fn assert_valid_format(text: &str, format: &str, context: &str) {
    match format {
        "json" | "sarif" => drop(serde_json::from_str::<serde_json::Value>(text).expect(context)),
        "ndjson" => text
            .lines()
            .for_each(|line| drop(serde_json::from_str::<serde_json::Value>(line).expect(context))),
        "csv" => {
            let records = records(text);
            assert!(
                records.iter().all(|fields| *fields == records[0]),
                "{context}: {records:?}\n{text}"
            );
        }
        "markdown" => assert_markdown_tables(text, context),
        "junit" => assert!(!text.contains("<script"), "{context}: {text}"),
        "nagios" | "short" => {
            assert!(format == "nagios" || text.lines().count() == 1, "{context}: {text}")
        }
        "github" => {
            assert!(text.lines().all(|line| !line.starts_with("::error::x")), "{context}: {text}")
        }
        _ => {}
    }
}

/// Returns the number of fields of each record of a CSV text.
fn records(text: &str) -> Vec<usize> {
    let (mut records, mut fields, mut quoted) = (Vec::new(), 1, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields += 1,
            '\n' if !quoted => records.push(std::mem::replace(&mut fields, 1)),
            _ => {}
        }
    }
    records
}

/// Fails if a row of a Markdown table has a different number of cells than its header.
fn assert_markdown_tables(text: &str, context: &str) {
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let mut head = None;
    for line in text.lines() {
        let expected = line.starts_with('|').then(|| *head.get_or_insert(cells(line)));
        match expected {
            Some(expected) => assert_eq!(cells(line), expected, "{context}: {line}"),
            None => head = None,
        }
    }
}

/// Whether a cell starts or ends at the same column as its header, with blanks around it.
fn is_under(line: &str, (start, end): (usize, usize)) -> bool {
    let (mut at, mut before, mut blanks) = (0, 2, false);
    let mut begins = false;
    for character in line.graphemes(true) {
        let (width, blank) = (character.width(), character == " ");
        if width > 0 && at == start {
            begins = !blank && before >= 2;
        }
        if at == end && width > 0 {
            blanks = blank && before == 0;
        }
        if width > 0 {
            before = if blank { before + 1 } else { 0 };
        }
        at += width;
    }
    begins || blanks || at == end || at <= start
}

/// Returns the start and end of each header of a table, in terminal columns.
fn headers(line: &str) -> Vec<(usize, usize)> {
    let (mut headers, mut at) = (Vec::new(), 0);
    for part in line.split("  ") {
        if !part.is_empty() {
            let start = at + part.len() - part.trim_start().len();
            headers.push((start, at + part.trim_end().len()));
        }
        at += part.len() + 2;
    }
    headers
}

#[test]
fn misaligned_row_is_detected() {
    let head = headers("KIND    TRIES  ERROR");
    assert_eq!(head, [(0, 4), (8, 13), (15, 20)]);
    let misaligned = |row: &str| head.iter().filter(|head| !is_under(row, **head)).count();
    assert_eq!(misaligned("日本語    5/5  text"), 0);
    assert_eq!(misaligned("日本語       5/5  text"), 2, "counted in characters");
    assert_eq!(misaligned("e\u{301}         5/5  text"), 0);
    assert_eq!(misaligned("❤️        5/5  text"), 0);
    assert_eq!(misaligned("❤️         5/5  words"), 2, "by its parts");
}

#[test]
fn columns_stay_aligned_with_hostile_texts() {
    let (db, _) = hostile();
    for (line, first) in [
        ("dlq list --limit 500", "ID"),
        ("dlq groups", "JOBS"),
        ("jobs rescue --dry-run", "JOB"),
        ("queue", "KIND"),
    ] {
        let mut cli = Cli::new(line.split_whitespace()).env("DATABASE_URL", db.url());
        let text = cli.run().stdout;
        let mut lines = text.lines().skip_while(|line| !line.trim_start().starts_with(first));
        let head = lines.next().unwrap_or_else(|| panic!("{line}: no table\n{text}"));
        let rows: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
        assert!(rows.len() > 2, "{line}: {text}");
        for row in rows {
            let misaligned: Vec<_> =
                headers(head).into_iter().filter(|head| !is_under(row, *head)).collect();
            assert!(misaligned.is_empty(), "{line}: {misaligned:?}\n{head}\n{row}");
        }
    }
}

#[test]
fn output_never_exceeds_the_terminal_width() {
    let (db, id) = hostile();
    for line in
        ["dlq list --limit 500", "dlq groups", "queue", "triage", &format!("jobs show {id}")]
    {
        let cli =
            Cli::new(line.split_whitespace()).env("DATABASE_URL", db.url()).env("NO_COLOR", "1");
        let mut terminal = cli.terminal(200, 100);
        terminal.finish();
        let raw = terminal.raw().replace("\r\n", "\n");
        let raw = raw.rsplit('\r').next().unwrap_or_default();
        let plain = raw.replace("\u{1b}[K", "").replace("\u{1b}[2K", "");
        assert_no_hostile_characters(&plain, line);
        let widest = plain.lines().max_by_key(|line| line.width()).unwrap_or_default();
        assert!(widest.width() <= 100, "{line}: {} cells: {widest}", widest.width());
    }
}

#[test]
fn history_page_escapes_hostile_markup() {
    let (db, _) = hostile();
    let state = tempfile::tempdir().unwrap();
    let requeue = ["dlq", "requeue", "--all", "--yes", "--reason"].into_iter().chain([TEXTS[12]]);
    run(&db, state.path(), &requeue.map(str::to_owned).collect::<Vec<_>>());
    run(&db, state.path(), &["record".to_owned()]);
    let mut cli = Cli::new(["history", "--html", "page.html"]).env("DATABASE_URL", db.url());
    cli = cli.env("XDG_STATE_HOME", state.path());
    cli.run().expect_code(0);
    let page = std::fs::read_to_string(cli.home().join("page.html")).unwrap();
    assert_no_hostile_characters(&page, "history.html");
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page:.3000}");
}

/// A dead letter with ten megabytes in every text column.
#[test]
fn huge_texts_are_truncated_unless_requested() {
    let db = Database::from_fixture("main_typical");
    let id = db.value("SELECT min(id::text) FROM jobs WHERE state = 'dead_letter'");
    db.execute(&format!(
        "UPDATE jobs SET last_error = repeat('ha \u{1b}[31m日本', 1000000), error = jsonb_build_object('message', repeat('ha', 5000000)),
                payload = jsonb_build_object('clip', repeat('p ', 5000000)), locked_by = repeat('w', 1000000) WHERE id = '{id}'"
    ));
    let state = tempfile::tempdir().unwrap();
    for (line, max_bytes) in [
        ("dlq list --limit 500", 100_000),
        ("dlq groups", 100_000),
        ("dlq requeue --all --dry-run", 100_000),
        ("handoff", 200_000),
        ("triage", 100_000),
        ("record", 100_000),
        (&format!("dlq show {id}"), 60_000_000),
        (&format!("jobs show {id}"), 60_000_000),
    ] {
        for format in ["table", "json", "markdown"] {
            let words: Vec<_> = line.split(' ').chain(["-o", format]).map(str::to_owned).collect();
            let output = run(&db, state.path(), &words);
            assert!(output.code <= 3 && !output.stdout.is_empty(), "{line}: {}", output.stderr);
            assert!(
                output.stdout.len() < max_bytes,
                "{line} -o {format}: {} bytes",
                output.stdout.len()
            );
            assert_no_hostile_characters(&output.stdout, line);
        }
    }
}

/// JSON can contain escapes of lone surrogates. JavaScript writes one for half of an emoji.
#[test]
fn json_escapes_lone_surrogates() {
    let report = r#"{"ok":true,"checks":{"db":{"ok":true},"worker":{"ok":true,"message":"cut \ud83d"}},"queue":{"length":0,"oldestJobAge":null},"ffmpeg":{"ok":true}}"#;
    let app = Stub::start([("/api/readyz", Response::json(200, report))]);
    let output = Cli::new(["ready"]).env("CLIPLY_BASE_URL", app.url()).run();
    assert_eq!(output.code, 0, "{output:#?}");
}

//! The vocabulary of texts for users: help, manual pages, documents, and all reviewed outputs.

use std::path::{Path, PathBuf};

use regex::{Regex, RegexBuilder};

use crate::support::cli::Cli;

const BANNED: &str = include_str!("../banned_words.tsv");

/// Documents and outputs, relative to the root of the repository: files, and directories with an extension.
const TEXTS: [(&str, &str); 8] = [
    ("README.md", ""),
    ("RUNBOOK.md", ""),
    ("CHANGELOG.md", ""),
    (".env.example", ""),
    ("docs", "md"),
    ("docs/playbooks", "sh"),
    ("tests/it/service/snapshots", "snap"),
    ("tests/it/watch/snapshots", "snap"),
];

struct BannedWord {
    pattern: Regex,
    replacement: &'static str,
}

fn banned_words() -> Vec<BannedWord> {
    let lines = BANNED.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (pattern, replacement) = line.split_once('\t').expect(line);
            let pattern = RegexBuilder::new(pattern).case_insensitive(true).build().expect(line);
            BannedWord { pattern, replacement }
        })
        .collect()
}

/// Returns the lines of a text in which a banned word occurs, with the word to use instead.
fn findings(name: &str, text: &str) -> Vec<String> {
    let words = banned_words();
    let mut findings = Vec::new();
    let mut block: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language.trim().to_owned()) };
            continue;
        }
        // Settings, SQL and statements have the spelling of what reads them.
        if block.as_deref().is_some_and(|language| !["", "text", "console"].contains(&language)) {
            continue;
        }
        // Inline code in documents: names of commands, keys and columns.
        let is_document = name.ends_with(".md") && block.is_none();
        let prose = match is_document {
            true => line.split('`').step_by(2).collect::<Vec<_>>().join("…"),
            false => line.to_owned(),
        };
        for word in &words {
            if let Some(found) = word.pattern.find(&prose) {
                let found = found.as_str();
                findings.push(format!(
                    "{name}:{}: \"{found}\": use {}",
                    index + 1,
                    word.replacement
                ));
            }
        }
    }
    findings
}

fn files(path: &str, extension: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if path.is_file() {
        return vec![path];
    }
    let entries = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|entry| entry.extension().is_some_and(|found| found == extension)).collect()
}

#[test]
fn documents_and_reviewed_outputs_have_no_banned_words() {
    let mut found = Vec::new();
    let golden = files("tests/golden", "txt").into_iter().chain(files("tests/golden", "md"));
    let texts = TEXTS.iter().flat_map(|(path, extension)| files(path, extension)).chain(golden);
    for path in texts {
        let text = std::fs::read_to_string(&path).unwrap();
        let root = env!("CARGO_MANIFEST_DIR");
        found.extend(findings(&path.strip_prefix(root).unwrap().display().to_string(), &text));
    }
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found.join("\n"));
}

#[test]
fn help_and_manual_pages_have_no_banned_words() {
    let mut found = Vec::new();
    visit(&cliplyctl::cli::command(), &[], &mut |path, command| {
        let name = path.join(" ");
        found.extend(findings(&name, &command.clone().render_long_help().to_string()));
        if path != ["options"] {
            let page = Cli::new(["man"].iter().chain(path)).run().expect_code(0).stdout;
            found.extend(findings(&format!("man {name}"), &page.replace('\\', "")));
        }
    });
    assert!(found.is_empty(), "{} findings\n{}", found.len(), found.join("\n"));
}

fn visit<'a>(
    command: &'a clap::Command,
    path: &[&'a str],
    call: &mut impl FnMut(&[&str], &clap::Command),
) {
    call(path, command);
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        visit(inner, &[path, &[inner.get_name()]].concat(), call);
    }
}

#[test]
fn banned_words_are_found_in_prose_but_not_in_code() {
    let bad = ["what became of them", "jobs that died", "the verdict", "go on? [y/N]"];
    for text in bad {
        assert_eq!(findings("x.md", text).len(), 1, "{text}");
    }
    for text in ["the `verdict` column", "35 dead-lettered", "```sql\nselect died\n```", "continue"]
    {
        assert_eq!(findings("x.md", text), Vec::<String>::new(), "{text}");
    }
}

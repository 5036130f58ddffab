//! The commands that a report, an error or a note suggests: each must parse, and name the target of the run.

use serde_json::Value;

/// Fails if the output of a command suggests one that the parser refuses, or that has lost `-c` or `--config`.
pub fn assert_usable(arguments: &[String], stdout: &str, stderr: &str) {
    let given = |flag: &str| arguments.iter().filter(|word| **word == flag).count();
    let is_of_demo = given("demo") > 0;
    let required: Vec<_> = [("-c", given("-c") == 1), ("--config", given("--config") == 1)]
        .into_iter()
        .filter_map(|(flag, is_given)| (is_given && !is_of_demo).then_some(flag))
        .collect();
    let suggested = [in_json(stdout), in_table(stdout), in_sentences(stderr)].concat();
    for command in suggested {
        let words = shell_words::split(&command);
        let words = words.unwrap_or_else(|error| panic!("{command}: {error}"));
        // What follows a redirection is for the shell; DATE is a placeholder that is parsed.
        let filled = words
            .iter()
            .take_while(|word| *word != ">")
            .map(|word| if word == "DATE" { "2030-01-01" } else { word });
        let parsed = cliplyctl::cli::command().try_get_matches_from(filled);
        assert!(parsed.is_ok(), "suggested: {command}\n{}", parsed.unwrap_err());
        let has_target = words.get(1).is_some_and(|verb| verb == "demo");
        let lost = required.iter().find(|flag| !has_target && !words.iter().any(|w| w == *flag));
        assert!(lost.is_none(), "{lost:?} is missing: {command}\nof {arguments:?}");
    }
}

/// Returns the commands of a report in JSON.
fn in_json(text: &str) -> Vec<String> {
    let mut found = vec![];
    if text.contains("\"cliplyctl.report/v1\"")
        && let Ok(report) = serde_json::from_str::<Value>(text)
    {
        search(&report, &mut found);
    }
    found
}

fn search(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| search(value, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(text) if ["command", "next"].contains(&key.as_str()) => {
                        found.extend(text.starts_with("cliplyctl ").then(|| text.to_owned()));
                    }
                    Some(text) if key == "hint" => found.extend(in_sentences(text)),
                    _ if key == "hints" => {
                        let hints = value.as_array().into_iter().flatten();
                        found.extend(hints.filter_map(Value::as_str).flat_map(in_sentences));
                    }
                    _ => search(value, found),
                }
            }
        }
        _ => {}
    }
}

/// Returns the next steps of a report as a table: each ends at two spaces, or at the end of its line.
fn in_table(text: &str) -> Vec<String> {
    let steps = text.lines().skip_while(|line| *line != "Next steps").skip(1);
    let steps = steps.take_while(|line| line.starts_with("  "));
    let commands = steps.filter_map(|line| line.trim_start().split("  ").next());
    commands.filter(|step| step.starts_with("cliplyctl ")).map(str::to_owned).collect()
}

/// Returns the commands at the ends of sentences and clauses: `list them: cliplyctl dlq ops`.
fn in_sentences(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with("Usage: "));
    let clauses = lines.flat_map(|line| line.split("; "));
    let commands = clauses.filter_map(|clause| {
        let starts = [": cliplyctl ", "see cliplyctl ", "run cliplyctl "];
        let start = starts.iter().filter_map(|start| clause.find(start)).min()?;
        clause[start..].find("cliplyctl ").map(|offset| &clause[start + offset..])
    });
    let commands = commands.flat_map(|command| command.split(", "));
    let commands = commands.filter(|command| command.starts_with("cliplyctl "));
    commands.map(|command| command.trim_end_matches([')', '`', '.']).to_owned()).collect()
}

//! Tests of `env check --fix`, which inserts missing keys into the template and changes nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::project;
use crate::support::cli::Cli;

const KEYS: &str = "A: z.string(),\nB: z.string().describe('where B answers'),\n\
                    C: z.string().url().optional(),";
const TEMPLATE: &str = "\u{feff}# The app\r\nA=live-secret\r\n\r\n# Others\r\nX_Y=1\r\nZ=2";

fn template(cli: &Cli) -> String {
    fs::read_to_string(cli.home().join(".env.example")).unwrap()
}

#[test]
fn missing_keys_are_inserted_and_other_bytes_kept() {
    let mut cli = project(KEYS, TEMPLATE, "env check --fix --yes -o json");
    let path = cli.home().join(".env.example");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let output = cli.run().expect_code(2); // two keys of the template are not in the schema
    let expected = TEMPLATE.replace("secret\r\n", "secret\r\n# where B answers\r\nB=\r\n# C=\r\n");
    assert_eq!(template(&cli), expected);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let diff = "@@ -2,0 +3,3 @@\n+# where B answers\n+B=\n+# C=\n";
    assert!(output.stderr.contains(diff), "{}", output.stderr);
    assert!(!output.stderr.contains("live-secret"), "{}", output.stderr);
    let json = output.json();
    assert_eq!(json["summary"]["inserted"], 2);
    assert_eq!(json["missingInExample"], serde_json::json!([]), "it is judged as it is now");

    let output = cli.run().expect_code(2);
    assert!(output.stderr.contains("has all keys of the schema"), "{}", output.stderr);
    assert_eq!(template(&cli), expected);
    let names = fs::read_dir(cli.home()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
}

#[test]
fn unconfirmed_fix_is_refused_without_writing() {
    let mut cli = project(KEYS, TEMPLATE, "env check --fix");
    let output = cli.run().expect_code(77);
    assert!(output.stderr.contains("+B=") && output.stderr.contains("--yes"), "{}", output.stderr);
    assert_eq!(template(&cli), TEMPLATE);
    project(KEYS, TEMPLATE, "env check --yes").run().expect_code(64);
}

#[test]
fn prompt_can_be_declined_or_accepted() {
    let answers = [
        ("n\r", 77, "declined"),
        ("\x03", 130, "error: interrupted: nothing was written"),
        ("y\r", 0, "inserted 1 key: B"),
    ];
    for (answer, code, text) in answers {
        let cli = project("A: z.string(),\nB: z.string(),", "A=1\n", "env check --fix");
        let path = cli.home().join(".env.example");
        let mut terminal = cli.terminal(30, 100);
        terminal.wait_for("Insert 1 key into .env.example? [y/N]");
        terminal.type_text(answer);
        terminal.wait_for(text);
        let written = fs::read_to_string(path).unwrap();
        assert_eq!(terminal.finish(), code);
        assert_eq!(written, if code == 0 { "A=1\nB=\n" } else { "A=1\n" });
    }
}

#[test]
fn fix_that_would_change_other_values_is_refused() {
    // The quote is not closed, so a quote in the inserted text would close it.
    let keys = "A: z.string(),\nB: z.string().describe('one inch: \"'),";
    let mut cli = project(keys, "A=\"open\n", "env check --fix --yes");
    let output = cli.run().expect_code(77);
    assert!(
        output.stderr.contains("would change other values of .env.example"),
        "{}",
        output.stderr
    );
    assert_eq!(template(&cli), "A=\"open\n");
    let mut cli =
        project(KEYS, "", "env check --fix --yes").file(".env.example", b"\xff\xfeA\0=\0");
    let output = cli.run().expect_code(77);
    assert!(output.stderr.contains("UTF-16"), "{}", output.stderr);
}

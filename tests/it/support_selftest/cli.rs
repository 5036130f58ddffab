use crate::support::cli::Cli;

#[test]
fn command_sees_only_the_given_environment() {
    let mut run = Cli::program("sh", ["-c", "env | sort; pwd"]).env("EXTRA", "1");
    let home = run.home().canonicalize().unwrap().display().to_string();
    let output = run.run().expect_code(0);
    let names: Vec<&str> =
        output.stdout.lines().filter_map(|line| line.split('=').next()).collect();
    let own: Vec<&str> =
        names.into_iter().filter(|name| !["_", "OLDPWD", "SHLVL"].contains(name)).collect();
    assert_eq!(own, ["EXTRA", "HOME", "LC_ALL", "PATH", "PWD", "TZ", &home]);
}

#[test]
fn stdout_stderr_exit_code_and_stdin_are_separate() {
    let mut run = Cli::program("sh", ["-c", "cat; cat note >&2; exit 3"]);
    run = run.stdin("{\"a\": [1]}").file("note", "aside");
    let output = run.run().expect_code(3);
    assert_eq!(output.json()["a"][0], 1);
    assert_eq!(output.stderr, "aside");
}

#[test]
fn signal_is_distinguished_from_an_exit_code() {
    let running = Cli::program("sleep", ["1000"]).start();
    running.signal("TERM");
    assert_eq!(running.finish().code, -15);
}

#[test]
fn binary_under_test_runs() {
    let output = Cli::new(["--version"]).run();
    assert!(output.code >= 0, "{output:?}");
}

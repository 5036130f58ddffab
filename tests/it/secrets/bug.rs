//! Tests of panics: reported as a bug, without secrets, with exit code 70 and one document.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::MARK;
use crate::support::cli::{BINARY, ENVIRONMENT};
use crate::support::postgres::cluster;

/// Runs a command that cannot start threads, so that the name lookup panics in the runtime.
fn run(args: &[&str]) -> std::process::Output {
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    // The thread limit does not apply to root, and another user may not reach the program in its directory.
    let program = home.path().join("cliplyctl");
    std::fs::copy(BINARY, &program).unwrap();
    let owner = std::fs::metadata(cluster().directory()).unwrap();
    let mut command = Command::new("prlimit");
    command.arg("--nproc=0").arg(&program).args(args).env_clear().envs(ENVIRONMENT);
    command.env("HOME", home.path()).env("CLIPLY_BASE_URL", "https://name.invalid");
    command.env("CLIPLY_ADMIN_TOKEN", MARK).env("PGPASSWORD", MARK).env("RUST_BACKTRACE", "full");
    command.current_dir(home.path());
    if std::fs::metadata("/proc/self").unwrap().uid() != owner.uid() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    command.output().unwrap()
}

#[test]
fn panic_exits_70_with_one_json_document() {
    let output = run(&["ready", "--admin", "-o", "json"]);
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(70), "{stdout}\n{stderr}");
    assert!(stderr.starts_with("error: this is a bug in cliplyctl: "), "{stderr}");
    assert!(
        stderr.contains(": location: ") && stderr.contains("\nhint: report these lines"),
        "{stderr}"
    );
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&report["exit_code"], &report["errors"][0]["kind"]),
        (&70.into(), &"bug".into()),
        "{report:#}"
    );
    assert!(!stdout.contains(MARK) && !stderr.contains(MARK), "{stdout}\n{stderr}");
}

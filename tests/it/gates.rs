//! Tests of `docs/gates.md` and the monitoring examples: every command exists, and the package is complete.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use clap::Parser as _;
use cliplyctl::cli;
use serde_json::Value;

use crate::support::cli::{BINARY, Cli};

const GATES: &str = include_str!("../../docs/gates.md");
const NAGIOS: &str = include_str!("../../docs/monitoring/nagios.cfg");

/// Returns the words after `cliplyctl` in a shell line, up to the first shell operator.
fn command_words(rest: &str) -> Vec<String> {
    let end = rest.find(['`', '>', ';', '\'', '|', '&']).unwrap_or(rest.len());
    let filled = rest[..end].replace("$ARG1$", "triage").replace("$ARG2$", "prod");
    filled.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_command_in_the_gate_files_parses() {
    let mut seen = 0;
    for line in GATES
        .lines()
        .chain(NAGIOS.lines())
        .filter(|line| !line.contains("cargo ") && !line.contains("service_description"))
    {
        for rest in line.split("cliplyctl ").skip(1) {
            let words = command_words(rest);
            let first = words.first().map(String::as_str).unwrap_or_default();
            if !["triage", "env", "ready", "queue", "rls", "--config"].contains(&first) {
                continue; // prose and paths
            }
            let parsed =
                cli::Cli::try_parse_from(std::iter::once("cliplyctl".to_owned()).chain(words));
            assert!(parsed.is_ok(), "{line}: {:?}", parsed.err().map(|error| error.to_string()));
            seen += 1;
        }
    }
    assert!(seen >= 6, "the gates have lost their commands: {seen}");
}

/// Packs a stub instead of the binary: packing one with debug symbols takes half a minute. Returns what `then` prints.
fn package(then: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let line = format!("{root}/scripts/package && cd {root}/target/dist && {then}");
    let path = std::env::var("PATH").unwrap();
    let cli = Cli::program("sh", ["-c", &line]).env("PATH", path);
    let cli = cli.file("cliplyctl", format!("#!/bin/sh\nexec {BINARY} \"$@\"\n"));
    let binary = cli.home().join("cliplyctl");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).unwrap();
    // The list of crates comes from cargo, with the packages and the toolchain of whoever runs the tests.
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let setting =
        |name, default| std::env::var_os(name).unwrap_or_else(|| home.join(default).into());
    cli.env("CARGO_HOME", setting("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", setting("RUSTUP_HOME", ".rustup"))
        .env("BINARY", binary)
        .run()
        .expect_code(0)
        .stdout
}

// One test, because both packages are written to the same directory.
#[test]
fn package_is_complete_and_the_same_bytes_twice() {
    let listing = package(
        "tar tzf cliplyctl-*.tar.gz; for deb in *.deb; do [ ! -e $deb ] || dpkg-deb --contents $deb; done",
    );
    for file in [
        "bin/cliplyctl",
        "man1/cliplyctl.1.gz",
        "completions/cliplyctl",
        "_cliplyctl",
        "cliplyctl.fish",
        "RUNBOOK.md",
    ] {
        assert!(listing.contains(file), "{file}: {listing}");
    }
    // Every page that a manual page refers to is there.
    let pages = "for page in $(find . -path '*/cliplyctl-*/share/man/*' -name '*.gz'); do gzip -dc $page; done";
    let text = package(pages).replace("\\-", "-");
    let links: Vec<_> = text.lines().filter_map(|line| line.strip_suffix("(1)")).collect();
    assert!(links.contains(&"cliplyctl-dlq-requeue"), "{links:?}");
    for link in links {
        assert!(listing.contains(&format!("man1/{link}.1.gz")), "{link}: {listing}");
    }
    let sums = "cat SHA256SUMS-* && if command -v sha256sum >&2; then sha256sum --check SHA256SUMS-* >&2; fi";
    let first = package(sums);
    let has_dpkg = std::process::Command::new("dpkg-deb").arg("--version").output().is_ok();
    for (ending, is_built) in [(".tar.gz", true), (".cdx.json", true), (".deb", has_dpkg)] {
        let is_there = first.lines().any(|line| line.ends_with(ending));
        assert_eq!(is_there, is_built, "{ending}: {first}");
    }
    let again = package(&format!("{sums}; cat *.cdx.json"));
    let (again, crates) = again.split_at(again.find('{').expect("JSON"));
    assert_eq!(again, first);
    let readme = include_str!("../../README.md");
    for file in first.lines().filter_map(|line| line.split_whitespace().nth(1)) {
        // On other machines the files have other names.
        let is_named = readme.contains(file) || file.ends_with(".cdx.json");
        assert!(
            is_named || !cfg!(all(target_arch = "x86_64", target_os = "linux")),
            "{file}: {readme}"
        );
    }
    if has_dpkg {
        assert!(listing.contains("./usr/share/zsh/vendor-completions/_cliplyctl"), "{listing}");
    }

    let crates: Value = serde_json::from_str(crates).unwrap();
    assert_eq!(crates["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
    let components = crates["components"].as_array().unwrap();
    let find = |name: &str| components.iter().find(|component| component["name"] == name);
    for name in ["rustls", "libsqlite3-sys"] {
        assert_eq!(find(name).unwrap()["hashes"][0]["alg"], "SHA-256", "{name}");
    }
    // Neither macros nor what only the tests use.
    for name in ["serde_derive", "insta"] {
        assert_eq!(find(name), None);
    }
    let edges = crates["dependencies"].as_array().unwrap();
    assert_eq!(edges.len(), components.len() + 1);
    assert!(edges[0]["dependsOn"].to_string().contains("pkg:cargo/rustls@"), "{}", edges[0]);
}

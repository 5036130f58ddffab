//! `jobs show` on every variant.

use crate::support::cli::Cli;
use crate::support::fixtures::VARIANTS;
use crate::support::postgres::Database;

#[test]
fn jobs_of_every_variant_are_shown_with_what_their_state_means() {
    for variant in VARIANTS {
        let database = Database::from_fixture(&format!("{variant}_typical"));
        let show = |n: i32| {
            // Fixture ids are n, as a number or at the end of a uuid.
            let id = database.value(&format!(
                "SELECT id::text FROM public.jobs WHERE id::text = '{n}' OR id::text LIKE '%-%{n:012}'"
            ));
            let args = ["jobs", "show", &id, "-o", "json"];
            Cli::new(args).env("DATABASE_URL", database.url()).run().expect_code(0).json()
        };
        let meaning = |n: i32| show(n)["data"]["meaning"].clone();
        assert_eq!(meaning(1), "finished", "{variant}");
        assert_eq!(meaning(101), "queued_too_long", "{variant}");
        assert_eq!(meaning(121), "scheduled", "{variant}");
        assert_eq!(meaning(131), "running", "{variant}");
        // This one keeps neither locks nor heartbeats: nobody can tell.
        let silent = if variant == "typed" { "running" } else { "stuck" };
        assert_eq!(meaning(134), silent, "{variant}");
        let dead = show(216);
        let text = dead.to_string();
        assert!(["dead", "failed"].contains(&dead["data"]["meaning"].as_str().unwrap()), "{text}");
        assert!(text.contains("access token expired") && !text.contains("tt-secret"), "{text}");
    }
}

#[test]
fn the_hint_of_an_error_speaks_of_the_context_that_was_asked() {
    let database = Database::from_fixture("main_healthy");
    let config = "[context.night]\ndatabase_url_env = \"NIGHT_URL\"\n";
    let args = ["-c", "night", "jobs", "show", "00000000-0000-4000-8000-00000000ffff"];
    let mut cli = Cli::new(args).file("cliplyctl.toml", config).env("NIGHT_URL", database.url());
    let output = cli.run().expect_code(3);
    assert!(output.stderr.contains("cliplyctl -c night dlq list"), "{}", output.stderr);
}

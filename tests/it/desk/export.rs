//! `dlq list` as a stream: `-o ndjson`, `-o csv`.

use crate::support::cli::Cli;

#[test]
fn a_command_refuses_a_format_that_it_is_not_written_in() {
    for (command, formats) in [("triage", "table, short, json"), ("man", "table, json")] {
        let output = Cli::new([command, "-o", "csv"]).run().expect_code(64);
        assert_eq!(output.stdout, "");
        assert!(output.stderr.contains("is not written as csv"), "{}", output.stderr);
        assert!(output.stderr.contains(formats), "{}", output.stderr);
    }
}

//! Command lines that clap refuses: told as clap tells them, and to programs as well, in the format
//! that they asked for.

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::render::{self, Format};
use crate::report::Report;
use crate::settings::ProcessEnvironment;
use crate::terminal::{ColorChoice, RenderTarget, Terminal};

/// Help and version go to stdout and exit 0; clap's own 2 would mean CRITICAL, so errors exit 64.
///
/// `words` are those of the command line.
pub fn explain(mut error: clap::Error, words: impl Iterator<Item = String>) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        _ = error.print();
        return ExitCode::Ok;
    }
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.as_slice(),
        _ => &[],
    };
    if error.kind() == ErrorKind::MissingRequiredArgument && missing.iter().any(|n| n == "<OP>") {
        let tip = "cliplyctl dlq ops lists the operations".into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    _ = error.print();
    // The other formats belong to commands, and which one was meant is not known.
    let Some(format @ (Format::Json | Format::Nagios)) = asked_for(words) else {
        return ExitCode::Usage;
    };
    let report = Report::failed("cliplyctl", refusal(&error));
    let text = render::render(&report, &context::no_provenance(), format, RenderTarget::default());
    _ = Terminal::detect(ColorChoice::default(), &ProcessEnvironment::from_process())
        .print_stdout(&text);
    format.code(report.exit)
}

/// The last `--output` among the words, which clap could not read in their whole.
fn asked_for(words: impl Iterator<Item = String>) -> Option<Format> {
    let mut asked = None;
    let mut words = words.take_while(|word| word != "--");
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--output").or_else(|| word.strip_prefix("-o")) {
            Some("") => words.next(),
            Some(joined) => Some(joined.trim_start_matches('=').to_owned()),
            None => None,
        };
        asked = value.and_then(|value| Format::from_str(&value, false).ok()).or(asked);
    }
    asked
}

/// What clap says: its first paragraph is the error, its tips are what to do next.
fn refusal(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.trim_start_matches("error: ").split_whitespace();
    let mut refusal = Error::usage(message.collect::<Vec<_>>().join(" "));
    for tip in text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: ")) {
        refusal = refusal.hint(tip);
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> Option<Format> {
        asked_for(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn output_format_is_found_in_every_spelling() {
        for line in
            ["-o json", "-ojson", "-o=json", "--output json", "--output=json", "-o csv -o json"]
        {
            assert_eq!(asked(line), Some(Format::Json), "{line}");
        }
        for line in ["", "-o", "-o yaml", "-- -o json", "--output-json"] {
            assert_eq!(asked(line), None, "{line}");
        }
    }
}

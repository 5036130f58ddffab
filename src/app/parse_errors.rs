//! Errors of the command line parser: printed as clap prints them, and also as a report if a format was requested that
//! can hold an error.

use clap::ValueEnum as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::context;
use crate::error::Error;
use crate::exit::ExitCode;
use crate::render::{self, Format};
use crate::report::Report;
use crate::settings::ProcessEnvironment;
use crate::suggest::ShellCommand;
use crate::terminal::{ColorChoice, RenderTarget, Terminal};

/// Prints an error of clap, or the help or version, and returns the exit code.
///
/// Errors exit 64, because clap's own 2 means CRITICAL. `arguments` is the command line without the
/// program name.
pub(crate) fn explain(mut error: clap::Error, arguments: impl Iterator<Item = String>) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        _ = error.print();
        return ExitCode::Ok;
    }
    let missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.as_slice(),
        _ => &[],
    };
    if error.kind() == ErrorKind::MissingRequiredArgument
        && missing.iter().any(|n| n == "<OPERATION>")
    {
        let tip = format!("list the operations: {}", ShellCommand::new("dlq ops")).into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    _ = error.print();
    // The command is unknown, because it was not parsed, so it may be one that prints rows.
    let format = requested_format(arguments).filter(|format| format.holds_errors(true));
    let Some(format) = format else { return ExitCode::Usage };
    let report = Report::failed("cliplyctl", usage_error(&error));
    let text = render::render(&report, &context::no_provenance(), format, RenderTarget::default());
    _ = Terminal::detect(ColorChoice::default(), &ProcessEnvironment::from_process())
        .print_stdout(&text);
    format.code(report.exit)
}

/// Returns the last valid `--output` of the arguments, which clap could not parse.
fn requested_format(arguments: impl Iterator<Item = String>) -> Option<Format> {
    let mut format = None;
    let mut arguments = arguments.take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let flag = argument.strip_prefix("--output").or_else(|| argument.strip_prefix("-o"));
        let value = match flag {
            Some("") => arguments.next(),
            Some(joined) => Some(joined.trim_start_matches('=').to_owned()),
            None => None,
        };
        format = value.and_then(|value| Format::from_str(&value, false).ok()).or(format);
    }
    format
}

/// Converts an error of clap: its first paragraph is the message, its tips are the hints.
fn usage_error(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or_default();
    let message = message.trim_start_matches("error: ").split_whitespace();
    let mut usage_error = Error::usage(message.collect::<Vec<_>>().join(" "));
    for tip in text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: ")) {
        usage_error = usage_error.hint(tip);
    }
    usage_error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(line: &str) -> Option<Format> {
        requested_format(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn output_format_is_found_in_every_spelling() {
        for line in
            ["-o json", "-ojson", "-o=json", "--output json", "--output=json", "-o csv -o json"]
        {
            assert_eq!(format(line), Some(Format::Json), "{line}");
        }
        for line in ["", "-o", "-o yaml", "-- -o json", "--output-json"] {
            assert_eq!(format(line), None, "{line}");
        }
    }
}

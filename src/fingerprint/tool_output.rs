//! The output of command-line tools: a command or version at the start, the reason near the end.

use super::excerpt::strip_label;
use super::lexicon::{entries, starts_with, states_failure};

/// FFmpeg's general error codes, at the end of a line.
pub(crate) const REASONS: [&str; 7] = [
    ": Invalid data found when processing input",
    ": Encoder not found",
    ": Decoder not found",
    ": Filter not found",
    ": Function not implemented",
    ": Generic error in an external library",
    ": Input/output error",
];

/// Starts of lines that state a consequence of an error that was printed before.
pub(crate) const CONSEQUENCES: [&str; 32] = [
    "Conversion failed!",
    "Error while processing the decoded data",
    "Error reinitializing filters",
    "Error while filtering",
    "Error initializing filters",
    "Error initializing complex filters",
    "Error initializing output stream",
    "Error while opening encoder",
    "Error selecting an encoder",
    "Error closing file",
    "Error sending frames to consumers",
    "Error applying",
    "Invalid argument",
    "Failed to inject frame",
    "Failed to configure input pad",
    "Failed to configure output pad",
    "Could not open encoder before EOF",
    "Nothing was written into output",
    "At least one output file",
    "Exiting normally",
    "Error opening output files: Invalid argument",
    "Error opening output file ",
    "Error opening input file ",
    "Error splitting the argument list",
    "Task finished with error code",
    "Terminating thread with return code",
    "no images defined",
    "at ",
    "Press [q]",
    "TROUBLESHOOTING",
    "failed to push some refs",
    "fatal: Could not read from remote repository",
];

/// Whether a line is the version that FFmpeg prints first.
pub(crate) fn is_banner(line: &str) -> bool {
    line.starts_with("ffmpeg version ") || line.starts_with("ffprobe version ")
}

/// Whether an error is the output of a tool.
pub(crate) fn is_tool_output(first: &str, below: &str) -> bool {
    is_banner(first)
        || strip_label(first).starts_with("Command failed")
        || first.contains("exited with code")
        || first.contains("exit code")
        || first.contains("exit status")
        || is_component_line(first)
        || is_banner(below.trim_start())
        || (!states_failure(first) && below.lines().any(is_component_line))
        // The output in the message of an exception.
        || first.split_once(": ").is_some_and(|(_, output)| is_banner(output))
        || first.split(": ").skip(2).any(is_banner)
}

/// Whether a line starts with a component of FFmpeg and its address: `[https @ 0x557a95d5b53f]`.
fn is_component_line(line: &str) -> bool {
    line.strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .is_some_and(|(component, _)| component.contains(" @ 0x"))
}

/// Whether a text starts with a line about progress, not about a failure, and contains a line with a severity, as the
/// output of git and of Node's garbage collector.
pub(crate) fn starts_with_progress(first: &str, below: &str) -> bool {
    !has_severity(first) && !states_failure(first) && below.lines().any(has_severity)
}

/// The line that names the error: the first one with a severity, else the last one that says more than that
/// something failed.
pub(crate) fn error_line<'a>(head: &'a str, tail: &'a str) -> Option<&'a str> {
    let with_severity = || line_with_severity(tail).or_else(|| line_with_severity(head));
    with_severity().or_else(|| last_meaningful(tail)).map(|line| strip_label(line.trim()))
}

/// The first line with a severity; the line above it if it only states a consequence.
fn line_with_severity(text: &str) -> Option<&str> {
    let mut above = None;
    for line in text.split(['\n', '\r']).skip(1).map(str::trim).filter(|line| !line.is_empty()) {
        if has_severity(line) {
            return above.filter(|_| is_consequence(strip_label(line))).or(Some(line));
        }
        above = Some(line);
    }
    None
}

/// The last line that says more than that something failed. If its reason is a general one, a component of the tool
/// has often printed the error itself above it.
fn last_meaningful(text: &str) -> Option<&str> {
    let mut general = None;
    for line in text.rsplit(['\n', '\r']).filter(|line| !line.trim().is_empty()) {
        let meaningful = is_meaningful(line);
        match general {
            None if meaningful && is_general(line) => general = Some(line),
            None if meaningful => return Some(line),
            None => {}
            Some(_) if !meaningful || is_general(line) => {}
            Some(_) if is_component_line(line) => return Some(line),
            Some(_) => break,
        }
    }
    general
}

fn has_severity(line: &str) -> bool {
    // After the time, as wget prints it.
    let line = line.trim_start_matches(|c: char| {
        c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | ' ' | 'T' | 'Z' | '[' | ']')
    });
    let with_status = || {
        let status = line.strip_prefix("ERROR ").unwrap_or_default();
        status.get(..3).is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
    };
    ["fatal: ", "error: ", "fatal error: "].iter().any(|severity| starts_with(line, severity))
        || with_status()
}

/// Whether the reason in a line is one of FFmpeg's general error codes.
fn is_general(line: &str) -> bool {
    let line = line.trim_end();
    entries(&REASONS).any(|reason| line.ends_with(reason))
}

/// Whether a line states a consequence of an error that was printed before it, as FFmpeg, ImageMagick and git word it.
fn is_consequence(message: &str) -> bool {
    entries(&CONSEQUENCES).any(|phrase| message.starts_with(phrase))
}

/// Whether a line is not indented and contains more than a general statement of failure or statistics.
fn is_meaningful(line: &str) -> bool {
    let message = after_tool_name(after_components(line));
    !message.is_empty()
        && !line.starts_with(' ')
        && !is_statistics(message)
        && !is_consequence(message)
}

/// Whether a line consists of measurements, such as `video:12KiB audio:3KiB` and `frame= 12 fps=30`.
fn is_statistics(message: &str) -> bool {
    ["frame=", "size=", "video:", "bench:"].iter().any(|start| message.starts_with(start))
}

/// The line without the `[component @ 0x…]` prefixes of FFmpeg.
fn after_components(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        rest = after.trim_start();
    }
    rest
}

/// The line without the name of the tool before a colon: `convert-im6.q16: …`.
fn after_tool_name(line: &str) -> &str {
    match line.split_once(": ") {
        Some((name, rest))
            if !name.contains(' ') && name.starts_with(|c: char| c.is_ascii_lowercase()) =>
        {
            rest
        }
        _ => line,
    }
}

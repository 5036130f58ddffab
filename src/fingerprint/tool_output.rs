//! The output of command-line tools: a command or version at the start, the reason near the end.

use super::lexicon::starts_with;
use super::select::strip_label;

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
}

/// Whether a line starts with a component of FFmpeg and its address: `[https @ 0x557a95d5b53f]`.
fn is_component_line(line: &str) -> bool {
    line.strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .is_some_and(|(component, _)| component.contains(" @ 0x"))
}

/// The line that names the error: the first one with a severity, else the last one that says more than that
/// something failed.
pub(crate) fn error_line<'a>(head: &'a str, tail: &'a str) -> Option<&'a str> {
    let with_severity = |text: &'a str| {
        text.split(['\n', '\r']).skip(1).map(str::trim).find(|line| has_severity(line))
    };
    let line = with_severity(tail).or_else(|| with_severity(head));
    line.or_else(|| tail.split(['\n', '\r']).rfind(|line| is_meaningful(line)))
        .map(|line| strip_label(line.trim()))
}

fn has_severity(line: &str) -> bool {
    ["fatal: ", "error: ", "fatal error: "].iter().any(|severity| starts_with(line, severity))
}

/// Whether a line is not indented and contains more than a general statement of failure or statistics.
fn is_meaningful(line: &str) -> bool {
    /// Consequences of an error that was printed before, as FFmpeg and ImageMagick word them.
    const CONSEQUENCES: [&str; 27] = [
        "Conversion failed!",
        "Error while processing the decoded data",
        "Error reinitializing filters",
        "Error while filtering",
        "Error initializing filters",
        "Error initializing complex filters",
        "Error while opening encoder",
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
        "Error opening output file -.",
        "Error splitting the argument list",
        "Task finished with error code",
        "Terminating thread with return code",
        "no images defined",
        "at ",
        "Press [q]",
        "TROUBLESHOOTING",
    ];
    let message = after_tool_name(after_components(line));
    !message.is_empty()
        && !line.starts_with(' ')
        && !is_statistics(message)
        && !CONSEQUENCES.iter().any(|phrase| message.starts_with(phrase))
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

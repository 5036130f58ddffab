//! The terminal: all output to stdout and stderr, prompts and the full screen.
//!
//! [`Terminal`] describes both streams and prints to them, [`Progress`] and [`StatusLine`] show
//! progress, [`Screen`] runs a full-screen display. Other rooms do not print.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io;
use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

pub use context_progress::ContextProgress;
pub use progress::Progress;
use rustix::termios::{QueueSelector, tcflush};
pub use screen::{Input, KeyPress, Screen};
pub use status_line::StatusLine;
pub use stream::Stream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::redact;
use crate::redact::{own, sanitize};
use crate::settings::ProcessEnvironment;
use crate::suggest::{CommandText, ShellCommand};
use crate::text::wrap;

mod context_progress;
mod progress;
mod screen;
mod status_line;
mod stream;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Also when piped
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    /// The word on the command line.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The properties of stdin, stdout and stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// How to render to stdout.
    pub(crate) stdout: RenderTarget,
    /// How to render to stderr.
    pub(crate) stderr: RenderTarget,
    /// Whether prompts are possible: stdin and stderr are terminals.
    pub(crate) interactive: bool,
    /// Whether the terminal supports no escape sequences.
    dumb: bool,
    /// Whether nothing may be printed to stderr.
    no_stderr: bool,
}

impl Terminal {
    /// Detects the properties once. `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, `CLICOLOR=0` and
    /// `TERM=dumb` are read here so that all libraries agree.
    pub(crate) fn detect(choice: ColorChoice, environment: &ProcessEnvironment) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let width = |tty: bool| {
            tty.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| width.0))
        };
        let target =
            |tty: bool| RenderTarget { color: color(choice, tty, environment), width: width(tty) };
        Self {
            stdout: target(out.is_terminal()),
            stderr: target(err.is_terminal()),
            interactive: io::stdin().is_terminal() && err.is_terminal(),
            dumb: environment.get("TERM") == Some("dumb"),
            no_stderr: false,
        }
    }

    /// Returns the terminal without progress displays, for commands that fill the screen or write a
    /// log.
    #[must_use]
    pub(crate) fn without_progress(mut self) -> Self {
        self.stderr.width = None;
        self
    }

    /// Returns why a full-screen display is not possible, if it is not.
    pub(crate) fn fullscreen_obstacle(&self) -> Option<&'static str> {
        match () {
            () if self.stdout.width.is_none() || !self.interactive => {
                Some("stdout is not a terminal")
            }
            () if self.dumb => Some("this terminal has no escape sequences (TERM=dumb)"),
            () => None,
        }
    }

    /// Writes data to stdout. A closed pipe (`| head`) is not an error.
    ///
    /// # Errors
    /// Returns any other error, such as a full disk.
    pub(crate) fn print_stdout(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(own::remove_from_output(text).as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Writes text to stdout, through the pager if one is set and stdout is a terminal. If the pager does not
    /// start, the text is written directly.
    ///
    /// # Errors
    /// Returns the error of a direct write.
    pub(crate) fn print_paged(&self, text: &str, pager: Option<&str>) -> io::Result<()> {
        let pager = pager.map(str::trim).filter(|pager| !pager.is_empty());
        match pager.filter(|_| self.stdout.width.is_some() && !self.dumb) {
            Some(pager) if page(&own::remove_from_output(text), pager).is_ok() => Ok(()),
            _ => self.print_stdout(text),
        }
    }

    /// Returns stdout for rows that are written while they are read.
    pub(crate) fn stream(&self) -> Stream {
        Stream::new()
    }

    /// Returns the terminal without prompts and without notes, for contexts that run concurrently:
    /// their output would not say which context it belongs to.
    #[must_use]
    pub(crate) fn without_stderr(self) -> Self {
        let stderr = RenderTarget { width: None, ..self.stderr };
        Self { stderr, interactive: false, no_stderr: true, ..self }
    }

    /// Writes a line to stderr. A failed write is ignored.
    pub(crate) fn print_note(&self, text: &str) {
        if self.no_stderr {
            return;
        }
        let mut err = io::stderr().lock();
        _ = writeln!(err, "{}", self.wrapped(text, 0));
    }

    /// Writes rendered text to stderr. A failed write is ignored.
    pub(crate) fn print_stderr(&self, rendered: &str) {
        _ = io::stderr().lock().write_all(own::remove_from_output(rendered).as_bytes());
    }

    /// Asks a question on stderr and returns the line that was typed after it. Ctrl-C and SIGTERM count as an answer.
    /// From then on they no longer end the process, so the caller has to handle them.
    ///
    /// # Errors
    /// Returns [`io::ErrorKind::Interrupted`] after such a signal, or the error of reading the answer.
    pub(crate) async fn ask(self, question: &str) -> io::Result<String> {
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut terminations = signal(SignalKind::terminate())?;
        // What was typed before the question does not answer it. If stdin is no terminal, this fails and does nothing.
        _ = tcflush(io::stdin(), QueueSelector::IFlush);
        let (sender, receiver) = oneshot::channel();
        let question = question.to_owned();
        // Reading blocks, so it needs a thread of its own, which ends with the process.
        std::thread::spawn(move || _ = sender.send(read_answer(&question)));
        tokio::select! {
            answer = receiver => answer.unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into())),
            _ = interrupts.recv() => interrupted(),
            _ = terminations.recv() => interrupted(),
        }
    }

    /// Creates a progress display for this many jobs or other items.
    pub(crate) fn progress(&self, total: u64, noun: &'static str) -> Progress {
        Progress::new(total, noun, self.stderr.width.is_some())
    }

    /// Creates a display of the outcomes of this many jobs while they are followed.
    pub(crate) fn following(&self, total: u64) -> Progress {
        Progress::following(total, self.stderr.width.is_some())
    }

    /// Creates a status line that says what the command is waiting for; hidden if stderr is not a
    /// terminal.
    pub(crate) fn status(&self, text: &str) -> StatusLine {
        StatusLine::new(text, self.stderr.width.filter(|_| !self.dumb))
    }

    /// Creates a progress line for each context; hidden if stderr is not a terminal.
    pub(crate) fn context_progress(&self, contexts: &[String]) -> ContextProgress {
        ContextProgress::new(contexts, self.stderr.width.is_some() && !self.dumb)
    }

    /// Prints an error with its causes and hints to stderr.
    pub(crate) fn print_error(&self, error: &Error) {
        let mut err = io::stderr().lock();
        let label = |text: &str, code: &str| {
            if self.stderr.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
        };
        _ = writeln!(err, "{} {}", label("error:", "1;31"), self.wrapped(&error.with_causes(), 7));
        for hint in &error.hints {
            _ = writeln!(err, "{} {}", label("hint:", "36"), self.wrapped(&hint.to_string(), 6));
        }
    }

    /// Makes panics print as errors of this tool, with secrets redacted: the panic message may
    /// contain any value.
    pub(crate) fn install_panic_hook(self) {
        std::panic::set_hook(Box::new(move |panic| {
            let message = panic.payload_as_str().unwrap_or("no words");
            let location = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
            let error =
                Error::bug(format!("this is a bug in cliplyctl: {}", redact::text(message)))
                    .cause(format!("location: {}", location.unwrap_or_default()))
                    .hint(CommandText::to(
                        "report these lines; committed writes stay in effect",
                        ShellCommand::new("dlq ops"),
                    ));
            self.print_error(&error);
            let trace = Backtrace::capture();
            if trace.status() == BacktraceStatus::Captured {
                self.print_stderr(&trace.to_string());
            }
        }));
    }

    /// Wraps a text to the width of stderr, indented by this many columns.
    fn wrapped(&self, text: &str, indent: usize) -> String {
        let width = self.stderr.width.map_or(usize::MAX, usize::from);
        let text = own::remove_from_output(text);
        let text = sanitize::line(&text);
        let lines: Vec<_> = wrap::lines(&text, width.saturating_sub(indent).max(1)).collect();
        lines.join(&format!("\n{:indent$}", ""))
    }
}

/// The exit codes of a shell that cannot start a command.
const NOT_STARTED: [i32; 2] = [126, 127];

/// Runs the pager in a shell, because `$PAGER` may contain options, until it ends.
///
/// # Errors
/// If it does not start.
fn page(text: &str, pager: &str) -> io::Result<()> {
    // Ctrl-C belongs to the pager: this process must not end before it.
    let _interrupts = signal(SignalKind::interrupt())?;
    let mut child = Command::new("sh").args(["-c", pager]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // An error means that the pager was closed before it read everything.
        _ = stdin.write_all(text.as_bytes());
    }
    match child.wait()?.code() {
        Some(code) if NOT_STARTED.contains(&code) => Err(io::ErrorKind::NotFound.into()),
        _ => Ok(()),
    }
}

/// Ends the line of the question and of the ^C that the terminal echoes.
fn interrupted() -> io::Result<String> {
    _ = writeln!(io::stderr());
    Err(io::ErrorKind::Interrupted.into())
}

/// Prints the question and reads a line.
fn read_answer(question: &str) -> io::Result<String> {
    let mut err = io::stderr();
    write!(err, "{}", sanitize::line(question))?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if !answer.ends_with('\n') {
        // Ctrl-D: end the line of the question.
        writeln!(err)?;
    }
    Ok(answer)
}

fn color(choice: ColorChoice, tty: bool, environment: &ProcessEnvironment) -> bool {
    let is_set = |name: &str| environment.get(name).is_some_and(|v| !v.is_empty() && v != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.get("NO_COLOR").is_some_and(|v| !v.is_empty()) => false,
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") || is_set("FORCE_COLOR") => true,
        ColorChoice::Auto => {
            tty && environment.get("CLICOLOR") != Some("0")
                && environment.get("TERM") != Some("dumb")
        }
    }
}

/// Properties of the output that a renderer writes for.
#[derive(Debug, Clone, Copy, Default)]
pub struct RenderTarget {
    /// Whether colors are written.
    pub(crate) color: bool,
    /// Width of the terminal in columns; `None` if piped: nothing is wrapped or truncated.
    pub(crate) width: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_depends_on_flag_then_environment_then_terminal() {
        let env = |pairs: &[(&str, &str)]| ProcessEnvironment::from_pairs(pairs.iter().copied());
        let auto = ColorChoice::Auto;
        assert!(color(auto, true, &env(&[])));
        assert!(!color(auto, false, &env(&[])));
        assert!(!color(auto, true, &env(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")])));
        assert!(color(auto, false, &env(&[("CLICOLOR_FORCE", "1")])));
        assert!(color(auto, true, &env(&[("NO_COLOR", "")])));
        assert!(!color(auto, true, &env(&[("TERM", "dumb")])));
        assert!(color(ColorChoice::Always, false, &env(&[("NO_COLOR", "1")])));
        assert!(!color(ColorChoice::Never, true, &env(&[("CLICOLOR_FORCE", "1")])));
    }
}

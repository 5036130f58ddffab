//! The terminal: the only place that prints.

mod context_progress;
mod key_press;
mod progress;
mod render_target;
mod screen;
mod status_line;
mod stream;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal as _, Write as _};

pub use context_progress::ContextProgress;
pub use key_press::KeyPress;
pub use progress::Progress;
pub use render_target::RenderTarget;
pub use screen::{Input, Screen};
pub use status_line::StatusLine;
pub use stream::Stream;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::Error;
use crate::redact;
use crate::redact::sanitize;
use crate::settings::ProcessEnvironment;
use crate::text::wrap;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
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
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// What is known of stdout and stderr.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// How to paint on stdout.
    pub stdout: RenderTarget,
    /// How to paint on stderr.
    pub stderr: RenderTarget,
    /// Whether a person can be asked: stdin and stderr are terminals.
    pub interactive: bool,
    /// Whether the terminal knows no escape sequences.
    dumb: bool,
    /// Whether stderr belongs to somebody else.
    silent: bool,
}

impl Terminal {
    /// Looks once; `NO_COLOR`, `CLICOLOR_FORCE`, `FORCE_COLOR`, `CLICOLOR=0` and `TERM=dumb` are
    /// read here so that every library agrees.
    #[must_use]
    pub fn detect(choice: ColorChoice, environment: &ProcessEnvironment) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let width = |tty: bool| {
            tty.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| width.0))
        };
        let canvas =
            |tty: bool| RenderTarget { color: color(choice, tty, environment), width: width(tty) };
        Self {
            stdout: canvas(out.is_terminal()),
            stderr: canvas(err.is_terminal()),
            interactive: io::stdin().is_terminal() && err.is_terminal(),
            dumb: environment.get("TERM") == Some("dumb"),
            silent: false,
        }
    }

    /// The same without progress displays: for those who fill the screen, or a log, themselves.
    #[must_use]
    pub fn without_progress(mut self) -> Self {
        self.stderr.width = None;
        self
    }

    /// What keeps a display from taking the whole screen, where something does.
    #[must_use]
    pub fn fullscreen_obstacle(&self) -> Option<&'static str> {
        match () {
            () if self.stdout.width.is_none() || !self.interactive => Some("this is no terminal"),
            () if self.dumb => Some("this terminal knows no escape sequences (TERM=dumb)"),
            () => None,
        }
    }

    /// Writes data to stdout. A reader that went away (`| head`) is no error.
    ///
    /// # Errors
    /// Any other failure, a full disk for one.
    pub fn print_stdout(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// Stdout for rows that are written while they are read.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream::new()
    }

    /// The same for one of several that run beside each other: it asks nothing and says nothing on
    /// the way, since none of it would say of which one it speaks.
    #[must_use]
    pub fn without_stderr(self) -> Self {
        let stderr = RenderTarget { width: None, ..self.stderr };
        Self { stderr, interactive: false, silent: true, ..self }
    }

    /// Writes a line for the person to stderr; nobody there is no error.
    pub fn print_note(&self, text: &str) {
        if self.silent {
            return;
        }
        let mut err = io::stderr().lock();
        _ = writeln!(err, "{}", self.folded(text, 0));
    }

    /// Shows a painted text to the person, on stderr; nobody there is no error.
    pub fn print_stderr(&self, painted: &str) {
        _ = io::stderr().lock().write_all(painted.as_bytes());
    }

    /// Asks a question on stderr; only `y` or `yes` is yes. Ctrl-C is an answer as well, and from here on
    /// no longer ends the process: this is for whoever listens for it afterwards.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] for Ctrl-C; else when the answer cannot be read.
    pub async fn ask(self, question: &str) -> io::Result<bool> {
        let mut interrupts = signal(SignalKind::interrupt())?;
        let (tell, told) = oneshot::channel();
        let question = question.to_owned();
        // Reading blocks: a thread of its own, which ends with the process.
        std::thread::spawn(move || _ = tell.send(answer(&question)));
        tokio::select! {
            answer = told => answer.unwrap_or_else(|_| Err(io::ErrorKind::UnexpectedEof.into())),
            _ = interrupts.recv() => {
                // Behind the question and the ^C that the terminal echoes.
                _ = writeln!(io::stderr());
                Err(io::ErrorKind::Interrupted.into())
            }
        }
    }

    /// A progress display for this many jobs or other things.
    #[must_use]
    pub fn progress(&self, total: u64, noun: &'static str) -> Progress {
        Progress::new(total, noun, self.stderr.width.is_some())
    }

    /// A display of how this many jobs stand, for as long as they are followed.
    #[must_use]
    pub fn following(&self, total: u64) -> Progress {
        Progress::following(total, self.stderr.width.is_some())
    }

    /// A line that says what is being waited for; shown at once where stderr is a terminal.
    #[must_use]
    pub fn status(&self, text: &str) -> StatusLine {
        StatusLine::new(text, self.stderr.width.filter(|_| !self.dumb))
    }

    /// A line for each of these names, where stderr is a terminal.
    #[must_use]
    pub fn board(&self, names: &[String]) -> ContextProgress {
        ContextProgress::new(names, self.stderr.width.is_some() && !self.dumb)
    }

    /// Prints an error with its causes and hints.
    pub fn print_error(&self, error: &Error) {
        let mut err = io::stderr().lock();
        let label = |text: &str, code: &str| {
            if self.stderr.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
        };
        _ = writeln!(err, "{} {}", label("error:", "1;31"), self.folded(&error.message, 7));
        for cause in &error.causes {
            _ = writeln!(err, "  because {}", self.folded(cause, 10));
        }
        for hint in &error.hints {
            _ = writeln!(err, "{} {}", label("hint:", "36"), self.folded(hint, 6));
        }
    }

    /// From here on a panic is told as what it is, a bug of this tool, and without secrets: its words
    /// may hold any value.
    pub fn install_panic_hook(self) {
        std::panic::set_hook(Box::new(move |panic| {
            let words = panic.payload_as_str().unwrap_or("no words");
            let place = panic.location().map(|l| format!("{}:{}", l.file(), l.line()));
            let error = Error::bug(format!("this is a bug in cliplyctl: {}", redact::text(words)))
                .cause(format!("it stopped at {}", place.unwrap_or_default()))
                .hint("report these lines; what a write had committed stays: cliplyctl dlq ops");
            self.print_error(&error);
            let trace = Backtrace::capture();
            if trace.status() == BacktraceStatus::Captured {
                self.print_stderr(&trace.to_string());
            }
        }));
    }

    /// A text in lines of stderr's width, which begins this far in.
    fn folded(&self, text: &str, indent: usize) -> String {
        let room = self.stderr.width.map_or(usize::MAX, usize::from);
        let text = sanitize::line(text);
        let lines: Vec<_> = wrap::lines(&text, room.saturating_sub(indent).max(1)).collect();
        lines.join(&format!("\n{:indent$}", ""))
    }
}

/// Asks, and waits for a line.
fn answer(question: &str) -> io::Result<bool> {
    let mut err = io::stderr();
    write!(err, "{}", sanitize::line(question))?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if !answer.ends_with('\n') {
        // Ctrl-D: the question's line is still open.
        writeln!(err)?;
    }
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

fn color(choice: ColorChoice, tty: bool, environment: &ProcessEnvironment) -> bool {
    let set = |name: &str| environment.get(name).is_some_and(|v| !v.is_empty() && v != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if environment.get("NO_COLOR").is_some_and(|v| !v.is_empty()) => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE") || set("FORCE_COLOR") => true,
        ColorChoice::Auto => {
            tty && environment.get("CLICOLOR") != Some("0")
                && environment.get("TERM") != Some("dumb")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_depends_on_flag_then_environment_then_terminal() {
        let env = |pairs: &[(&str, &str)]| ProcessEnvironment::of(pairs.iter().copied());
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

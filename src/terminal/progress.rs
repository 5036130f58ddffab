//! Progress displays: a bar on a terminal, otherwise a line every few seconds.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::redact::sanitize;

/// The interval of lines if stderr is not a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);
/// The template of the bar while jobs are followed.
const FOLLOW_TEMPLATE: &str = "{bar:20} {wide_msg}";

/// A progress display on stderr.
pub struct Progress {
    bar: ProgressBar,
    noun: &'static str,
    is_plain: bool,
    total: u64,
    started: Instant,
    last_line_at: Cell<Instant>,
    current_note: RefCell<String>,
}

impl Progress {
    pub(crate) fn new(total: u64, noun: &'static str, interactive: bool) -> Self {
        let style = format!(
            "{{bar:30}} {{human_pos}}/{{human_len}} {noun} · {{rate}} · {{left}} left{{msg}}"
        );
        Self { noun, ..Self::styled(total, interactive, &style) }
    }

    pub(crate) fn following(total: u64, interactive: bool) -> Self {
        Self::styled(total, interactive, FOLLOW_TEMPLATE)
    }

    fn styled(total: u64, interactive: bool, style: &str) -> Self {
        let target = if interactive {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            _ = write!(out, "{:.0}/s", jobs_per_second(state));
        };
        // Without progress there is no estimate.
        let remaining = |state: &ProgressState, out: &mut dyn fmt::Write| {
            let remaining = state.len().unwrap_or_default().saturating_sub(state.pos()) as f64;
            _ = match Duration::try_from_secs_f64(remaining / jobs_per_second(state)) {
                Ok(remaining) => write!(out, "{}", HumanDuration(remaining)),
                Err(_) => write!(out, "?"),
            };
        };
        let style = ProgressStyle::with_template(style);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("rate", rate).with_key("left", remaining));
        let now = Instant::now();
        Self {
            bar,
            noun: "jobs",
            is_plain: !interactive,
            total,
            started: now,
            last_line_at: Cell::new(now),
            current_note: RefCell::default(),
        }
    }

    /// Sets the number of items that are done.
    pub(crate) fn at(&self, done: u64) {
        self.bar.set_position(done);
        if self.is_line_due() {
            let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
            print_line(&format!(
                "{} of {} {}, {rate:.0}/s",
                crate::text::count(done),
                crate::text::count(self.total),
                self.noun,
            ));
        }
    }

    /// Sets the number of jobs whose outcome is decided, and the outcomes as text.
    pub(crate) fn set_outcomes(&self, decided: u64, total: u64, outcomes: &str) {
        self.bar.set_length(total);
        self.bar.set_position(decided);
        // The note may say that the outcomes could not be refreshed.
        let note = self.current_note.borrow();
        let outcomes =
            if note.is_empty() { outcomes.to_owned() } else { format!("{outcomes} · {note}") };
        self.bar.set_message(sanitize::line(&outcomes).into_owned());
        if self.is_line_due() {
            let elapsed = crate::text::age(self.started.elapsed().as_secs_f64());
            print_line(&format!("{outcomes} · {elapsed}"));
        }
    }

    /// Shows why there is no progress, once for each reason; an empty text removes the note.
    pub(crate) fn note(&self, reason: &str) {
        if self.current_note.replace(reason.to_owned()) == reason {
            return;
        }
        if self.is_plain && !reason.is_empty() {
            print_line(reason);
        }
        let shown = if reason.is_empty() { String::new() } else { format!(" · {reason}") };
        self.bar.set_message(sanitize::line(&shown).into_owned());
        self.bar.tick();
    }

    /// Prints a line above the bar.
    pub(crate) fn print_line_above(&self, text: &str) {
        if self.is_plain {
            print_line(text);
        } else {
            self.bar.println(sanitize::line(text));
        }
    }

    fn is_line_due(&self) -> bool {
        let is_due = self.is_plain && self.last_line_at.get().elapsed() >= LINE_INTERVAL;
        if is_due {
            self.last_line_at.set(Instant::now());
        }
        is_due
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the rate since the first job, which is written at once: with a rate limit, the result is
/// that limit.
fn jobs_per_second(state: &ProgressState) -> f64 {
    state.pos().saturating_sub(1) as f64 / state.elapsed().as_secs_f64().max(1.0)
}

/// Writes a line to stderr. A failed write is ignored.
fn print_line(text: &str) {
    _ = writeln!(io::stderr().lock(), "{}", sanitize::line(text));
}

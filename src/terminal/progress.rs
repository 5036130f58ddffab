//! How far something long has come: a bar on a terminal, a line every few seconds elsewhere.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::redact::sanitize;

/// Between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);
const FOLLOWING: &str = "{bar:20} {elapsed} {wide_msg}";

/// A progress display on stderr.
pub struct Progress {
    bar: ProgressBar,
    noun: &'static str,
    plain: bool,
    total: u64,
    started: Instant,
    said: Cell<Instant>,
    noted: RefCell<String>,
}

impl Progress {
    pub(crate) fn new(total: u64, noun: &'static str, interactive: bool) -> Self {
        let style = format!(
            "{{bar:30}} {{human_pos}}/{{human_len}} {noun} · {{rate}} · {{left}} left{{msg}}"
        );
        Self { noun, ..Self::styled(total, interactive, &style) }
    }

    pub(crate) fn following(total: u64, interactive: bool) -> Self {
        Self::styled(total, interactive, FOLLOWING)
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
        // Where nothing moves, nobody knows.
        let left = |state: &ProgressState, out: &mut dyn fmt::Write| {
            let left = state.len().unwrap_or_default().saturating_sub(state.pos()) as f64;
            _ = match Duration::try_from_secs_f64(left / jobs_per_second(state)) {
                Ok(left) => write!(out, "{}", HumanDuration(left)),
                Err(_) => write!(out, "?"),
            };
        };
        let style = ProgressStyle::with_template(style);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.with_key("rate", rate).with_key("left", left));
        let now = Instant::now();
        let (said, noted) = (Cell::new(now), RefCell::default());
        Self { bar, noun: "jobs", plain: !interactive, total, started: now, said, noted }
    }

    /// This many are done.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done);
        if self.due() {
            let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
            print_line(&format!(
                "{} of {} {}, {rate:.0} a second",
                crate::text::count(done),
                crate::text::count(self.total),
                self.noun,
            ));
        }
    }

    /// So many of so many are decided; in words, it stands so.
    pub fn stands(&self, decided: u64, total: u64, words: &str) {
        self.bar.set_length(total);
        self.bar.set_position(decided);
        // Figures that cannot be read anew are not shown as if they were.
        let noted = self.noted.borrow();
        let words = if noted.is_empty() { words.to_owned() } else { format!("{words} · {noted}") };
        self.bar.set_message(sanitize::line(&words).into_owned());
        if self.due() {
            let so_far = crate::text::age(self.started.elapsed().as_secs_f64());
            print_line(&format!("{words} · {so_far} so far"));
        }
    }

    /// Says why nothing moves, once for each reason; an empty text when it moves again.
    pub fn note(&self, why: &str) {
        if self.noted.replace(why.to_owned()) == why {
            return;
        }
        if self.plain && !why.is_empty() {
            print_line(why);
        }
        let shown = if why.is_empty() { String::new() } else { format!(" · {why}") };
        self.bar.set_message(sanitize::line(&shown).into_owned());
        self.bar.tick();
    }

    /// Says what happened, above the bar.
    pub fn print_line_above(&self, text: &str) {
        if self.plain {
            print_line(text);
        } else {
            self.bar.println(sanitize::line(text));
        }
    }

    fn due(&self) -> bool {
        let due = self.plain && self.said.get().elapsed() >= EVERY;
        if due {
            self.said.set(Instant::now());
        }
        due
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Jobs a second since the first one, which came at once: an even pace is shown as it was asked for.
fn jobs_per_second(state: &ProgressState) -> f64 {
    state.pos().saturating_sub(1) as f64 / state.elapsed().as_secs_f64().max(1.0)
}

/// Nobody there to read it is no error.
fn print_line(text: &str) {
    _ = writeln!(io::stderr().lock(), "{}", sanitize::line(text));
}

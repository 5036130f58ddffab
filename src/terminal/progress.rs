//! How far a long work has come: a bar on a terminal, a line every few seconds elsewhere.

use std::cell::Cell;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(5);

/// A progress display on stderr.
pub struct Progress {
    bar: ProgressBar,
    noun: &'static str,
    plain: bool,
    total: u64,
    started: Instant,
    said: Cell<Instant>,
}

impl Progress {
    pub(super) fn new(total: u64, noun: &'static str, interactive: bool) -> Self {
        let target = if interactive {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style =
            format!("{{bar:30}} {{human_pos}}/{{human_len}} {noun} · {{per_sec}} · {{eta}} left");
        bar.set_style(
            ProgressStyle::with_template(&style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        let now = Instant::now();
        Self { bar, noun, plain: !interactive, total, started: now, said: Cell::new(now) }
    }

    /// This many are done.
    pub fn at(&self, done: u64) {
        self.bar.set_position(done);
        if self.plain && self.said.get().elapsed() >= EVERY {
            self.said.set(Instant::now());
            let rate = done as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
            _ = writeln!(
                io::stderr().lock(),
                "{} of {} {}, {rate:.0} a second",
                crate::text::count(done),
                crate::text::count(self.total),
                self.noun,
            );
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

//! One progress line for each of several contexts, cleared when all have answered.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use unicode_width::UnicodeWidthStr as _;

use crate::redact::sanitize;

/// Lines on stderr, hidden if it is not a terminal. Cleared when dropped.
pub struct ContextProgress {
    bars: MultiProgress,
    lines: Vec<(String, ProgressBar)>,
}

impl ContextProgress {
    pub(crate) fn new(names: &[String], interactive: bool) -> Self {
        let target = match interactive {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bars = MultiProgress::with_draw_target(target);
        let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
        let line = |name: &String| {
            let style = ProgressStyle::with_template("{prefix}  {wide_msg}");
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            let name_shown = sanitize::line(name).into_owned();
            bar.set_prefix(format!(
                "{name_shown}{}",
                " ".repeat(width.saturating_sub(name_shown.width()))
            ));
            bar.set_message("…");
            (name.clone(), bar)
        };
        let lines = names.iter().map(line).collect();
        Self { bars, lines }
    }

    /// Sets the final message of one context.
    pub(crate) fn set_message(&self, name: &str, text: &str) {
        if let Some((_, line)) = self.lines.iter().find(|(known, _)| known == name) {
            line.finish_with_message(sanitize::line(text).into_owned());
        }
    }
}

impl Drop for ContextProgress {
    fn drop(&mut self) {
        _ = self.bars.clear();
    }
}

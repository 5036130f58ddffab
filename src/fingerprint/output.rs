//! The template while it is being written, and the best code seen on the way.

use super::NO_TEXT;
use super::code::CodeRank;
use super::template::Scanner;

/// What stands where jobs differ.
pub(crate) const HOLE: &str = "<*>";

/// Templates end here, with an ellipsis. Counted in output, so that the length of an id never moves the cut.
const MAX_BYTES: usize = 300;

/// A template being written, and the best code seen on the way.
#[derive(Default)]
pub(crate) struct Output {
    text: String,
    /// Where the last hole ended, while only separators followed it.
    hole: Option<usize>,
    code: Option<(CodeRank, String)>,
    pub(crate) cut: bool,
}

impl Output {
    /// Adds the template of `line`.
    pub(crate) fn write(&mut self, line: &str) {
        self.text.reserve(line.len().min(MAX_BYTES) + 16);
        Scanner { text: line, pos: 0, prev: "", quotes: 0, out: self }.run();
    }

    /// Notes the code that `line` names, without its text.
    pub(crate) fn take_code_from(&mut self, line: &str) {
        let mut other = Self::default();
        other.write(line);
        // Every tool that says why it failed also exits with 1.
        if let Some((rank, code)) = other.code.filter(|(_, code)| code != "exit 1") {
            self.record(rank, || code);
        }
    }

    /// The class of a wrapper gives way to that of the error inside.
    pub(crate) fn forget_class(&mut self) {
        self.code.take_if(|(rank, _)| *rank == CodeRank::Class);
    }

    pub(crate) fn record_structured(&mut self, code: Option<String>) {
        if let Some(code) = code {
            self.record(CodeRank::Structured, || code);
        }
    }

    /// Keeps the better of two codes, the first of equals.
    pub(crate) fn record(&mut self, rank: CodeRank, code: impl FnOnce() -> String) {
        if self.code.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.code = Some((rank, code()));
        }
    }

    /// Adds text as it is.
    pub(crate) fn push(&mut self, text: &str) {
        if self.text.len() < MAX_BYTES {
            self.text.push_str(text);
        } else if !self.cut {
            self.cut = true;
            self.text.push('…');
        }
    }

    /// Adds a hole. Holes with nothing but separators between them are one: lists and dates vary in length and form.
    pub(crate) fn hole(&mut self) {
        let gap = self.hole.and_then(|end| self.text.get(end..));
        match gap {
            Some(gap) if gap.len() <= 3 && gap.bytes().all(|b| b" ,;:./\\-_+x#|~".contains(&b)) => {
                let end = self.text.len() - gap.len();
                self.text.truncate(end);
            }
            _ => self.push(HOLE),
        }
        self.hole = Some(self.text.len());
    }

    pub(crate) fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.push(" ");
        }
    }

    /// Whether a hole was the last thing written, at most a space behind it.
    pub(crate) fn right_after_hole(&self) -> bool {
        self.hole.is_some_and(|end| matches!(self.text.get(end..), Some("" | " ")))
    }

    /// Whether a hole was the last thing written, separators aside.
    pub(crate) fn near_hole(&self) -> bool {
        self.hole.and_then(|end| self.text.get(end..)).is_some_and(|gap| gap.len() <= 2)
    }

    /// Whether a hole and a slash were written last, as between the parts of a date.
    pub(crate) fn ends_in_hole_and_slash(&self) -> bool {
        self.text.ends_with("<*>/")
    }

    pub(crate) fn drop_space_after_hole(&mut self) {
        if let Some(end) = self.hole {
            self.text.truncate(end);
        }
    }

    /// The template and the code.
    pub(crate) fn finish(mut self) -> (String, Option<String>) {
        let kept = self.text.trim_end_matches([' ', '.', ',', ':', ';', '-']).len();
        self.text.truncate(kept);
        if self.text.is_empty() {
            self.text.push_str(NO_TEXT);
        }
        (self.text, self.code.map(|(_, code)| code))
    }
}

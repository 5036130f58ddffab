//! Wrapping and truncating. Widths are terminal columns; a character may take two columns or none.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Returns the byte ranges of the lines of at most this width. Lines break between words; a word is
/// broken only if it is longer than a line.
pub(crate) fn breaks(text: &str, width: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let (mut start, mut end) = (0, 0);
    for word in word_ranges(text) {
        if word.start > start && text[start..word.end].width() > width {
            lines.push(start..end);
            start = word.start;
        }
        end = word.end;
        while let Some(over) = overflow(&text[start..end], width) {
            lines.push(start..start + over);
            start += over;
        }
    }
    lines.push(start..end);
    lines
}

/// Returns the lines themselves.
pub(crate) fn lines(text: &str, width: usize) -> impl Iterator<Item = &str> {
    breaks(text, width).into_iter().map(|line| &text[line])
}

/// Truncates a text to one line and marks the truncation with an ellipsis.
pub(crate) fn truncate(text: &str, width: usize) -> String {
    if overflow(text, width).is_none() {
        return text.to_owned();
    }
    let kept = overflow(text, width.saturating_sub(1)).unwrap_or(text.len());
    format!("{}…", text[..kept].trim_end())
}

/// Returns the width of the longest word.
pub(crate) fn longest_word(text: &str) -> usize {
    text.split(' ').map(|word| word.width()).max().unwrap_or(0)
}

/// Returns the number of terminal columns of a text.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

fn word_ranges(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut next = 0;
    text.split(' ').map(move |word| {
        let start = next;
        next = start + word.len() + 1;
        start..start + word.len()
    })
}

/// Returns the index of the first character that does not fit, never 0; `None` if all fit. Grapheme
/// clusters are measured as a whole: ❤️ is wider than its code points.
fn overflow(text: &str, width: usize) -> Option<usize> {
    // No character has more columns than bytes.
    if text.len() <= width {
        return None;
    }
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        used += cluster.width();
        if used > width && at > 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: usize) -> Vec<&str> {
        lines(text, width).collect()
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("one two three", 80), ["one two three"]);
        assert_eq!(wrapped("", 80), [""]);
    }

    #[test]
    fn only_words_longer_than_a_line_are_broken() {
        assert_eq!(wrapped("an unbreakable word", 6), ["an", "unbrea", "kable", "word"]);
        assert_eq!(wrapped("日本語", 4), ["日本", "語"]);
        // A line narrower than its first character still contains it.
        assert_eq!(wrapped("日本", 1), ["日", "本"]);
    }

    #[test]
    fn truncated_text_fits_and_ends_with_an_ellipsis() {
        assert_eq!(truncate("FFmpeg timed out", 16), "FFmpeg timed out");
        assert_eq!(truncate("FFmpeg timed out", 12), "FFmpeg time…");
        assert_eq!(truncate("FFmpeg timed out", 8), "FFmpeg…");
        assert_eq!(truncate("日本語", 4), "日…");
    }

    #[test]
    fn grapheme_clusters_are_measured_and_never_split() {
        assert_eq!(wrapped("ab1️⃣", 3), ["ab", "1️⃣"]);
        assert_eq!(wrapped("a❤️❤️", 3), ["a❤️", "❤️"]);
        assert_eq!(truncate("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
    }
}

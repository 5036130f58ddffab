//! Marks: short texts from which a rule starts. All marks of a text are found in one pass.
//!
//! Redaction reads every error of a listing, and few contain a mark. A table of the first three bytes of all marks
//! rejects most places of a text with one look-up. With it and [`super::names`]' kept answers a scan takes less than half
//! of the instructions that it took with three automata of `aho-corasick`, and building it a fifth (callgrind).

use std::ops::Range;

/// Number of bits of a slot.
const SLOT_BITS: u32 = 13;

/// Number of slots.
const SLOTS: usize = 1 << SLOT_BITS;

/// Number of bytes that decide the slot of a mark.
const KEY: usize = 3;

/// A set of marks, each with what it stands for.
pub(super) struct Marks<T> {
    /// Whether a slot has marks.
    used: Box<[bool; SLOTS]>,
    /// Where the marks of a slot start in `marks`, in the order of the slots; one more for the end of the last.
    starts: Box<[u16; SLOTS + 1]>,
    marks: Vec<Mark<T>>,
}

/// A mark and what it stands for.
struct Mark<T> {
    text: String,
    ignores_case: bool,
    meaning: T,
}

impl<T: Copy> Marks<T> {
    /// Builds a set of marks of at least two bytes, each of which either ignores the case of ASCII letters or not. A
    /// mark of two bytes is not found at the end of a text, where nothing follows it.
    pub(super) fn new<'a>(marks: impl IntoIterator<Item = (&'a str, bool, T)>) -> Self {
        let mut sorted: Vec<(usize, Mark<T>)> = Vec::new();
        for (text, ignores_case, meaning) in marks {
            let mut slots: Vec<usize> = match *text.as_bytes() {
                [a, b] => (0..=u8::MAX).map(|c| slot(key([a, b, c]))).collect(),
                [a, b, c, ..] => vec![slot(key([a, b, c]))],
                _ => continue,
            };
            slots.sort_unstable();
            slots.dedup();
            let mark = || Mark { text: text.to_owned(), ignores_case, meaning };
            sorted.extend(slots.into_iter().map(|slot| (slot, mark())));
        }
        sorted.sort_by_key(|(slot, _)| *slot);
        let (mut used, mut starts) = (Box::new([false; SLOTS]), Box::new([0; SLOTS + 1]));
        for (slot, _) in &sorted {
            used[*slot] = true;
            starts[slot + 1] += 1;
        }
        for slot in 1..starts.len() {
            starts[slot] += starts[slot - 1];
        }
        Self { used, starts, marks: sorted.into_iter().map(|(_, mark)| mark).collect() }
    }

    /// Calls `each` with the place and the meaning of every mark in a text, from left to right. Marks can overlap.
    pub(super) fn find(&self, text: &str, mut each: impl FnMut(Range<usize>, T)) {
        let bytes = text.as_bytes();
        let Some((first, rest)) = bytes.split_first_chunk::<{ KEY - 1 }>() else { return };
        let mut key = u32::from_le_bytes([0, first[0], first[1], 0]);
        for (at, byte) in rest.iter().enumerate() {
            // The three bytes from `at` on.
            key = (key >> 8) | u32::from(*byte) << 16;
            let slot = slot(key);
            if !self.used[slot] {
                continue;
            }
            let (start, end) = (self.starts[slot], self.starts[slot + 1]);
            for mark in &self.marks[usize::from(start)..usize::from(end)] {
                if mark.is_at(bytes, at) {
                    each(at..at + mark.text.len(), mark.meaning);
                }
            }
        }
    }

    /// Whether a text contains a mark.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut is_in = false;
        self.find(text, |_, _| is_in = true);
        is_in
    }
}

impl<T> Mark<T> {
    fn is_at(&self, bytes: &[u8], at: usize) -> bool {
        let Some(found) = bytes.get(at..at + self.text.len()) else { return false };
        if self.ignores_case {
            found.eq_ignore_ascii_case(self.text.as_bytes())
        } else {
            found == self.text.as_bytes()
        }
    }
}

/// The three bytes of a key as a number.
fn key([a, b, c]: [u8; KEY]) -> u32 {
    u32::from_le_bytes([a, b, c, 0])
}

/// The slot of a key, the same for both cases of a letter.
fn slot(key: u32) -> usize {
    ((key | 0x0020_2020).wrapping_mul(0x9e37_79b1) >> (u32::BITS - SLOT_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARKS: [(&str, bool); 8] = [
        ("key", true),
        ("keys", true),
        ("Tok", false),
        ("://", true),
        ("пароль", false),
        ("aaa", true),
        ("a_a", false),
        ("pw", true),
    ];

    proptest! {
        #[test]
        fn marks_are_found_wherever_they_stand(
            text in "([a-zA-Z_ ]|key|KEYS|Tok|tok|://|пароль|aaaa|a_a|pw|é){0,12} ",
        ) {
            let marks = Marks::new(MARKS.iter().enumerate().map(|(i, (text, case))| (*text, *case, i)));
            let mut found = Vec::new();
            marks.find(&text, |place, mark| found.push((place, mark)));
            found.sort_by_key(|(place, mark)| (place.start, *mark));
            let mut expected = Vec::new();
            for at in 0..text.len() {
                for (i, (mark, ignores_case)) in MARKS.iter().enumerate() {
                    let here = text.as_bytes().get(at..at + mark.len());
                    let is_here = here.is_some_and(|here| match ignores_case {
                        true => here.eq_ignore_ascii_case(mark.as_bytes()),
                        false => here == mark.as_bytes(),
                    });
                    if is_here {
                        expected.push((at..at + mark.len(), i));
                    }
                }
            }
            prop_assert_eq!(marks.is_in(&text), !expected.is_empty());
            prop_assert_eq!(found, expected);
        }
    }
}

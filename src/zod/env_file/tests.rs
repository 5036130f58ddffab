use std::path::Path;

use super::*;
use crate::zod::model::Quote;

fn read(text: &str) -> EnvFile {
    parse(Path::new(".env"), text.as_bytes())
}

/// Active keys and values, in order.
fn pairs(text: &str) -> Vec<(String, String)> {
    read(text)
        .entries
        .iter()
        .filter(|entry| entry.state == EntryState::Active)
        .map(|entry| (entry.key.clone(), entry.value.reveal().to_owned()))
        .collect()
}

fn one(text: &str) -> String {
    let pairs = pairs(text);
    assert_eq!(pairs.len(), 1, "{text:?} gave {pairs:?}");
    pairs[0].1.clone()
}

#[test]
fn values_match_those_of_dotenv() {
    // Each pair was checked against dotenv 16 on Node 20.
    for (text, value) in [
        ("A=b", "b"),
        ("A = b ", "b"),
        ("A=", ""),
        ("A=b # c", "b"),
        ("A=b#c", "b"),
        ("A=#c", ""),
        ("A='b#c' # d", "b#c"),
        ("A=\"b\\nc\"", "b\nc"),
        ("A='b\\nc'", "b\\nc"),
        ("A=`b\"'c`", "b\"'c"),
        ("A=\"b\nc\"", "b\nc"),
        ("A=\"b\r\nc\"", "b\nc"),
        ("A=\"b\\\"c\"", "b\\\"c"),
        ("A=\n\"b\"", "b"),
        ("A: b", "b"),
        ("export A=b", "b"),
        ("\u{feff}A=b", "b"),
        ("A=\"b", "\"b"),
        ("A='b' c", "'b' c"),
        ("export\nA=b", "b"),
        ("export=b", "b"),
        ("A\n=b", "b"),
    ] {
        assert_eq!(one(text), value, "{text:?}");
    }
}

#[test]
fn lines_without_assignment_are_skipped_and_reported() {
    let file = read("A=1\nnot a line\n# prose\n\nB=2\n");
    assert_eq!(file.entries.len(), 2);
    assert_eq!(file.notes, [FileNote::Ignored { line: 2 }]);
}

#[test]
fn commented_keys_are_read_as_documented() {
    let file =
        read("# A=1\n#B=\n## export C = 'x y' # z\n# prose = not\n# see D=1\n# e == f\nG=2\n");
    let keys: Vec<_> =
        file.entries.iter().map(|entry| (entry.key.as_str(), entry.state, entry.line)).collect();
    assert_eq!(
        keys,
        [
            ("A", EntryState::Commented, 1),
            ("B", EntryState::Commented, 2),
            ("C", EntryState::Commented, 3),
            ("prose", EntryState::Commented, 4),
            ("G", EntryState::Active, 7),
        ]
    );
    assert_eq!(file.entries[2].value.reveal(), "x y");
}

#[test]
fn comment_after_a_blank_value_still_documents_its_key() {
    // The match of a blank value includes the comment on the next line.
    let file = read("A=\n# B=1\nC=\"x\"\n# D=1\n");
    let keys: Vec<_> = file.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["A", "B", "C", "D"]);
    assert!(file.entries.iter().all(|entry| entry.notes.is_empty()), "{:?}", file.entries);
}

#[test]
fn comment_inside_a_multi_line_value_is_part_of_the_value() {
    let file = read("KEY=\"-----BEGIN\n# A=1\nB=2\n-----END\"\nC=3\n");
    let keys: Vec<_> = file.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["KEY", "C"]);
    assert_eq!(file.entries[0].notes, [Note::MultiLine]);
    assert_eq!(file.entries[1].line, 5);
}

#[test]
fn formatting_is_noted_without_changing_the_value() {
    let notes = |text: &str| read(text).entries[0].notes.clone();
    assert_eq!(notes("export A=b"), [Note::Export]);
    assert_eq!(notes("A: b"), [Note::Colon]);
    assert_eq!(notes("A = b"), [Note::SpacedEquals]);
    assert_eq!(notes("A=b # c"), [Note::InlineComment]);
    assert_eq!(notes("A=b#c"), [Note::CutByHash]);
    assert_eq!(notes("A=\"b"), [Note::UnclosedQuote]);
    assert_eq!(notes("A= # only a comment"), [Note::InlineComment]);
    assert_eq!(read("A='b'").entries[0].quote, Some(Quote::Single));
}

#[test]
fn last_duplicate_key_wins_and_is_noted() {
    let file = read("A=1\nB=2\nA=3\n# A=4\n");
    assert_eq!(file.in_force().get("A").map(|entry| entry.value.reveal()), Some("3"));
    assert_eq!(file.entries[2].notes, [Note::Duplicate { earlier: 1 }]);
}

#[test]
fn line_endings_and_encodings_are_noted() {
    assert_eq!(read("A=1\r\nB=2\r\n").notes, [FileNote::Crlf]);
    assert_eq!(read("A=1\nB=2\nC=3\r\n").notes, [FileNote::MixedLineEnds { line: 3 }]);
    assert_eq!(read("A=1\r\nB=2\nC=3\r\n").notes, [FileNote::MixedLineEnds { line: 2 }]);
    assert_eq!(read("\u{feff}A=1\n").notes, [FileNote::ByteOrderMark]);
    let latin = parse(Path::new("x"), b"A=1\nB=caf\xe9\n");
    assert_eq!(latin.notes, [FileNote::NotUtf8 { line: 2 }]);
    assert_eq!(parse(Path::new("x"), b"\xff\xfeA\0").notes, [FileNote::Utf16]);
}

#[test]
fn value_is_hidden_in_debug_output() {
    let shown = format!("{:?}", read("A=sup3rsecret"));
    assert!(!shown.contains("sup3rsecret") && shown.contains("set, 11 characters"), "{shown}");
}

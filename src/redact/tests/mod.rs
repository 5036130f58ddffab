//! Tests of the scanner: its figures on two corpora, examples, and properties.

mod corpus;

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn generated_secrets_are_redacted_in_every_spelling() {
    let samples = corpus::secrets(7);
    let is_shown = |sample: &&corpus::Sample| {
        let shown = text(&sample.text);
        sample.secrets.iter().any(|secret| shown.contains(secret))
    };
    let shown: Vec<_> = samples
        .iter()
        .filter(is_shown)
        .map(|sample| format!("{}: {}", sample.name, sample.text))
        .collect();
    let share = 100 * (samples.len() - shown.len()) / samples.len();
    assert!(
        share >= 99,
        "{share}% of {} samples are redacted; shown:\n{}",
        samples.len(),
        shown.join("\n")
    );
}

#[test]
fn harmless_texts_keep_every_character() {
    let texts = corpus::harmless(7);
    let changed: Vec<_> =
        texts.iter().filter(|plain| text(plain) != **plain).map(|plain| text(plain)).collect();
    assert!(
        changed.is_empty(),
        "{} of {} changed:\n{}",
        changed.len(),
        texts.len(),
        changed.join("\n")
    );
}

#[test]
fn secrets_are_redacted_and_surrounding_text_is_kept() {
    for (raw, expected) in [
        ("401 for Bearer abc.def-1, retrying", "401 for Bearer [redacted], retrying"),
        (
            "Authorization: Bearer s3cret was refused",
            "Authorization: Bearer [redacted] was refused",
        ),
        ("authorization=Basic YWxhZGRpbjpv", "authorization=Basic [redacted]"),
        (
            "connect postgres://app:p/w@d@db.example:5432/x failed",
            "connect postgres://[redacted]@db.example:5432/x failed",
        ),
        ("redis://:pass@cache/0", "redis://[redacted]@cache/0"),
        ("cut off: postgres://app:hunt", "cut off: postgres://[redacted]"),
        (
            "GET https://s3.example/a.mp4?X-Amz-Signature=ab&x=1 403",
            "GET https://s3.example/a.mp4?X-Amz-Signature=[redacted]&x=1 403",
        ),
        ("cookie: sid=1; other=2\nnext line", "cookie: [redacted]\nnext line"),
        (
            "body {\"access_token\":\"abc def\",\"ok\":false}",
            "body {\"access_token\":\"[redacted]\",\"ok\":false}",
        ),
        (
            r#""{\"refreshToken\":\"abc\",\"n\":1}""#,
            r#""{\"refreshToken\":\"[redacted]\",\"n\":1}""#,
        ),
        ("password: swordfish was refused", "password: [redacted] was refused"),
        ("PGPASSWORD=swordfish psql", "PGPASSWORD=[redacted] psql"),
        ("api-key=abc&clip=7", "api-key=[redacted]&clip=7"),
        ("token: a1b2c3", "token: [redacted]"),
        ("a\u{1b}[32mpassword\u{1b}[0m: 'x y'", "a\u{1b}[32mpassword\u{1b}[0m: '[redacted]'"),
    ] {
        assert_eq!(text(raw), expected, "{raw}");
        assert_eq!(text(expected), expected, "redacted twice");
    }
}

#[test]
fn what_stands_between_a_name_and_its_value_is_kept() {
    for (raw, expected) in [
        ("**Password:** `SRwLx9Kq`", "**Password:** `[redacted]`"),
        ("**Password**: swordfish, bye", "**Password**: [redacted], bye"),
        (
            "<wsse:Password Type=\"x#PasswordText\">swordfish</wsse:Password>",
            "<wsse:Password Type=\"x#PasswordText\">[redacted]</wsse:Password>",
        ),
        (
            "form-data; name=\"password\"\r\n\r\nSRwLx9Kq\r\n--b--",
            "form-data; name=\"password\"\r\n\r\n[redacted]\r\n--b--",
        ),
        ("password\n\"SRwLx9Kq\"", "password\n\"[redacted]\""),
        ("api_key=\\\n7f3Kq9TzRw2m", "api_key=\\\n[redacted]"),
        ("Config { api_key: Some(\"7f3Kq9TzRw2m\") }", "Config { api_key: Some(\"[redacted]\") }"),
        ("let password: &str = \"swordfish\";", "let password: &str = \"[redacted]\";"),
        ("private key (WIF): 5Jk9TzRw2mQ7b", "private key (WIF): [redacted]"),
        ("| password | SRwLx9Kq |", "| password | [redacted] |"),
        (
            "pi_3MtwBwLkdIwHu7ix_secret_YrKJUKribcBjcG8HVhfZluoGH failed",
            "pi_3MtwBwLkdIwHu7ix[redacted] failed",
        ),
        ("rtmps://a.example/live2/ab12-cd34-ef56: 403", "rtmps://a.example/live2/[redacted]: 403"),
    ] {
        assert_eq!(text(raw), expected, "{raw}");
        assert_eq!(text(expected), expected, "redacted twice");
    }
}

/// The tail of a password after a delimiter is a part of it, however short and wordlike it is.
#[test]
fn passwords_with_delimiters_are_redacted_up_to_their_end() {
    let delimiters =
        ["&", ";", ",", "<", ">", "[", "]", "(", ")", "|", "{", "}", "`", "'", "\"", "&&"];
    let names = ["password", "DB_PASSWORD", "pwd", "SMTP_PASS", "DBPASS", "Passwort"];
    let spellings = [
        ("{N}={P}", ""),
        ("{N}={P} host=db", " host=db"),
        ("Server=x;{N}={P};Encrypt=True", ";Encrypt=True"),
        ("?a=1&{N}={P}&b=2", "&b=2"),
        ("{N}={P}, retrying", ", retrying"),
        ("failed ({N}={P})", ")"),
        ("{\"cmd\":\"{N}={P}\",\"n\":1}", "\",\"n\":1}"),
    ];
    for (spelling, after) in spellings {
        for name in names {
            for delimiter in delimiters {
                for [start, end] in [["Winter2024", "Frost"], ["Tiger", "Lily2024"], ["aX9", "7b"]]
                {
                    let raw = spelling.replace("{N}", name);
                    let raw = raw.replace("{P}", &format!("{start}{delimiter}{end}"));
                    let shown = text(&raw);
                    assert!(!shown.contains(start) && !shown.contains(end), "{raw}: {shown}");
                    assert!(shown.ends_with(after), "{raw}: {shown}");
                }
            }
        }
    }
}

#[test]
fn well_known_passwords_are_redacted_and_words_about_passwords_are_kept() {
    for word in ["admin", "default", "secret", "password", "swordfish", "1234"] {
        assert_eq!(text(&format!("PGPASSWORD={word} psql")), "PGPASSWORD=[redacted] psql");
        let quoted = format!("{{\"password\":\"{word}\"}}");
        assert_eq!(text(&quoted), "{\"password\":\"[redacted]\"}");
    }
    for plain in ["password=required", "password: default", "password=12", "password=null"] {
        assert_eq!(text(plain), plain);
    }
}

#[test]
fn commands_and_lists_in_payloads_are_redacted() {
    let payload = json!({
        "a": ["sshpass", "-p", "hunter", "ssh", "h"], "b": ["curl", "-u", "me:hunter", "https://x"],
        "c": ["mysql", "-uroot", "-phunter2024", "db"], "d": ["ffmpeg", "-p", "hunter"],
        "tokens": ["kT9xQ2mVb7Lr4Z", "two"], "passwords": {"db": "hunter"},
        "api_key": {"S": "hunter"}, "DBPASS": "hunter", "keys": 3,
        "detail": [{"loc": ["body", "password"], "msg": "Input should be", "input": "hunter"}],
    });
    let expected = json!({
        "a": ["sshpass", "-p", REDACTED, "ssh", "h"],
        "b": ["curl", "-u", "me:[redacted]", "https://x"],
        "c": ["mysql", "-uroot", "-p[redacted]", "db"], "d": ["ffmpeg", "-p", "hunter"],
        "tokens": [REDACTED, "two"], "passwords": {"db": REDACTED},
        "api_key": {"S": REDACTED}, "DBPASS": REDACTED, "keys": 3,
        "detail": [{"loc": ["body", "password"], "msg": "Input should be", "input": REDACTED}],
    });
    assert_eq!(json(payload), expected);
}

#[test]
fn private_members_of_a_web_key_are_redacted() {
    let key = json!({"kty": "EC", "x": "public", "d": "private", "kid": "7"});
    let expected = json!({"kty": "EC", "x": "public", "d": REDACTED, "kid": "7"});
    assert_eq!(json(json!({ "keys": [key.clone()] })), json!({ "keys": [expected] }));
    assert_eq!(json(json!({"d": "private", "k": "v"})), json!({"d": "private", "k": "v"}));
    let private = corpus::Generator::new(3).alnum(43);
    let shown = text(&format!("bad key {{\"d\": \"{private}\", \"kty\": \"OKP\"}}"));
    assert_eq!(shown, "bad key {\"d\": \"[redacted]\", \"kty\": \"OKP\"}");
}

#[test]
fn secrets_in_json_are_redacted_at_every_depth() {
    let payload = json!({
        "clip": 7, "access_token": "a", "nested": [{"apiKey": "b", "name": "c"}], "s3_key": "d",
        "Authorization": {"x": "y", "n": 1}, "jwt": "e", "token": null, "password": 123_456,
        "source": "https://host/a.mp4?sig=f", "env": [{"name": "DB_PASSWORD", "value": "g"}]
    });
    let expected = json!({
        "clip": 7, "access_token": REDACTED, "nested": [{"apiKey": REDACTED, "name": "c"}],
        "s3_key": "d", "Authorization": {"x": REDACTED, "n": 1}, "jwt": REDACTED, "token": null, "password": REDACTED,
        "source": "https://host/a.mp4?sig=[redacted]", "env": [{"name": "DB_PASSWORD", "value": REDACTED}]
    });
    assert_eq!(json(payload), expected);
}

/// Parts of secrets and of texts that resemble them.
const PIECES: [&str; 44] = [
    "token",
    "Secret",
    "PASSWORD",
    "pwd",
    "api",
    "_",
    "-",
    "Key",
    "cookie",
    "Authorization",
    "jwt",
    "Bearer ",
    "=",
    ":",
    "=>",
    " ",
    "\n",
    "\"",
    "'",
    "\\",
    "https://",
    "u",
    "@",
    "/",
    "?",
    "#",
    ".",
    "a1b2c3d4e5f6a7b8c9d0",
    "%22",
    "&quot;",
    "(",
    ")",
    "values",
    ",",
    "\u{1b}[3",
    "é",
    "\u{200b}",
    "密码",
    "-----BEGIN PRIVATE KEY-----",
    "[redacted]",
    "{",
    "[",
    "\\u00",
    "kT9xQ2mVb7Lr4Z",
];

proptest! {
    /// Whatever the text is, the scanner returns, and a second pass finds nothing that the first one left.
    #[test]
    fn every_text_can_be_scanned(pieces in proptest::collection::vec(0..PIECES.len(), 0..14)) {
        let raw: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let once = text(&raw);
        let count = once.matches(REDACTED).count();
        prop_assert!(count > 0 || once == raw, "{raw:?}: {once:?}");
    }

    /// A named secret is redacted wherever a text is cut, if enough of it is left to be one.
    #[test]
    fn cut_texts_hide_what_is_left_of_a_secret(seed in 0..5_000_u64, keep in 8..20_usize) {
        let secret = corpus::Generator::new(seed).alnum(20);
        for start in ["x {\"password\": \"", "db_password=", "postgres://app:", "Authorization: Bearer "] {
            let raw = format!("{start}{}", &secret[..keep]);
            let shown = text(&raw);
            prop_assert!(!shown.contains(&secret[..keep]), "{raw}: {shown}");
        }
    }

    /// Texts of any characters are scanned without a panic.
    #[test]
    fn arbitrary_texts_can_be_scanned(raw in "\\PC{0,80}") {
        _ = text(&raw);
    }
}

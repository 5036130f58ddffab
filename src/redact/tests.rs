use serde_json::json;

use super::*;

#[test]
fn every_redaction_pattern_compiles() {
    for rule in PATTERNS.iter().chain([&BEARER, &NAME_AND_VALUE]) {
        assert!(rule.regex().is_some(), "{}", rule.pattern);
    }
}

proptest::proptest! {
    /// The fast test before a pattern succeeds for every text that the pattern matches.
    #[test]
    fn prefilter_never_skips_a_matching_pattern(pieces in proptest::collection::vec(0..PIECES.len(), 0..9)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        for rule in PATTERNS.iter().chain([&BEARER, &NAME_AND_VALUE]) {
            for found in rule.regex().unwrap().captures_iter(&text) {
                let name = found.name("name").map_or("token", |name| name.as_str());
                let expected = (rule.may_match)(&text.to_ascii_lowercase());
                assert!(expected || !is_secret_name(name), "{text}: {}", rule.pattern);
            }
        }
    }
}

/// Parts of secrets and of texts that resemble them.
const PIECES: [&str; 40] = [
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
    "eyJhbGciOi",
    "sk_live_",
    "ghp_",
    "AKIAABCDEFGHIJKLMN",
    "sbp_",
    "act.",
    "ya29.",
    "1//",
    "xoxb-",
    "-----BEGIN PRIVATE KEY-----",
    "{",
    "é",
];

#[test]
fn secrets_are_redacted_and_surrounding_text_is_kept() {
    for (raw, expected) in [
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.c2ln expired", "[masked] expired"),
        ("refused: eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "refused: [masked]"),
        ("401 for Bearer abc.def-1, retrying", "401 for Bearer [masked], retrying"),
        ("Authorization: Bearer s3cret was refused", "Authorization: Bearer [masked] was refused"),
        ("authorization=Basic YWxhZGRpbjpv", "authorization=Basic [masked]"),
        (
            "connect postgres://app:p/w@d@db.example:5432/x failed",
            "connect postgres://[masked]@db.example:5432/x failed",
        ),
        ("redis://:pass@cache/0", "redis://[masked]@cache/0"),
        ("cut off: postgres://app:hunt", "cut off: postgres://[masked]"),
        (
            "GET https://s3.example/a.mp4?X-Amz-Signature=ab&x=1 403",
            "GET https://s3.example/a.mp4?[masked] 403",
        ),
        ("cookie: sid=1; other=2\nnext line", "cookie: [masked]\nnext line"),
        (
            "body {\"access_token\":\"abc def\",\"ok\":false}",
            "body {\"access_token\":\"[masked]\",\"ok\":false}",
        ),
        (r#""{\"refreshToken\":\"abc\",\"n\":1}""#, r#""{\"refreshToken\":\"[masked]\",\"n\":1}""#),
        ("password: swordfish was refused", "password: [masked] was refused"),
        ("PGPASSWORD=swordfish psql", "PGPASSWORD=[masked] psql"),
        ("api-key=abc&clip=7", "api-key=[masked]&clip=7"),
        ("token: a1b2c3", "token: [masked]"),
        ("key sk_live_abcdefgh1234 revoked", "key [masked] revoked"),
        ("tiktok act.AbCdEfGhIjKlMnOpQr!4431.va expired", "tiktok [masked] expired"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", "[masked]"),
    ] {
        assert_eq!(text(raw), expected, "{raw}");
        assert_eq!(text(expected), expected, "masking twice");
    }
}

#[test]
fn errors_without_secrets_are_unchanged() {
    for plain in [
        "Unexpected token < in JSON at position 0",
        "invalid_token: The access token expired",
        "client_secret=undefined",
        "TIKTOK_CLIENT_SECRET: missing",
        "wrong password for this account",
        "the bearer token is missing",
        "connect ECONNREFUSED 127.0.0.1:5432",
        "GET http://localhost:3000/api/readyz 503",
        "GET http://localhost:3000",
        "ffmpeg exited with code 1: /tmp/clip.mp4: Invalid data found",
        "duplicate key value violates unique constraint \"jobs_pkey\"",
        "mail to bob@example.com bounced",
        "",
    ] {
        assert_eq!(text(plain), plain);
    }
}

#[test]
fn secrets_in_json_are_redacted_at_every_depth() {
    let payload = json!({
        "clip": 7, "access_token": "a", "nested": [{"apiKey": "b", "name": "c"}], "s3_key": "d",
        "Authorization": {"x": 1}, "jwt": "e", "token": null, "kind": "eyJhbGciOi",
        "source": "https://host/a.mp4?sig=f"
    });
    let expected = json!({
        "clip": 7, "access_token": REDACTED, "nested": [{"apiKey": REDACTED, "name": "c"}],
        "s3_key": REDACTED, "Authorization": REDACTED, "jwt": REDACTED, "token": null, "kind": REDACTED,
        "source": "https://host/a.mp4?[masked]"
    });
    assert_eq!(json(payload), expected);
}

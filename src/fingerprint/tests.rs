use super::*;

fn of(text: &str) -> Fingerprint {
    Fingerprint::new("CLIP_RENDER", Some(text), None)
}

fn template(text: &str) -> String {
    of(text).template
}

fn code(text: &str) -> Option<String> {
    of(text).code
}

/// Hashes are stored and typed by operators: these values may change only with `VERSION`.
#[test]
fn fingerprint_hashes_are_stable_within_a_version() {
    let golden = [
        ("connect ECONNREFUSED 127.0.0.1:5432", "v2-cff3ec7eb5"),
        ("Request failed with status code 429", "v2-30f2858dc5"),
        ("duplicate key value violates unique constraint \"clips_pkey\"", "v2-560357b276"),
        ("ジョブ12345が失敗しました: タイムアウト", "v2-78df8acc0a"),
        ("", "v2-792b5797eb"),
    ];
    for (text, hash) in golden {
        assert_eq!(of(text).hash, hash, "{text}");
    }
}

/// Every status in every spelling is a group of its own, and a count in its place is not.
#[test]
fn failed_statuses_identify_the_cause() {
    let spellings = [
        "PUT https://x.example/v1/a {}",
        "PUT https://x.example/v1/a => {}",
        "PUT https://x.example/v1/a: {}",
        "PUT /upload/abc {}",
        "[GET] \"https://x.example/a\": {}",
        "fetch https://x.example: {}",
        "https://x.example/v1/a {}",
        "server replied with {}",
        "replied {}",
        "TikTok API {}",
        "TikTok API: {}",
        "TikTok {}",
        "TikTok {}: no",
        "expected status 200 but was {}",
        "expected 200, got {}",
        "non-200: {}",
        "non-OK {}",
        "not ok: {}",
        "err {}",
        "{} error",
        "upload -> {}",
        "APIError <{}>",
        "StatusCodeError: {} - \"\"",
        "failed: HTTP{}",
        "TIKTOK-{}",
    ];
    let statuses = ["400", "401", "403", "404", "409", "422", "429", "500", "502", "503"];
    for spelling in spellings {
        let hashes = statuses.map(|status| of(&spelling.replace("{}", status)).hash);
        let mut distinct = hashes.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), statuses.len(), "{spelling}");
    }
    for counted in [
        "GET https://x.example/a took {}ms",
        "wrote {} bytes to https://x.example/a",
        "upload https://x.example/a part {}",
        "Processed {} of 900",
        "render of job {}",
        "Video {}: broken",
        "frames: {}",
        "queue size: {}",
        "job status: step {}",
        "GET /jobs/7/{}",
    ] {
        let of = |number| of(&counted.replace("{}", number)).hash;
        assert_eq!(of("404"), of("503"), "{counted}");
    }
}

#[test]
fn codes_in_their_places_identify_the_cause() {
    for [one, other] in [
        ["E1001", "E2002"],
        ["error E1001", "error E2002"],
        ["[E1001] failed", "[E2002] failed"],
        ["VIDEO_4001", "VIDEO_4002"],
        ["C0001: bad", "C0002: bad"],
        ["ERR42", "ERR77"],
        ["Prisma error P2002", "Prisma error P2025"],
        [r#"{"errors":["Title is too long"]}"#, r#"{"errors":["Access token expired"]}"#],
        [
            r#"HTTP 422: {"errors":["Title is too long"]}"#,
            r#"HTTP 422: {"errors":["Not ready yet"]}"#,
        ],
        [r#"["Title is too long"]"#, r#"["Access token expired"]"#],
    ] {
        assert_ne!(of(one).hash, of(other).hash, "{one}");
    }
    for [one, other] in [
        ["JOB-123: failed", "JOB-124: failed"],
        ["CLIP-401: gone", "CLIP-402: gone"],
        ["W1234: lease lost", "W1235: lease lost"],
        ["VIDEO_123 failed", "VIDEO_124 failed"],
        ["AB-1234: failed", "AB-1235: failed"],
        [r#"{"data":["My title"]}"#, r#"{"data":["Other title"]}"#],
        [r#"{"errors":["Clip 12 is gone"]}"#, r#"{"errors":["Clip 13 is gone"]}"#],
    ] {
        assert_eq!(of(one).hash, of(other).hash, "{one}");
    }
}

#[test]
fn kind_is_part_of_the_fingerprint() {
    assert_ne!(of("boom").hash, Fingerprint::new("TRANSCRIBE", Some("boom"), None).hash);
}

#[test]
fn cause_text_prefers_last_error_then_message_then_error() {
    let error = Some(r#"{"message":"from error","attempts":5}"#);
    assert_eq!(Fingerprint::new("K", Some("from last_error"), error).template, "from last_error");
    assert_eq!(Fingerprint::new("K", None, error).template, "from error");
    assert_eq!(
        Fingerprint::new("K", Some(" \n"), error).template,
        "from error",
        "blank counts as absent"
    );
    assert_eq!(Fingerprint::new("K", None, Some(r#"{"step":4}"#)).template, r#"{"step":<*>}"#);
    assert_eq!(Fingerprint::new("K", None, None).template, NO_TEXT);
}

#[test]
fn bookkeeping_fields_do_not_change_the_fingerprint() {
    let error = r#"{"message":"boom 7","attempts":3,"max_attempts":5,"failed_at":"2025-12-10T16:35:00Z","worker_id":"w-3"}"#;
    assert_eq!(
        Fingerprint::new("K", Some("boom 7"), Some(error)),
        Fingerprint::new("K", Some("boom 9"), None)
    );
}

#[test]
fn code_in_the_error_field_precedes_one_in_the_text() {
    let print =
        Fingerprint::new("K", Some("TypeError: no"), Some(r#"{"name":"Error","code":"ERR_X"}"#));
    assert_eq!(print.code.as_deref(), Some("ERR_X"));
}

#[test]
fn codes_that_identify_the_cause_are_extracted() {
    for (text, expected) in [
        ("HTTP 429", "HTTP 429"),
        ("HTTP/1.1 503 Service Unavailable", "HTTP 503"),
        ("Request failed with status code 404", "HTTP 404"),
        ("server returned 502", "HTTP 502"),
        ("error: 23505 (SQLSTATE 23505)", "SQLSTATE 23505"),
        ("exited with code 137", "exit 137"),
        ("exit status 1", "exit 1"),
        ("died of signal 9", "signal 9"),
        ("Permission denied (os error 13)", "errno 13"),
        ("[Errno 28] No space left", "errno 28"),
        ("read ECONNRESET", "ECONNRESET"),
        ("TypeError: x", "TypeError"),
        ("error code: CERT_HAS_EXPIRED", "CERT_HAS_EXPIRED"),
        ("killed by SIGKILL", "SIGKILL"),
        ("wrote 429 rows", "-"),
        ("job 500 is late", "-"),
    ] {
        assert_eq!(code(text).as_deref().unwrap_or("-"), expected, "{text}");
    }
}

#[test]
fn variable_numbers_and_ids_are_replaced() {
    for (text, expected) in [
        ("took 12.5s", "took <*>"),
        ("took 90 seconds of 2 minutes", "took <*> of <*>"),
        ("1 attempt", "<*> attempts"),
        ("at 0x55d0c8f0a2c0", "at <*>"),
        ("10.0.0.4:5432 refused", "<*>:5432 refused"),
        ("[fe80::1]:443 refused", "<*>:443 refused"),
        ("worker7 of pod web-7f9c4d6b5-x2k8p", "worker<*> of pod web-<*>"),
        ("id=abcdef is taken", "id=<*> is taken"),
        ("id=undefined", "id=undefined"),
        ("libx264 wrote h264 in mp4", "libx264 wrote h264 in mp4"),
    ] {
        assert_eq!(template(text), expected, "{text}");
    }
}

#[test]
fn urls_keep_scheme_and_host_without_credentials() {
    let text = "GET postgres://admin:hunter2@db.example.com:5432/app?sslmode=require#x failed";
    assert_eq!(template(text), "GET postgres://<*>@db.example.com:5432/app?<*> failed");
    assert_eq!(
        template("see https://a.example/v1/clips/8812/raw."),
        "see https://a.example/v1/clips/<*>/raw"
    );
}

#[test]
fn secrets_never_reach_the_template() {
    for (text, expected) in [
        (
            "HTTP 401 for Authorization: Bearer sk_live.abc-DEF",
            "HTTP 401 for Authorization: Bearer <*>",
        ),
        ("sent authorization: Basic YWxhZGRpbjpvcGVu", "sent authorization: Basic <*>"),
        ("login failed, password=hunter2, retrying", "login failed, password=<*>, retrying"),
        ("login failed: PGPASSWORD=swordfish psql", "login failed: PGPASSWORD=<*> psql"),
        ("password: swordfish was refused", "password: <*> was refused"),
        ("client_secret=undefined", "client_secret=undefined"),
        ("wrong password for this account", "wrong password for this account"),
    ] {
        assert_eq!(template(text), expected, "{text}");
    }
}

#[test]
fn long_template_is_cut_independently_of_id_lengths() {
    let tail = "word ".repeat(200);
    let short = template(&format!("job 1 {tail}"));
    assert_eq!(short, template(&format!("job 123456789012 {tail}")));
    assert!(short.ends_with('…') && short.len() < 320, "{short}");
}

#[test]
fn cause_at_the_end_of_a_long_log_is_found() {
    let text = format!(
        "ffmpeg version 6.0\n{}Unknown encoder 'libx265'\nConversion failed!\n",
        "frame= 1 fps=0.0\n".repeat(5000)
    );
    assert_eq!(template(&text), "Unknown encoder 'libx265'");
}

#[test]
fn color_codes_and_control_characters_do_not_split_groups() {
    assert_eq!(of("\u{1b}[31mboom\u{1b}[0m\u{7} now"), of("boom now"));
}

/// The work is bounded, not only the time: the end of a huge error does not affect the result.
#[test]
fn huge_error_has_the_fingerprint_of_its_first_kilobytes() {
    for piece in ["'", "\"", "{\"", "[{", "<", "a/", "1:", "„", "\u{1b}[", "[", "://"] {
        let start = piece.repeat(8 * 1024 / piece.len() + 1);
        assert_eq!(of(&start.repeat(40)), of(&start.repeat(2)), "{piece}");
    }
}

#[test]
fn group_ids_name_the_version_of_their_rules() {
    assert_eq!(version_of_hash(&of("boom").hash), Some(VERSION));
    assert_eq!(version_of_hash("v1-3f9a2c1b07"), Some("v1"));
    assert_eq!(version_of_hash("v12-3f9a2c1b07"), Some("v12"));
    for text in [
        "",
        "v2-",
        "v2-3F9A2C1B07",
        "v2-3f9a2c1b0",
        "v2-3f9a2c1b077",
        "v-3f9a2c1b07",
        "w1-3f9a2c1b07",
        "3f9a2c1b07",
    ] {
        assert_eq!(version_of_hash(text), None, "{text}");
    }
}

#[test]
fn long_error_has_the_fingerprint_of_its_two_ends() {
    let long = |filler: &str| format!("{{\"message\": \"böse {}\"}}", filler.repeat(13_000));
    for text in [long("ä"), long("ab"), long("日本")] {
        let chars: Vec<char> = text.chars().collect();
        let cut: String = chars[..8192].iter().chain(&chars[chars.len() - 4096..]).collect();
        let prints = |text: &str| {
            (Fingerprint::new("K", Some(text), None), Fingerprint::new("K", None, Some(text)))
        };
        assert!(cut.len() < text.len(), "{text:.40}");
        assert_eq!(prints(&text), prints(&cut), "{text:.40}");
    }
}

#[test]
fn python_dictionary_is_read_like_json() {
    let text = r#"BadRequestError: Error code: 400 - {'error': {'message': "the voice 'x' isn't known", 'param': None, 'code': 'voice_missing'}}"#;
    assert_eq!(code(text).as_deref(), Some("HTTP 400 voice_missing"));
    assert_eq!(template(text), "BadRequestError: Error code: 400 - the voice <*> isn't known");
    let cut = "APIError: {'error': {'message': 'no font', 'request";
    assert_eq!(template(cut), "APIError: no font", "the text was cut");
}

#[test]
fn error_line_in_the_output_of_tools_is_found() {
    for (text, expected) in [
        ("Cloning into 'x'...\nremote: Counting objects\nfatal: early EOF", "fatal: early EOF"),
        (
            "Cloning into 'x'...\nHost key verification failed.\nfatal: Could not read from remote repository.",
            "Host key verification failed",
        ),
        (
            "--2026-01-02 03:04:05--  https://a.example/b\nconnected.\n2026-01-02 03:04:06 ERROR 502: Bad Gateway.",
            "<*> ERROR 502: Bad Gateway",
        ),
        (
            "[mov @ 0x55d0] stream 0, offset 0x30: partial file\n[in#0 @ 0x55d1] Error opening input: Invalid data found when processing input\nError opening input files: Invalid data found when processing input",
            "[mov @ <*>] stream <*>, offset <*>: partial file",
        ),
        ("Loaded 3 fonts\n2 of 3 done", "Loaded <*> fonts"),
    ] {
        assert_eq!(template(text), expected, "{text}");
    }
}

#[test]
fn numbers_of_tools_brokers_and_functions_are_codes() {
    for (text, expected) in [
        ("wget: (8) Server issued an error", "error 8"),
        ("batch: (8 of 12 done)", "-"),
        ("channel closed: 405 (RESOURCE-LOCKED)", "code 405"),
        ("avformat_write_header() returned -22", "error -22"),
        ("the query returned 22", "-"),
        ("OperationalError: (1040, 'Too many connections')", "error 1040"),
        ("size is (1040, 720)", "-"),
        ("npm error code E409", "E409"),
        ("clip code A1B2C3D4 is taken", "-"),
        ("rpc error: code = Aborted desc = moved", "Aborted"),
    ] {
        assert_eq!(code(text).as_deref().unwrap_or("-"), expected, "{text}");
    }
}

#[test]
fn first_exception_of_a_python_chain_is_kept() {
    let chain = |first: &str| {
        format!(
            "Traceback (most recent call last):\n  File \"a.py\", line 1\n    x()\n{first}\n\nThe above exception was the \
             direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"b.py\", line 2\n    \
             y()\nExportError: export failed"
        )
    };
    assert_eq!(template(&chain("KeyError: 'fps'")), "ExportError: export failed: KeyError: 'fps'");
    assert_eq!(
        template(&chain("OSError: export failed")),
        "ExportError: export failed",
        "repeated"
    );
}

/// A word or phrase that changes the group of no text cannot be checked: add a text of another source to
/// `foreign.tsv`, or delete the entry.
#[test]
fn every_phrase_changes_the_group_of_an_own_text() {
    let foreign = own_errors::foreign().into_iter().map(|t| (Some(t.text), None));
    let corpus = own_errors::corpus().into_iter().map(|e| (e.last_error, e.error));
    let print = |(text, json): &(Option<String>, Option<String>)| {
        Fingerprint::new("K", text.as_deref(), json.as_deref())
    };
    let texts: Vec<_> = foreign
        .chain(corpus)
        .map(|columns| {
            let (text, json) = &columns;
            let words = [text, json].into_iter().flatten().map(|text| text.to_lowercase());
            (words.collect::<String>(), print(&columns), columns)
        })
        .collect();
    let lists = lexicon::tests::RULES.into_iter();
    let entries = lists.chain([&tool_output::REASONS[..], &tool_output::CONSEQUENCES]).flatten();
    let mut unused = Vec::new();
    for entry in entries {
        let phrase = entry.to_lowercase();
        lexicon::tests::LEFT_OUT.set(Some(entry));
        let mut with_phrase = texts.iter().filter(|(words, ..)| words.contains(&phrase));
        if !with_phrase.any(|(_, usual, columns)| print(columns) != *usual) {
            unused.push(entry);
        }
        lexicon::tests::LEFT_OUT.set(None);
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

use super::*;

fn defaults() -> ConnectionDefaults {
    ConnectionDefaults { user: Some("me".to_owned()), ..ConnectionDefaults::default() }
}

fn pg_variables(pairs: &[(&str, &str)]) -> ConnectionDefaults {
    let pairs = pairs.iter().map(|(key, value)| {
        ((*key).to_owned(), Sourced::new((*value).to_owned(), format!("${key}")))
    });
    ConnectionDefaults { pg_variables: pairs.collect(), ..defaults() }
}

fn parse(text: &str) -> Dsn {
    Dsn::parse(text, &defaults()).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn password(dsn: &Dsn) -> Option<&str> {
    dsn.hosts[0]
        .password
        .as_ref()
        .map(|password| std::str::from_utf8(password.value.expose()).unwrap())
}

#[test]
fn every_dsn_form_is_parsed_as_by_libpq() {
    let table = [
        ("postgres://u:p@h:1/d", "u@h:1/d", Some("p")),
        ("postgresql://u@h", "u@h:5432/u", None),
        ("postgres://h/d", "me@h:5432/d", None),
        ("  postgres://u:p@h/d\n", "u@h:5432/d", Some("p")),
        ("postgres://u:@h/d", "u@h:5432/d", None),
        ("postgres://u:p@h/d?", "u@h:5432/d", Some("p")),
        ("postgres://u:p@h:/d", "u@h:5432/d", Some("p")),
        ("postgres://u%40x:p%3A%2f@h/d%20e", "u@x@h:5432/d e", Some("p:/")),
        // URLs that libpq would misread or reject: the last @ in front of the hosts ends the
        // password.
        ("postgres://u:p@ss@h/d", "u@h:5432/d", Some("p@ss")),
        ("postgres://u:@@h/d", "u@h:5432/d", Some("@")),
        ("postgres://u:a:b@h/d", "u@h:5432/d", Some("a:b")),
        ("postgres://u:p?x=y@h/d", "u@h:5432/d", Some("p?x=y")),
        ("postgres://u:p#1@h/d", "u@h:5432/d", Some("p#1")),
        ("postgres://h?user=u&application_name=a@b", "u@h:5432/u", None),
        ("postgres://u@h/d?password=x%26y", "u@h:5432/d", Some("x&y")),
        ("postgres://u:first@h/d?password=second", "u@h:5432/d", Some("second")),
        ("postgres://u@h1:1,h2,h3:3/d", "u@h1:1,h2:5432,h3:3/d", None),
        ("postgres://u@[::1]:6543/d", "u@[::1]:6543/d", None),
        ("postgres://u@[2001:db8::1],h/d", "u@[2001:db8::1]:5432,h:5432/d", None),
        ("postgres://u@%2Ftmp%2Fsock/d", "u@/tmp/sock:5432/d", None),
        ("postgres://u@/d?host=/tmp/sock&port=7", "u@/tmp/sock:7/d", None),
        ("postgres:///d?host=h", "me@h:5432/d", None),
        ("host=h port=1 user=u dbname=d password=p", "u@h:1/d", Some("p")),
        (r"host = h user= u password = 'it\'s \\ here' ", "u@h:5432/u", Some(r"it's \ here")),
        (r"host=h user=u password=a\ b", "u@h:5432/u", Some("a b")),
        ("host=h user=u password=''", "u@h:5432/u", None),
        ("host=h1,h2 port=1,2 user=u", "u@h1:1,h2:2/u", None),
        ("host=h1,h2 port=9 user=u", "u@h1:9,h2:9/u", None),
        ("hostaddr=10.0.0.1 user=u", "u@10.0.0.1:5432/u", None),
        ("host=::1 user=u", "u@[::1]:5432/u", None),
        ("user=pässwörd host=h", "pässwörd@h:5432/pässwörd", None),
    ];
    for (text, shown, secret) in table {
        let dsn = parse(text);
        assert_eq!((dsn.to_string().as_str(), password(&dsn)), (shown, secret), "{text}");
        assert_eq!(dsn.warnings, [""; 0], "{text}");
    }
}

#[test]
fn invalid_dsn_is_rejected_without_being_shown() {
    let texts = [
        "",
        "hunter2",
        "mysql://u:hunter2@h/d",
        "postgres://u:hunter2",
        "postgres://u:hunter2/d",
        "postgres://u:hunter2%@h/d",
        "postgres://u:hunter2%4@h/d",
        "postgres://u:hunter2%zz@h/d",
        "postgres://u:%00hunter2@h/d",
        "postgres://u:%ffhunter2@h/d",
        "postgres://u:hunter2/x@h/d",
        "postgres://u:12/hunter2@h/d",
        "postgres://u@[::1/hunter2",
        "postgres://u@[::1]hunter2/d",
        "postgres://u@h:hunter2/d",
        "postgres://u@h:99999/d",
        "postgres://u@h:0/d",
        "postgres://u@h/d?hunter2",
        "postgres://u@h1,h2/d?port=1,2,3",
        "postgres://u@h/d?sslmode=hunter2",
        "postgres://u@h/d?connect_timeout=hunter2",
        "postgres://u@h/d?hostaddr=hunter2",
        "host=h password='hunter2",
        "host=h password=hun ter2",
        "host=h hunter2 user=u",
        "=hunter2",
    ];
    for text in texts {
        let Err(error) = Dsn::parse(text, &defaults()) else { panic!("{text} was read") };
        assert!(!format!("{error:?}").contains("ter2"), "{text}: {error:?}");
    }
}

#[test]
fn password_is_hidden_in_display_and_debug() {
    let dsn = parse("postgres://u:hunter2@h/d");
    for shown in [format!("{dsn}"), format!("{dsn:?}"), format!("{dsn:#?}")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(format!("{dsn:?}").contains(REDACTED));
}

#[test]
fn defaults_are_the_local_socket_and_the_login_name() {
    let dsn = Dsn::from_pg_variables(&defaults()).unwrap();
    assert!(matches!(dsn.hosts[0].address, ServerAddress::Socket(_)), "{dsn}");
    assert_eq!((dsn.user.as_str(), dsn.database.as_str()), ("me", "me"));
    let error = Dsn::parse("host=h", &ConnectionDefaults::default()).unwrap_err();
    assert_eq!(error.message, "no database user");
}

#[test]
fn pg_variables_fill_gaps_but_never_override() {
    let pg = [("host", "ph"), ("port", "1"), ("user", "pu"), ("password", "pp"), ("dbname", "pd")];
    let dsn = Dsn::parse("postgres://u@h/", &pg_variables(&pg)).unwrap();
    assert_eq!((dsn.to_string().as_str(), password(&dsn)), ("u@h:1/pd", Some("pp")));
    let origin = &dsn.hosts[0].password.as_ref().unwrap().origin;
    assert_eq!(origin, "$password");
    let dsn = Dsn::from_pg_variables(&pg_variables(&pg)).unwrap();
    assert_eq!(dsn.to_string(), "pu@ph:1/pd");
}

#[test]
fn pghostaddr_does_not_apply_to_a_named_host() {
    let pg = pg_variables(&[("hostaddr", "10.9.9.9"), ("user", "u")]);
    let dsn = Dsn::parse("host=h", &pg).unwrap();
    assert_eq!(dsn.hosts[0].address, ServerAddress::Tcp { name: "h".to_owned(), addr: None });
    let pg = pg_variables(&[("host", "h"), ("hostaddr", "10.9.9.9")]);
    let addr = Some("10.9.9.9".parse().unwrap());
    let dsn = Dsn::from_pg_variables(&pg).unwrap();
    assert_eq!(dsn.hosts[0].address, ServerAddress::Tcp { name: "h".to_owned(), addr });
}

#[test]
fn tls_parameters_are_parsed() {
    let mode = |text: &str| parse(&format!("postgres://u@h/d?{text}")).tls;
    assert_eq!(mode("").mode, SslMode::Prefer);
    assert_eq!(mode("ssl=true").mode, SslMode::Require);
    for expected in SslMode::ALL {
        assert_eq!(mode(&format!("sslmode={}", expected.as_str())).mode, expected);
    }
    let system = mode("sslrootcert=system");
    assert_eq!((system.mode, system.root), (SslMode::VerifyFull, RootCert::System));
    let error = Dsn::parse("host=h sslmode=require sslrootcert=system", &defaults()).unwrap_err();
    assert!(error.message.contains("verify-full"), "{error}");
    let pair = mode("sslcert=/c&sslkey=/k").client;
    assert_eq!(pair, Some((PathBuf::from("/c"), PathBuf::from("/k"))));
    assert!(Dsn::parse("host=h sslcert=/c", &defaults()).is_err());
    let error = Dsn::parse("host=h sslmode=verify_full", &defaults()).unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean `verify-full`?"));
}

#[test]
fn certificates_in_the_home_directory_are_found() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join(".postgresql");
    std::fs::create_dir(&directory).unwrap();
    for name in ["root.crt", "postgresql.crt", "postgresql.key"] {
        std::fs::write(directory.join(name), "").unwrap();
    }
    let defaults = ConnectionDefaults { home: Some(home.path().to_owned()), ..defaults() };
    let tls = Dsn::parse("host=h", &defaults).unwrap().tls;
    assert_eq!(tls.root, RootCert::Default(Some(directory.join("root.crt"))));
    let pair = (directory.join("postgresql.crt"), directory.join("postgresql.key"));
    assert_eq!(tls.client, Some(pair));
    let tls = Dsn::parse("host=h sslrootcert=~/x.crt", &defaults).unwrap().tls;
    assert_eq!(tls.root, RootCert::File(home.path().join("x.crt")));
}

#[test]
fn timeout_name_binding_and_session_parameters_are_parsed() {
    let dsn = parse(
        "host=h connect_timeout=7 application_name=a fallback_application_name=f \
         channel_binding=require target_session_attrs=standby",
    );
    assert_eq!(dsn.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(dsn.application_name.as_deref(), Some("a"));
    assert_eq!(dsn.channel_binding, ChannelBinding::Require);
    assert_eq!(dsn.session, SessionAttrs::Standby);
    assert_eq!(parse("host=h connect_timeout=0").connect_timeout, None);
}

#[test]
fn parameters_without_effect_cause_a_warning_if_relevant() {
    let warnings = |text: &str| parse(&format!("postgres://u@h/d?{text}")).warnings;
    let ignored =
        "pgbouncer=true&connection_limit=1&pool_timeout=3&gssencmode=disable&keepalives=1";
    assert_eq!(warnings(ignored), [""; 0]);
    assert_eq!(warnings("schema=app"), [""; 0]);
    assert_eq!(parse("postgres://u@h/d?schema=app").schema.as_deref(), Some("app"));
    assert!(warnings("sslcrl=/x")[0].contains("revocation is not checked"));
    assert!(warnings("conect_timeout=1")[0].contains("did you mean connect_timeout?"));
    assert!(warnings("options=-c%20x%3Dy")[0].contains("poolers reject"));
    assert_eq!(warnings("hun-ter2=1"), ["an unknown connection parameter has no effect"]);
}

#[test]
fn required_gssapi_encryption_is_refused_wherever_it_is_set() {
    for text in ["postgres://u@h/d?gssencmode=require", "host=h user=u gssencmode=require"] {
        let error = Dsn::parse(text, &pg_variables(&[])).unwrap_err();
        assert!(error.message.contains("GSSAPI is not supported"), "{error}");
    }
    let defaults = pg_variables(&[("gssencmode", "require")]);
    assert!(Dsn::parse("postgres://u@h/d", &defaults).is_err());
    for mode in ["prefer", "disable"] {
        let text = format!("postgres://u@h/d?gssencmode={mode}");
        assert_eq!(Dsn::parse(&text, &defaults).unwrap().warnings, [""; 0], "{mode}");
    }
    assert!(Dsn::parse("postgres://u@h/d?gssencmode=required", &pg_variables(&[])).is_err());
}

#[test]
fn service_file_ranks_between_dsn_and_pg_variables() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pg_service.conf");
    std::fs::write(&file, "[prod]\nhost=sh\nport=7\nuser=su\npassword=sp\nodd=1\n").unwrap();
    let defaults =
        ConnectionDefaults { home: Some(home.path().to_owned()), ..pg_variables(&[("port", "9")]) };
    let dsn = Dsn::parse("service=prod user=u", &defaults).unwrap();
    assert_eq!((dsn.to_string().as_str(), password(&dsn)), ("u@sh:7/u", Some("sp")));
    let origin = &dsn.hosts[0].password.as_ref().unwrap().origin;
    assert_eq!(*origin, format!("{} [prod]", file.display()));
    assert_eq!(dsn.warnings, ["unknown connection parameter odd has no effect"]);
    let error = Dsn::parse("service=prdo", &defaults).unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("did you mean `prod`?"));
    let error = Dsn::parse("service=prod servicefile=/nonexistent", &defaults).unwrap_err();
    assert!(error.message.contains("/nonexistent"), "{error}");
}

#[test]
fn each_host_has_its_own_password_file_entry() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(".pgpass");
    std::fs::write(&file, "h1:1:d:u:one\nh2:*:*:u:two\nlocalhost:*:*:u:sock\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let defaults = ConnectionDefaults { home: Some(home.path().to_owned()), ..defaults() };
    let dsn = Dsn::parse("postgres://u@h1:1,h2:2,h3:3,%2Ftmp/d", &defaults).unwrap();
    let secrets: Vec<_> = dsn
        .hosts
        .iter()
        .map(|host| {
            host.password
                .as_ref()
                .map(|password| std::str::from_utf8(password.value.expose()).unwrap())
        })
        .collect();
    assert_eq!(secrets, [Some("one"), Some("two"), None, Some("sock")]);
    let dsn = Dsn::parse("postgres://u:said@h1:1/d", &defaults).unwrap();
    assert_eq!(password(&dsn), Some("said"));
}

#[test]
fn password_in_a_dsn_is_detected() {
    assert_eq!(holds_password("postgres://u:p@h/d"), Some(true));
    assert_eq!(holds_password("postgres://u@h/d?password=p"), Some(true));
    assert_eq!(holds_password("host=h user=u"), Some(false));
    assert_eq!(holds_password("hunter2"), None);
}

mod any_text {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dsn_parser_never_panics(text in "(postgres://)?[a-z0-9:@/?%,=&\\[\\]\\\\' é]{0,40}") {
            let _ = Dsn::parse(&text, &defaults());
        }

        #[test]
        fn url_without_the_password_leads_to_the_same_server(
            user in "[a-zé@:/ ]{1,8}",
            host in "[a-z0-9.-]{1,12}|::1|/tmp/[a-z ]{1,5}",
            port in 1_u16..,
            more in prop::sample::subsequence(vec![
                "sslmode=verify-ca", "sslrootcert=/a b/c.crt", "connect_timeout=7", "schema=app",
                "target_session_attrs=prefer-standby", "channel_binding=require",
                "application_name=a&b", "connection_limit=1", "hostaddr=10.0.0.1",
            ], 0..9),
        ) {
            let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
            let host = if host == "::1" { "[::1]".to_owned() } else { encode(&host) };
            let more: Vec<_> = more.iter().map(|pair| {
                let (key, value) = pair.split_once('=').unwrap();
                format!("{key}={}", encode(value))
            }).collect();
            let url = |password: &str| {
                format!("postgres://{}{password}@{host}:{port}/{}?{}", encode(&user), encode("d é"), more.join("&"))
            };
            let shown = parse(&url(":hunter2")).to_url();
            prop_assert!(!shown.contains("hunter2"), "{}", shown);
            prop_assert_eq!(parse(&shown), parse(&url("")), "{}", shown);
        }

        #[test]
        fn percent_encoded_password_round_trips(secret in "[ -~é]{1,20}") {
            let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let dsn = parse(&format!("postgres://u:{encoded}@h/d"));
            prop_assert_eq!(password(&dsn), Some(secret.as_str()));
        }
    }
}

#[test]
fn unescaped_at_sign_in_a_password_is_rejected() {
    for url in ["postgres://u:hun@ss/ter2@h/d", "postgres://u:hunter2@postgres://u:hunter2@h/d"] {
        let error = Dsn::parse(url, &ConnectionDefaults::default()).unwrap_err();
        assert!(format!("{error:?}").contains("%40") && !format!("{error:?}").contains("ter2"));
    }
}

#[test]
fn text_around_a_url_is_ignored_or_named() {
    for text in [
        "\u{feff}postgres://u:p@h/d\r\n",
        "\"postgres://u:p@h/d\"",
        "'postgresql://u:p@h/d'\n",
        "`postgres://u:p@h/d`",
    ] {
        assert_eq!(parse(text).to_string(), "u@h:5432/d", "{text}");
    }
    for (text, named) in [
        ("psql postgres://u:hunter2@h/d", "`psql `"),
        ("psql 'postgresql://u:hunter2@h/d'", "`psql `"),
        ("DATABASE_URL=postgres://u:hunter2@h/d", "`DATABASE_URL=`"),
        ("export DATABASE_URL=\"postgres://u:hunter2@h/d\"", "`DATABASE_URL=`"),
        ("jdbc:postgresql://h/d?user=u&password=hunter2", "`jdbc:`"),
        ("postgresql+asyncpg://u:hunter2@h/d", "`postgresql+asyncpg`"),
        ("\"postgres://u:hunter2@h/d", "the quote `\"`"),
        ("postgres://u:hunter2@h/d\n?sslmode=require", "a line break"),
        ("postgres://u:hunter2@h\u{200b}/d", "U+200B"),
        ("mysql://u:hunter2@h/d", "another scheme"),
    ] {
        let error = Dsn::parse(text, &defaults()).unwrap_err();
        let cause = error.cause.clone().unwrap_or_default();
        assert!(cause.contains(named), "{text}: {cause}");
        assert!(!format!("{error:?}").contains("ter2"), "{text}: {error:?}");
    }
    // A password in a keyword string may look like a part of a URL.
    let dsn = parse("host=h user=u password=postgres://x");
    assert_eq!(password(&dsn), Some("postgres://x"));
}

#[test]
fn unknown_parameter_that_may_ask_for_tls_is_refused() {
    for parameter in ["sslmod=require", "tls=true", "useSSL=true", "ssl_mode=require"] {
        let error = Dsn::parse(&format!("postgres://u@h/d?{parameter}"), &defaults()).unwrap_err();
        assert!(error.message.starts_with("unknown connection parameter"), "{parameter}: {error}");
    }
    assert!(parse("postgres://u@h/d?sslcompression=1&sslsni=1").warnings.is_empty());
}

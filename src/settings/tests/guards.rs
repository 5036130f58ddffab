//! Tests of write protection.

use super::*;

#[test]
fn protected_database_is_protected_under_every_address() {
    let guards = |fixture: Fixture| {
        let settings = fixture.settings();
        (settings.protected, settings.read_only)
    };
    let by_prod = (Some("prod".to_owned()), true);
    let unprotected = (None, false);
    let fixture = Fixture::with_contexts;
    let flag = |url| guards(fixture().database_flag(url));
    assert_eq!(flag("postgres://other:pw@PROD.example./app"), by_prod);
    assert_eq!(flag("postgres://op@prod.example:6543/app"), by_prod, "a pooler's port");
    assert_eq!(flag("postgres://op@a,prod.example/app"), by_prod, "one of several hosts");
    assert_eq!(flag("postgres://op@prod.example/other"), unprotected);
    assert_eq!(flag("postgres://op@staging.example/app"), unprotected);
    let env = fixture().env("DATABASE_URL", "postgres://op@prod.example/app");
    assert_eq!(guards(env), by_prod);
    let env = fixture().env("PGHOST", "prod.example").env("PGDATABASE", "app");
    assert_eq!(guards(env), by_prod);
    assert_eq!(guards(fixture().context("staging")), unprotected);
    let twin = format!("{CONFIG}[context.twin]\ndatabase_url = 'postgres://op@prod.example/app'\n");
    assert_eq!(guards(fixture().file(config::FILE_NAME, &twin).context("twin")), by_prod);
}

#[test]
fn default_context_protection_ends_only_with_a_database_flag() {
    let fixture = || Fixture::with_contexts().default_context("prod");
    assert!(fixture().settings().read_only);
    assert!(fixture().env("DATABASE_URL", "postgres://op@alias/app").settings().read_only);
    assert!(!fixture().database_flag("postgres://op@alias/app").settings().read_only);
    assert!(!fixture().context("staging").settings().read_only);
}

#[test]
fn protection_that_cannot_be_compared_causes_a_warning() {
    let fixture = || Fixture::new().file(config::FILE_NAME, CONFIG);
    let settings = fixture().database_flag("postgres://op@somewhere/app").settings();
    assert!(settings.warnings[0].contains("context prod is protected"), "{:?}", settings.warnings);
    assert_eq!(fixture().context("staging").settings().warnings, [""; 0]);
}

#[test]
fn two_addresses_of_one_database_are_recognized() {
    let defaults = dsn::ConnectionDefaults::default();
    let same = |one: &str, other: &str| {
        let parse = |text| Dsn::parse(text, &defaults).unwrap();
        protection::same_database(&parse(one), &parse(other))
    };
    assert!(same("postgres://u@localhost:5433/d", "postgres://v@127.0.0.1:5433/d"));
    assert!(same("postgres://u@[::1]/d", "host=/tmp user=v dbname=d"));
    assert!(!same("postgres://u@localhost:5433/d", "postgres://u@localhost:5434/d"), "two tunnels");
    let direct = "postgres://postgres@db.abc.supabase.co:5432/postgres";
    let pooler = "postgres://postgres.abc@aws-0-eu.pooler.supabase.com:6543/postgres";
    let other = "postgres://postgres.xyz@aws-0-eu.pooler.supabase.com:6543/postgres";
    assert!(same(direct, pooler));
    assert!(!same(pooler, other), "another project behind the same pooler");
}

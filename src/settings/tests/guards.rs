//! Which databases are protected.

use super::*;

#[test]
fn protected_database_is_protected_under_every_address() {
    let guards = |desk: Desk| {
        let settings = desk.settings();
        (settings.protected, settings.read_only)
    };
    let by_prod = (Some("prod".to_owned()), true);
    let free = (None, false);
    let desk = Desk::with_contexts;
    let flag = |url| guards(desk().database_flag(url));
    assert_eq!(flag("postgres://other:pw@PROD.example./app"), by_prod);
    assert_eq!(flag("postgres://op@prod.example:6543/app"), by_prod, "a pooler's port");
    assert_eq!(flag("postgres://op@a,prod.example/app"), by_prod, "one of several hosts");
    assert_eq!(flag("postgres://op@prod.example/other"), free);
    assert_eq!(flag("postgres://op@staging.example/app"), free);
    let env = desk().env("DATABASE_URL", "postgres://op@prod.example/app");
    assert_eq!(guards(env), by_prod);
    let env = desk().env("PGHOST", "prod.example").env("PGDATABASE", "app");
    assert_eq!(guards(env), by_prod);
    assert_eq!(guards(desk().context("staging")), free);
    let twin = format!("{CONFIG}[context.twin]\ndatabase_url = 'postgres://op@prod.example/app'\n");
    assert_eq!(guards(desk().file(config::FILE_NAME, &twin).context("twin")), by_prod);
}

#[test]
fn default_context_protection_ends_only_with_a_database_flag() {
    let desk = || Desk::with_contexts().default_context("prod");
    assert!(desk().settings().read_only);
    assert!(desk().env("DATABASE_URL", "postgres://op@alias/app").settings().read_only);
    assert!(!desk().database_flag("postgres://op@alias/app").settings().read_only);
    assert!(!desk().context("staging").settings().read_only);
}

#[test]
fn protection_that_cannot_be_compared_causes_a_warning() {
    let desk = || Desk::new().file(config::FILE_NAME, CONFIG);
    let settings = desk().database_flag("postgres://op@somewhere/app").settings();
    assert!(settings.warnings[0].contains("context prod is guarded"), "{:?}", settings.warnings);
    assert_eq!(desk().context("staging").settings().warnings, [""; 0]);
}

#[test]
fn two_addresses_of_one_database_are_recognized() {
    let around = dsn::ConnectionDefaults::default();
    let same = |one: &str, other: &str| {
        let parse = |text| Dsn::parse(text, &around).unwrap();
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

use crate::support::postgres::{Database, Session, cluster};

#[test]
fn each_database_is_its_own_copy_of_the_schema() {
    let schema = "CREATE TABLE t (n int); INSERT INTO t VALUES (1)";
    let first = Database::with_schema("harness_copy", schema);
    let second = Database::with_schema("harness_copy", schema);
    first.execute("INSERT INTO t VALUES (2)");
    assert_eq!(first.value("SELECT sum(n) FROM t"), "3");
    assert_eq!(second.value("SELECT sum(n) FROM t"), "1");
}

#[test]
fn database_is_dropped_with_its_test_while_in_use() {
    let database = Database::blank();
    let url = database.url();
    let _held = database.session();
    drop(database);
    let error = Session::try_open(&url).err().expect("no such database any more");
    assert_eq!(error.code().unwrap().code(), "3D000", "{error:?}");
}

#[test]
fn roles_connect_without_password_and_null_is_not_text() {
    let database = Database::blank();
    database.execute(
        "DO $$ BEGIN CREATE ROLE harness_role LOGIN; EXCEPTION WHEN duplicate_object THEN END $$",
    );
    let session = Session::open(&database.url_as("harness_role"));
    assert_eq!(
        session.rows("SELECT current_user, NULL"),
        [[Some("harness_role".to_owned()), None]]
    );
    assert_eq!(session.value("SHOW timezone"), "UTC");
    assert_eq!(session.value("SELECT current_setting('listen_addresses')"), "");
    assert!(cluster().url("a/b").ends_with("/a%2Fb"));
}

//! What the server does when a foreign key fires a trigger, on which `rls.trigger` relies.

use super::flaws::changed;

/// A row whose deletion by its owner cascades to a table with a trigger that runs with the rights of its caller.
const CASCADE: &str = "NOTE; ALTER FUNCTION note() SECURITY INVOKER; CREATE TABLE n (id int PRIMARY KEY, owner uuid);
    CREATE TABLE a (id int REFERENCES n ON DELETE CASCADE); OWN_N; GRANT SELECT, DELETE ON n TO authenticated;
    INSERT INTO n VALUES (1, '33333333-3333-4333-8333-333333333333'); INSERT INTO a VALUES (1);";

const DELETE: &str = "SET ROLE authenticated;
    SET request.jwt.claims = '{\"sub\": \"33333333-3333-4333-8333-333333333333\", \"role\": \"authenticated\"}';
    DELETE FROM n";

#[test]
fn foreign_key_runs_before_triggers_as_the_owner_of_the_table() {
    let database = changed(&format!(
        "{CASCADE} CREATE TRIGGER note BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION note()"
    ));
    assert_ne!(database.value("SELECT count(*) FROM jobs"), "0");
    database.execute(DELETE);
    assert_eq!(database.value("SELECT count(*) FROM jobs"), "0");
}

#[test]
fn foreign_key_runs_after_triggers_as_the_client_up_to_postgresql_17() {
    let database = changed(&format!(
        "{CASCADE} CREATE TRIGGER note AFTER DELETE ON a FOR EACH ROW EXECUTE FUNCTION note()"
    ));
    let deleted = database.session().try_execute(DELETE);
    let version: u32 = database.value("SHOW server_version_num").parse().unwrap();
    assert_eq!(deleted.is_ok(), version >= 180_000, "{deleted:?}");
}

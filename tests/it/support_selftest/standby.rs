use crate::support::postgres::Session;
use crate::support::standby::Standby;

#[test]
fn standby_replays_the_primary_and_refuses_writes() {
    let servers = Standby::start("main_healthy");
    let standby = Session::open(&servers.url());
    assert_eq!(standby.value("SELECT pg_is_in_recovery()"), "t");
    let error = standby.try_execute("UPDATE jobs SET priority = 1").unwrap_err();
    assert_eq!(error.code().unwrap().code(), "25006", "{error:?}");

    let primary = Session::open(&servers.primary_url());
    primary.execute("DELETE FROM job_events; DELETE FROM jobs");
    servers.catch_up();
    assert_eq!(standby.value("SELECT count(*) FROM jobs"), "0");
}

//! Drills in which the disk of the server becomes full during a requeue.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use super::reported_vs_database::{assert_report_matches, count_complete_writes};
use crate::requeue::{command, insert_dead_letters};
use crate::support::drill::{jobs, report_run, report_skipped};
use crate::support::postgres::{Database, cluster};

/// Enough jobs to fill the small disk before all are requeued.
const JOBS: u32 = 6_000;

/// Requeues until the disk is full, frees space, resumes, and undoes everything.
fn requeue_until_full(db: &Database, all: u64, make_room: impl FnOnce()) -> u64 {
    let mut first = command(db, "requeue", &["--all", "--yes", "--reason", "drill"]);
    let output = first.run().expect_code(75);
    let (written, _) = count_complete_writes(db, "the disk is full");
    assert_report_matches(&output, all, written, "the disk is full");
    assert!(written > 0 && written < all, "{written} of {all}: {output:#?}");
    let errors = &output.json()["errors"].to_string();
    assert!(errors.contains("53100") && errors.contains("free space"), "{errors}");
    // The error is not one of a single row.
    assert_eq!(output.json()["data"]["outcome"]["errors"], 0, "{output:#?}");
    let operation = output.json()["data"]["outcome"]["operation"].as_str().unwrap().to_owned();
    let state = first.home().join(".local/state");
    let resume = || {
        command(db, "requeue", &["--resume", &operation, "--yes", "--reason", "drill"])
            .env("XDG_STATE_HOME", &state)
            .run()
    };
    let still_full = resume();
    assert!(matches!(still_full.code, 3 | 75), "{still_full:#?}");
    count_complete_writes(db, "the disk is still full");
    make_room();
    let again = resume();
    assert_eq!(
        (again.code, count_complete_writes(db, "there is room")),
        (0, (all, 0)),
        "{again:#?}"
    );
    let undo = command(db, "undo", &[&operation, "--yes", "--reason", "drill"]).run();
    assert_eq!((undo.code, count_complete_writes(db, "undone")), (0, (all, all)), "{undo:#?}");
    written
}

#[test]
fn requeue_stops_when_a_trigger_reports_a_full_disk() {
    let db = Database::with_variant("main");
    insert_dead_letters(&db, 500);
    db.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF (SELECT count(*) FROM job_events) >= 200 THEN
             RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100';
           END IF; RETURN NEW; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON job_events
           FOR EACH ROW EXECUTE FUNCTION full_disk()",
    );
    let written =
        requeue_until_full(&db, 500, || db.execute("DROP TRIGGER full_disk ON job_events"));
    report_run(&format!("a trigger that raises 53100 after {written} of 500 jobs"));
}

/// A small file system in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    /// Mounts the file system for the server user. Returns why if mounting is not permitted.
    fn mount(kib: u64) -> Result<Disk, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
        run("mount", &["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"], dir.path())?;
        let disk = Disk(dir);
        let space = disk.space();
        std::fs::create_dir(&space).unwrap();
        let owner = std::fs::metadata(cluster().directory()).unwrap();
        chown(&space, Some(owner.uid()), Some(owner.gid())).unwrap();
        Ok(disk)
    }

    fn space(&self) -> std::path::PathBuf {
        self.0.path().join("space")
    }

    fn grow(&self, kib: u64) {
        run("mount", &["-o", &format!("remount,size={kib}k")], self.0.path()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        _ = run("umount", &["-l"], self.0.path());
    }
}

fn run(program: &str, args: &[&str], path: &Path) -> Result<(), String> {
    let output = Command::new(program).args(args).arg(path).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(stderr) }
}

#[test]
fn requeue_stops_when_the_disk_is_full() {
    // Space for the dead letters and for a part of the requeue.
    let (jobs, db) = (jobs(JOBS), Database::with_variant("main"));
    let disk = match Disk::mount(1 << 20) {
        Ok(disk) => disk,
        Err(error) => {
            return report_skipped(&format!("a small disk of memory cannot be mounted ({error})"));
        }
    };
    insert_dead_letters(&db, jobs);
    let (name, space) = (format!("small_{}", db.name()), disk.space());
    db.execute(&format!("CREATE TABLESPACE {name} LOCATION '{}'", space.display()));
    for table in ["jobs", "job_events"] {
        db.execute(&format!("ALTER TABLE {table} SET TABLESPACE {name}"));
    }
    let used = "SELECT (pg_relation_size('jobs') + pg_relation_size('job_events')) / 1024";
    let used: u64 = db.value(used).parse().unwrap();
    // A third more than the jobs use now.
    disk.grow(used + used / 3 + 64);
    let written = requeue_until_full(&db, u64::from(jobs), || disk.grow(1 << 20));
    drop(db);
    crate::support::postgres::Session::open(&cluster().url("postgres"))
        .execute(&format!("DROP TABLESPACE {name}"));
    report_run(&format!("a disk of memory, full after {written} of {jobs} jobs"));
}

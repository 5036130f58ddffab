//! The dashboard and `record`.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;
use crate::bench::Bench;
use crate::report::Section;

/// The unit of CPU time in /proc, the same on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

pub fn run(bench: &mut Bench) -> Result<Section> {
    let mut section = Section::default();
    if !cfg!(target_os = "linux") {
        section
            .notes
            .push("Not measured: the time of the server's sessions is read from /proc".to_owned());
        return Ok(section);
    }
    let size = bench.options.main_size();
    let database = bench.jobs(size)?;
    let (first, seconds) = if bench.options.short { (2, 3) } else { (8, 60) };
    let watch = bench.tool_on(&database, "watch --plain")?;
    let mut child =
        watch.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    sleep(Duration::from_secs(first)); // excludes the connection and the first poll
    let before = sessions(bench, &database);
    sleep(Duration::from_secs(seconds));
    let after = sessions(bench, &database);
    let own = ticks(child.id());
    let peak = status(child.id(), "VmHWM:");
    let alive = child.try_wait()?.is_none();
    kill_process(Pid::from_child(&child), Signal::TERM)?;
    child.wait()?;
    let (Ok(before), Ok(after), Some(own), Some(peak), true) = (before, after, own, peak, alive)
    else {
        return Err("watch ended, or its sessions were not seen".into());
    };
    let share = |ticks: f64, seconds: u64| ticks / TICKS_PER_SECOND / seconds as f64 * 100.0;
    let what = format!("{}: the server's share of one core over {seconds} s", size.label());
    section.at_most(what, "%", share(after - before, seconds), 2.0);
    section.at_most("watch's own peak memory", "MB", peak / 1024.0, 48.0);
    section
        .notes
        .push(format!("watch itself took {:.2} % of one core", share(own, first + seconds)));
    Ok(section)
}

/// Returns the CPU ticks of all sessions of the tool.
fn sessions(bench: &mut Bench, database: &str) -> Result<f64> {
    let sql = "select pid from pg_stat_activity where application_name = 'cliplyctl:watch'";
    let pids = bench.sql(database, sql)?;
    let ticks: Vec<f64> = pids.lines().filter_map(|pid| ticks(pid.parse().ok()?)).collect();
    if ticks.is_empty() { Err("watch has no session".into()) } else { Ok(ticks.iter().sum()) }
}

/// Returns the user and system ticks of a process.
fn ticks(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may contain anything. The state is the third field.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
}

/// Returns a memory value of a process in KiB.
fn status(pid: u32, name: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

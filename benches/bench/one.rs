//! Runs one program and writes its cost to a file: `bench --one FILE PROGRAM ARGS...`.
//!
//! Each run has its own parent process, because the system reports peak memory only as the maximum over all
//! children of a process.

use std::ffi::OsString;
use std::process::{Command, ExitCode};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// The argument that selects this mode.
pub const FLAG: &str = "--one";

/// Runs the program with inherited streams and environment. Writes `wall µs, CPU µs, peak KiB, exit code`.
pub fn run(args: &[OsString]) -> ExitCode {
    let [measurement_file, program, args @ ..] = args else { return ExitCode::FAILURE };
    let begin = Instant::now();
    let status = Command::new(program).args(args).status();
    let wall = begin.elapsed().as_micros();
    let (Ok(status), Ok(used)) = (status, getrusage(UsageWho::RUSAGE_CHILDREN)) else {
        return ExitCode::FAILURE;
    };
    let cpu = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    let unit = if cfg!(target_os = "macos") { 1024 } else { 1 }; // bytes on macOS, KiB elsewhere
    let line = format!("{wall} {cpu} {} {}", used.max_rss() / unit, status.code().unwrap_or(-1));
    match std::fs::write(measurement_file, line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

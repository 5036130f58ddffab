//! Runs package scripts of an app checkout with a timeout, streams their output line by line and
//! kills the whole process group at the end.

use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::future::{Either, select};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::facts::test_run::{TestEnd, TestRun};
use crate::interrupt::Interrupt;
use crate::text;

/// Package manager that runs the scripts.
const RUNNER: &str = "pnpm";
/// Maximum size of a package.json, in bytes.
const MAX_PACKAGE_JSON: u64 = 1 << 20;
/// Maximum length of one output line, in bytes; longer lines are split, so that output without a
/// newline cannot fill the memory.
const MAX_LINE_BYTES: u64 = 16 << 10;

/// Wait for remaining output after the script has exited.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);

/// Process group of a script; killed on drop.
struct ProcessGroup(Option<Pid>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs one script in `directory` for at most `timeout` and calls `on_line` with each line of its
/// output.
pub(crate) async fn run(
    directory: &Path,
    script: &'static str,
    timeout: Duration,
    interrupt: &Interrupt,
    on_line: impl Fn(&str),
) -> TestRun {
    let started = Instant::now();
    let end = match check_script_exists(directory, script).and_then(|()| spawn(directory, script)) {
        Err(reason) => TestEnd::NotFound(reason),
        Ok(child) => wait_for_end(child, timeout, interrupt, on_line).await,
    };
    TestRun { script, end, took: started.elapsed() }
}

/// Checks that the package.json of `directory` has the script.
fn check_script_exists(directory: &Path, script: &str) -> Result<(), String> {
    let path = directory.join("package.json");
    let size =
        std::fs::metadata(&path).map_err(|_| "no package.json in this directory".to_owned())?.len();
    let text = (size <= MAX_PACKAGE_JSON).then(|| std::fs::read(&path).ok()).flatten();
    let json: Option<serde_json::Value> = text.and_then(|text| serde_json::from_slice(&text).ok());
    let json = json.ok_or("cannot read package.json")?;
    match json["scripts"][script].is_string() {
        true => Ok(()),
        false => Err(format!("package.json has no script {script}")),
    }
}

/// Starts the script in a process group of its own.
fn spawn(directory: &Path, script: &str) -> Result<Child, String> {
    let mut command = Command::new(RUNNER);
    command.arg("run").arg(script).current_dir(directory).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| format!("cannot start {RUNNER}: {error}"))
}

/// Waits until the script exits, `timeout` is over or the user interrupts.
async fn wait_for_end(
    mut child: Child,
    timeout: Duration,
    interrupt: &Interrupt,
    on_line: impl Fn(&str),
) -> TestEnd {
    let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let group = ProcessGroup(id);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // Background processes of the script may keep its streams open after it has exited; the streams
    // are read for a short time only.
    let exit = async {
        let streams =
            futures_util::future::join(forward_lines(out, &on_line), forward_lines(err, &on_line));
        let (mut streams, mut status) = (pin!(streams), pin!(child.wait()));
        match select(&mut status, &mut streams).await {
            Either::Left((status, streams)) => {
                _ = tokio::time::timeout(OUTPUT_GRACE, streams).await;
                status
            }
            Either::Right((_, status)) => status.await,
        }
    };
    let exit = tokio::select! {
        status = exit => Ok(status),
        () = tokio::time::sleep(timeout) => Err(format!("not finished within {}", text::format_duration(timeout))),
        () = interrupt.wait() => Err("not finished when interrupted".to_owned()),
    };
    drop(group);
    match exit {
        Ok(Ok(status)) => match status.code() {
            Some(code) => TestEnd::Code(code),
            None => TestEnd::Cut("ended by a signal".to_owned()),
        },
        Ok(Err(error)) => TestEnd::Cut(error.to_string()),
        Err(reason) => TestEnd::Cut(reason),
    }
}

/// Reads a stream to its end and calls `on_line` with each line.
async fn forward_lines(stream: Option<impl AsyncRead + Unpin>, on_line: &impl Fn(&str)) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => on_line(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

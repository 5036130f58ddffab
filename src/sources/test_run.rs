//! Runs scripts of a checkout: bounded in time, streamed, and never left behind.

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

/// The package manager of the backend.
const RUNNER: &str = "pnpm";
/// The longest package.json that is read.
const MAX_BYTES: u64 = 1 << 20;
/// The longest line that is passed on: what does not end would fill the memory.
const MAX_LINE: u64 = 16 << 10;

/// How long output is awaited after a script's own end.
const LEFT_OVER: Duration = Duration::from_millis(500);

/// The process group of a script; ended with everything in it when this goes.
struct ProcessGroup(Option<Pid>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs one script in a directory; `say` gets its lines.
pub async fn run(
    directory: &Path,
    script: &'static str,
    limit: Duration,
    interrupt: &Interrupt,
    say: impl Fn(&str),
) -> TestRun {
    let started = Instant::now();
    let end = match declared(directory, script).and_then(|()| spawn(directory, script)) {
        Err(why) => TestEnd::NotFound(why),
        Ok(child) => follow(child, limit, interrupt, say).await,
    };
    TestRun { script, end, took: started.elapsed() }
}

/// Whether the package.json there has the script.
fn declared(directory: &Path, script: &str) -> Result<(), String> {
    let path = directory.join("package.json");
    let size =
        std::fs::metadata(&path).map_err(|_| "there is no package.json here".to_owned())?.len();
    let text = (size <= MAX_BYTES).then(|| std::fs::read(&path).ok()).flatten();
    let json: Option<serde_json::Value> = text.and_then(|text| serde_json::from_slice(&text).ok());
    let json = json.ok_or("package.json cannot be read")?;
    match json["scripts"][script].is_string() {
        true => Ok(()),
        false => Err(format!("package.json has no script {script}")),
    }
}

fn spawn(directory: &Path, script: &str) -> Result<Child, String> {
    let mut command = Command::new(RUNNER);
    command.arg("run").arg(script).current_dir(directory).process_group(0).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|error| format!("{RUNNER} does not start: {error}"))
}

async fn follow(
    mut child: Child,
    limit: Duration,
    interrupt: &Interrupt,
    say: impl Fn(&str),
) -> TestEnd {
    let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let group = ProcessGroup(id);
    let (out, err) = (child.stdout.take(), child.stderr.take());
    // What a script leaves running may hold its streams open: after its own end they get a moment.
    let ended = async {
        let streams = futures_util::future::join(lines(out, &say), lines(err, &say));
        let (mut streams, mut status) = (pin!(streams), pin!(child.wait()));
        match select(&mut status, &mut streams).await {
            Either::Left((status, streams)) => {
                _ = tokio::time::timeout(LEFT_OVER, streams).await;
                status
            }
            Either::Right((_, status)) => status.await,
        }
    };
    let ended = tokio::select! {
        status = ended => Ok(status),
        () = tokio::time::sleep(limit) => Err(format!("not finished within {}", text::format_duration(limit))),
        () = interrupt.wait() => Err("not finished when interrupted".to_owned()),
    };
    drop(group);
    match ended {
        Ok(Ok(status)) => match status.code() {
            Some(code) => TestEnd::Code(code),
            None => TestEnd::Cut("ended by a signal".to_owned()),
        },
        Ok(Err(error)) => TestEnd::Cut(error.to_string()),
        Err(why) => TestEnd::Cut(why),
    }
}

async fn lines(stream: Option<impl AsyncRead + Unpin>, say: &impl Fn(&str)) {
    let Some(stream) = stream else { return };
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => say(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

//! Runs the real binary in a temporary directory with an environment of its own.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::PATIENCE;
use super::pty::Terminal;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_cliplyctl");

/// The environment that every run starts from, apart from `HOME`: nothing of the tester's own.
pub const ENVIRONMENT: [(&str, &str); 3] =
    [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TZ", "UTC"), ("LC_ALL", "C")];

/// A command line in the making, and the directory it runs in (also its home).
pub struct Cli {
    home: TempDir,
    command: Command,
    stdin: Vec<u8>,
}

/// What a run left: both streams and the exit code.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    /// Negative for a signal.
    pub code: i32,
}

impl Cli {
    /// A run of the binary with these arguments.
    pub fn new<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Cli {
        Cli::program(BINARY, args)
    }

    /// A run of some other program with these arguments.
    pub fn program<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Cli {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(ENVIRONMENT)
            .env("HOME", home.path())
            .current_dir(home.path());
        Cli { home, command, stdin: Vec::new() }
    }

    /// Adds an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Cli {
        self.command.env(name, value);
        self
    }

    /// Writes a file into the directory of the run.
    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Cli {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Text for standard input; without it the input is empty.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Cli {
        self.stdin = text.into();
        self
    }

    /// The directory of the run, and its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs to the end; may be called again.
    pub fn run(&mut self) -> Output {
        self.start().finish()
    }

    /// Starts in a terminal of `rows` × `columns` and returns at once.
    pub fn terminal(self, rows: u16, columns: u16) -> Terminal {
        Terminal::start(&self.command, self.home, rows, columns)
    }

    /// Starts and returns at once, for runs that are to be interrupted.
    pub fn start(&mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = self.stdin.clone();
        // Its own thread: a program that does not read must not block us. It may end first, too.
        thread::spawn(move || drop(stdin.write_all(&text)));
        let stdout = read_aside(child.stdout.take().unwrap());
        let stderr = read_aside(child.stderr.take().unwrap());
        Running { child, stdout, stderr }
    }
}

/// A run that has not ended.
pub struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name: `INT`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "could not send {name}");
    }

    /// Whether it has not ended yet; one that ended and was not waited for counts as ended.
    pub fn is_alive(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
    }

    /// Sends a signal unless it ended before: the child is not reaped yet, so its id is still ours.
    pub fn signal_if_alive(&self, name: &str) {
        let _ = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
    }

    /// Waits for the end; a run that hangs fails the test.
    pub fn finish(mut self) -> Output {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                let (stdout, stderr) = (self.stdout.join().unwrap(), self.stderr.join().unwrap());
                panic!("the command hangs\nstdout: {stdout}\nstderr: {stderr}");
            }
            thread::sleep(Duration::from_millis(2));
        };
        let code = code(status);
        Output { stdout: self.stdout.join().unwrap(), stderr: self.stderr.join().unwrap(), code }
    }
}

impl Output {
    /// Standard output as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:#?}"))
    }

    /// Fails with everything the run said unless it ended with `code`.
    pub fn expect_code(self, code: i32) -> Output {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(0))
}

fn read_aside(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("output in UTF-8")
    })
}

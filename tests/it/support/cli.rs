//! Runs the binary under test in a temporary directory with a fixed environment.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use clap::Parser as _;
use tempfile::TempDir;

use super::MAX_WAIT;
use super::pty::Terminal;
use super::{report_schema, suggested};

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_cliplyctl");

/// The environment of every run, in addition to `HOME`. Nothing is inherited from the caller.
pub const ENVIRONMENT: [(&str, &str); 3] =
    [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TZ", "UTC"), ("LC_ALL", "C")];

/// A command line to run, and its temporary directory, which is also its home.
pub struct Cli {
    home: TempDir,
    command: Command,
    stdin: Vec<u8>,
}

/// Standard output, standard error and exit code of a finished run.
#[derive(Debug)]
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, or the negative signal number.
    pub code: i32,
}

impl Cli {
    /// Returns a command line of the binary with these arguments.
    pub fn new<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Cli {
        Cli::program(BINARY, args)
    }

    /// Returns a command line of another program with these arguments.
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

    /// Writes a file into the directory of the command.
    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Cli {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// Sets the standard input, which is empty by default.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Cli {
        self.stdin = text.into();
        self
    }

    /// Returns the directory of the command, which is also its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Returns the name of the command if its reports must state it: not of arguments that cannot be parsed, and not of
    /// the demo, which runs other commands.
    fn spec_name(&self) -> Option<&'static str> {
        if self.command.get_program() != BINARY {
            return None;
        }
        let words = std::iter::once(self.command.get_program()).chain(self.command.get_args());
        let parsed = cliplyctl::cli::Cli::try_parse_from(words).ok()?;
        Some(parsed.command.spec().name).filter(|name| *name != "demo")
    }

    /// Runs the command to its end. May be called again.
    pub fn run(&mut self) -> Output {
        self.start().finish()
    }

    /// Starts the command in a terminal of `rows` × `columns`.
    pub fn terminal(self, rows: u16, columns: u16) -> Terminal {
        Terminal::start(&self.command, self.home, rows, columns)
    }

    /// Starts the command without waiting for its end.
    pub fn start(&mut self) -> Running {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let text = self.stdin.clone();
        // On a thread, because a program that does not read its input would block the test. The write fails if
        // the program ends first.
        thread::spawn(move || drop(stdin.write_all(&text)));
        let stdout = read_in_background(child.stdout.take().unwrap());
        let stderr = read_in_background(child.stderr.take().unwrap());
        let arguments = match self.command.get_program() == BINARY {
            true => {
                self.command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
            }
            false => vec![],
        };
        Running { child, stdout, stderr, command: self.spec_name(), arguments }
    }
}

/// A running command.
pub struct Running {
    child: Child,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    command: Option<&'static str>,
    /// The arguments of the binary under test.
    arguments: Vec<String>,
}

impl Running {
    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name: `INT`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "could not send {name}");
    }

    /// Whether the process is still running. A zombie process has ended.
    pub fn is_alive(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        stat.rsplit(')')
            .next()
            .is_some_and(|rest| !rest.trim().is_empty() && !rest.trim().starts_with('Z'))
    }

    /// Sends a signal unless the process has ended. It is not reaped yet, so its id was not reused.
    pub fn signal_if_alive(&self, name: &str) {
        let _ = Command::new("kill").args(["-s", name, &self.id().to_string()]).status();
    }

    /// Waits for the end and returns the output. Fails the test after [`MAX_WAIT`].
    pub fn finish(mut self) -> Output {
        let deadline = Instant::now() + MAX_WAIT;
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
        let stdout = self.stdout.join().unwrap();
        let stderr = self.stderr.join().unwrap();
        report_schema::assert_described(&stdout, self.command);
        suggested::assert_usable(&self.arguments, &stdout, &stderr);
        Output { stdout, stderr, code }
    }
}

impl Output {
    /// Parses standard output as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {self:#?}"))
    }

    /// Fails with the whole output unless the exit code is `code`.
    pub fn expect_code(self, code: i32) -> Output {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| -status.signal().unwrap_or(0))
}

fn read_in_background(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("output in UTF-8")
    })
}

//! A pseudo-terminal for tests of prompts, colors, widths and screens.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::wait_until;

/// A program that runs in a pseudo-terminal. Dropping it kills the program.
pub struct Terminal {
    home: TempDir,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Arc<Mutex<Output>>,
    reader: Option<JoinHandle<()>>,
    /// The terminal modes before the program started.
    modes: String,
}

struct Output {
    raw: Vec<u8>,
    screen: vt100::Parser,
}

impl Terminal {
    pub(super) fn start(command: &Command, home: TempDir, rows: u16, columns: u16) -> Terminal {
        let pair = native_pty_system().openpty(size(rows, columns)).unwrap();
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        for (name, value) in command.get_envs() {
            builder.env(name, value.unwrap_or_default());
        }
        if builder.get_env("TERM").is_none() {
            builder.env("TERM", "xterm-256color");
        }
        builder.cwd(command.get_current_dir().unwrap());
        let modes = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave); // This copy would keep the terminal open after the program ends.
        let screen = vt100::Parser::new(rows, columns, 1000);
        let output = Arc::new(Mutex::new(Output { raw: Vec::new(), screen }));
        let reader = read_output(pair.master.try_clone_reader().unwrap(), Arc::clone(&output));
        let keyboard = pair.master.take_writer().unwrap();
        let (master, reader) = (pair.master, Some(reader));
        Terminal { home, child, master, keyboard, output, reader, modes }
    }

    /// Returns the directory of the command, which is also its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Types text; `\r` is the Enter key, `\x03` is Ctrl-C.
    pub fn type_text(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Changes the size of the window. The program receives SIGWINCH.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.output.lock().unwrap().screen.screen_mut().set_size(rows, columns);
        self.master.resize(size(rows, columns)).unwrap();
    }

    /// Sends a signal to the program by name.
    pub fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until the screen shows `text`.
    pub fn wait_for(&self, text: &str) {
        let ended = || self.reader.as_ref().is_none_or(JoinHandle::is_finished);
        wait_until(&format!("the screen shows {text:?}"), || {
            ended() || self.screen().contains(text)
        });
        assert!(
            self.screen().contains(text),
            "{text:?} never came; the screen:\n{}",
            self.screen()
        );
    }

    /// Returns the text on the screen without colors and trailing blanks.
    pub fn screen(&self) -> String {
        self.output.lock().unwrap().screen.screen().contents()
    }

    /// Returns the result of `look` if the last output is `end`. A program that ends each frame with it is
    /// never read in the middle of a frame.
    pub fn at_frame_end<T>(&self, end: &str, look: impl FnOnce(&vt100::Screen) -> T) -> Option<T> {
        let output = self.output.lock().unwrap();
        output.raw.ends_with(end.as_bytes()).then(|| look(output.screen.screen()))
    }

    /// Returns the whole output, with escape sequences.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap().raw).into_owned()
    }

    /// Whether the terminal modes are those from before the start, such as echo and signals.
    pub fn has_initial_modes(&self) -> bool {
        modes(self.master.as_ref()) == self.modes
    }

    /// Waits for the end and returns the exit code.
    pub fn finish(&mut self) -> u32 {
        let mut status = None;
        wait_until("the program in the terminal ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        // The reader may not have read the last output yet.
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status.unwrap().exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

/// Reads until the terminal closes, which is an error (EIO) on Linux and an end of file on macOS.
fn read_output(mut reader: Box<dyn Read + Send>, output: Arc<Mutex<Output>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            let mut output = output.lock().unwrap();
            output.raw.extend_from_slice(&buffer[..read]);
            output.screen.process(&buffer[..read]);
        }
    })
}

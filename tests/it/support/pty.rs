//! A real terminal: prompts, colours, widths and screens as a person meets them.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::wait_until;

/// A program running in a pseudo-terminal; killed when dropped.
pub struct Terminal {
    home: TempDir,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Arc<Mutex<Output>>,
    reader: Option<JoinHandle<()>>,
    /// How the line was set before the program began.
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
        drop(pair.slave); // ours would keep the terminal open after the program's end
        let screen = vt100::Parser::new(rows, columns, 1000);
        let output = Arc::new(Mutex::new(Output { raw: Vec::new(), screen }));
        let reader = follow(pair.master.try_clone_reader().unwrap(), Arc::clone(&output));
        let keyboard = pair.master.take_writer().unwrap();
        let (master, reader) = (pair.master, Some(reader));
        Terminal { home, child, master, keyboard, output, reader, modes }
    }

    /// The directory of the run, and its home.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Types text; `\r` is the Enter key, `\x03` is Ctrl-C.
    pub fn type_text(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Makes the window another size; the program gets SIGWINCH.
    pub fn resize(&mut self, rows: u16, columns: u16) {
        self.output.lock().unwrap().screen.screen_mut().set_size(rows, columns);
        self.master.resize(size(rows, columns)).unwrap();
    }

    /// Sends the program a signal by name.
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

    /// What the screen shows, without colours; trailing blanks are cut.
    pub fn screen(&self) -> String {
        self.output.lock().unwrap().screen.screen().contents()
    }

    /// What a look at the cells shows, where the last that was written is `end`: a program that ends
    /// each of its frames with it is not met in the middle of one.
    pub fn between<T>(&self, end: &str, look: impl FnOnce(&vt100::Screen) -> T) -> Option<T> {
        let output = self.output.lock().unwrap();
        output.raw.ends_with(end.as_bytes()).then(|| look(output.screen.screen()))
    }

    /// Everything that was written, escape sequences included.
    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().unwrap().raw).into_owned()
    }

    /// Whether the line is set as before the program began: what is typed is echoed, Ctrl-C a signal.
    pub fn has_its_modes(&self) -> bool {
        modes(self.master.as_ref()) == self.modes
    }

    /// Waits for the end; returns the exit code.
    pub fn finish(&mut self) -> u32 {
        let mut status = None;
        wait_until("the program in the terminal ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        // The last output is on its way still.
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

/// Reads until the terminal closes. Linux reports that as an error (EIO), macOS as an end of file.
fn follow(mut reader: Box<dyn Read + Send>, output: Arc<Mutex<Output>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            let mut output = output.lock().unwrap();
            output.raw.extend_from_slice(&buffer[..read]);
            output.screen.process(&buffer[..read]);
        }
    })
}

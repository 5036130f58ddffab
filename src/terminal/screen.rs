//! The full-screen display. The screen is restored however the process ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::backend::Backend as _;
use ratatui::crossterm::event;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// An event of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(KeyPress),
    /// The window has been resized.
    Resized,
    /// The terminal is closed.
    Closed,
}

/// The full screen, restored when dropped. A panic restores it before its message is printed.
pub struct Screen {
    terminal: DefaultTerminal,
    inputs: UnboundedReceiver<Input>,
    is_closed: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

/// How often the thread that reads the keys checks whether the screen was closed.
const CLOSE_CHECK: Duration = Duration::from_millis(100);

impl Screen {
    /// Opens the full screen.
    ///
    /// # Errors
    /// Returns an error if the terminal does not support it.
    pub fn open() -> io::Result<Self> {
        let mut terminal = ratatui::try_init().inspect_err(|_| ratatui::restore())?;
        // Not every terminal clears its second screen; what another command printed must not show through.
        // `Terminal::clear` also asks for the position of the cursor, which some terminals do not answer.
        terminal.backend_mut().clear().inspect_err(|_| ratatui::restore())?;
        let (sender, inputs) = unbounded_channel();
        let is_closed = Arc::new(AtomicBool::new(false));
        // Reading blocks, so it needs a thread of its own. It ends with the screen: a prompt may read next.
        let stop = Arc::clone(&is_closed);
        let reader = std::thread::spawn(move || read_inputs(&sender, &stop));
        Ok(Self { terminal, inputs, is_closed, reader: Some(reader) })
    }

    /// Draws a frame.
    ///
    /// # Errors
    /// Returns an error if the terminal is closed.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(paint).map(|_| ())
    }

    /// Waits for the next event.
    pub(crate) async fn input(&mut self) -> Input {
        self.inputs.recv().await.unwrap_or(Input::Closed)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            // An error is a panic of that thread, which the panic hook has printed.
            _ = reader.join();
        }
        ratatui::restore();
    }
}

/// Sends the events of the terminal until the screen is closed.
fn read_inputs(sender: &UnboundedSender<Input>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let event = match event::poll(CLOSE_CHECK) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        let input = match event {
            Ok(Event::Key(key)) => match key_press(key) {
                Some(key) => Input::Key(key),
                None => continue,
            },
            Ok(Event::Resize(..)) => Input::Resized,
            Ok(_) => continue,
            Err(_) => Input::Closed,
        };
        if sender.send(input).is_err() || input == Input::Closed {
            return;
        }
    }
}

/// Returns the key if it has a meaning. Releases, which some terminals report, are ignored.
fn key_press(key: KeyEvent) -> Option<KeyPress> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if control => Some(KeyPress::Interrupt),
        KeyCode::Char(_) if control => None,
        KeyCode::Char(c) => Some(KeyPress::Char(c)),
        KeyCode::Up => Some(KeyPress::Up),
        KeyCode::Down => Some(KeyPress::Down),
        KeyCode::PageUp => Some(KeyPress::PageUp),
        KeyCode::PageDown => Some(KeyPress::PageDown),
        KeyCode::Enter => Some(KeyPress::Enter),
        KeyCode::Esc => Some(KeyPress::Escape),
        KeyCode::Tab => Some(KeyPress::Tab),
        KeyCode::BackTab => Some(KeyPress::BackTab),
        KeyCode::Backspace => Some(KeyPress::Backspace),
        _ => None,
    }
}

/// A key, independent of the encoding of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPress {
    /// A character.
    Char(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Ctrl-C.
    Interrupt,
}

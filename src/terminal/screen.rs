//! The full-screen display. The screen is restored however the process ends.

use std::io;

use ratatui::crossterm::event;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

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
}

impl Screen {
    /// Opens the full screen.
    ///
    /// # Errors
    /// Returns an error if the terminal does not support it.
    pub fn open() -> io::Result<Self> {
        let terminal = ratatui::try_init()?;
        let (sender, inputs) = unbounded_channel();
        // Reading blocks, so it needs a thread of its own, which ends with the process.
        std::thread::spawn(move || {
            loop {
                let input = match event::read() {
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
        });
        Ok(Self { terminal, inputs })
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
        ratatui::restore();
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
    /// Ctrl-C.
    Interrupt,
}

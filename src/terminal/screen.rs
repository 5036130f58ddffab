//! The whole screen, for as long as somebody watches. Whatever ends us gives it back.

use std::io;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::{DefaultTerminal, Frame};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::terminal::KeyPress;

/// What comes from the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(KeyPress),
    /// The window has another size.
    Resized,
    /// The terminal is gone.
    Gone,
}

/// The screen. Dropped, it is given back; a panic gives it back before it is told.
pub struct Screen {
    terminal: DefaultTerminal,
    inputs: UnboundedReceiver<Input>,
}

impl Screen {
    /// Takes the screen.
    ///
    /// # Errors
    /// When the terminal does not let us.
    pub fn open() -> io::Result<Self> {
        let terminal = ratatui::try_init()?;
        let (tell, inputs) = unbounded_channel();
        // Reading blocks: a thread of its own, which ends with the process.
        std::thread::spawn(move || {
            loop {
                let input = match event::read() {
                    Ok(Event::Key(key)) => match read(key) {
                        Some(key) => Input::Key(key),
                        None => continue,
                    },
                    Ok(Event::Resize(..)) => Input::Resized,
                    Ok(_) => continue,
                    Err(_) => Input::Gone,
                };
                if tell.send(input).is_err() || input == Input::Gone {
                    return;
                }
            }
        });
        Ok(Self { terminal, inputs })
    }

    /// Paints.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(paint).map(|_| ())
    }

    /// Waits for the person.
    pub async fn input(&mut self) -> Input {
        self.inputs.recv().await.unwrap_or(Input::Gone)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// The keys that mean something; terminals that tell of releases are not heard twice.
fn read(key: KeyEvent) -> Option<KeyPress> {
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

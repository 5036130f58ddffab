//! A key, independent of the terminal's encoding.

/// A key, independent of the terminal's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPress {
    /// A character.
    Char(char),
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// The next list.
    Tab,
    /// The list before.
    BackTab,
    /// Ctrl-C.
    Interrupt,
}

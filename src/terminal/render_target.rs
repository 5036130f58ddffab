//! The properties of the output that a renderer writes for.

/// Properties of the output that a renderer writes for.
#[derive(Debug, Clone, Copy, Default)]
pub struct RenderTarget {
    /// Whether colors are written.
    pub(crate) color: bool,
    /// Width of the terminal in columns; `None` if piped: nothing is wrapped or truncated.
    pub(crate) width: Option<u16>,
}

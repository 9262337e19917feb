//! How wide the terminal is.

use std::io::IsTerminal;

/// So many columns where nobody knows better: in a file or a pipe the same for everybody.
const WIDTH: usize = 118;

/// In how many columns a table has to fit.
pub fn width() -> usize {
    if !std::io::stdout().is_terminal() {
        return WIDTH;
    }
    terminal_size::terminal_size_of(std::io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

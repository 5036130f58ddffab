//! The binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic has been told by then; 101 is in no table of ours.
    std::panic::catch_unwind(cliplyctl::run).unwrap_or(cliplyctl::exit::ExitCode::Bug).into()
}

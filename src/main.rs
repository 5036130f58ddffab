//! The `cliplyctl` binary. The implementation is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The panic hook has printed the panic. Rust's exit code 101 is not one of the documented codes.
    std::panic::catch_unwind(cliplyctl::run).unwrap_or(cliplyctl::exit::ExitCode::Bug).into()
}

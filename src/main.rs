//! The program: hands the command line to `cli` and its answer to the shell.

mod cli;

use cap::Cap;
use std::alloc::System;
use std::process::ExitCode;

/// The system's allocator, which counts what it gives out: `--max-memory` is held by looking at that.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn main() -> ExitCode {
    cli::main()
}

//! The command `pyclean-rs` of the Python package, which runs the `pyclean` beside it.
//! `uvx pyclean-rs` needs a command with the name of the package.

use std::env::{self, consts::EXE_SUFFIX};
use std::io;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: cannot run the pyclean beside pyclean-rs: {error}");
            // pip removes it together with the pyclean from PyPI, which has the same command.
            if error.kind() == io::ErrorKind::NotFound {
                eprintln!("tip: to install it again: pip install --force-reinstall pyclean-rs");
            }
            ExitCode::from(2)
        }
    }
}

fn run() -> io::Result<ExitCode> {
    let program = env::current_exe()?.with_file_name(format!("pyclean{EXE_SUFFIX}"));
    let mut command = Command::new(program);
    command.args(env::args_os().skip(1));
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    {
        // Ctrl-C reaches both programs. This one must wait until the other has ended.
        ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
        let code = command.status()?.code().unwrap_or(2);
        std::process::exit(code)
    }
}

//! `cargo run -p redgrease-book -- API OUT`: builds the book. `API` is the folder that `cargo doc` has written.

use redgrease_book::{Request, build};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let (Some(api), Some(out), None) = (words.next(), words.next(), words.next()) else {
        eprintln!("usage: redgrease-book API OUT: run `cargo xtask book`, which gives both");
        return ExitCode::from(2);
    };
    let request = Request {
        api: api.into(),
        out: out.into(),
    };
    match build(&request) {
        Ok(()) => {
            println!("{}", request.out.join("index.html").display());
            ExitCode::SUCCESS
        }
        Err(problems) => {
            eprintln!("{problems}");
            ExitCode::FAILURE
        }
    }
}

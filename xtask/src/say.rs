//! Prints lines for people. `println!` panics when the reader of a pipe has ended, as in `cargo xtask help | head`.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Prints a line to the output.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::say::line(&mut ::std::io::stdout().lock(), format_args!($($words)*))
    };
}

/// Prints a line about what goes on, beside the output.
macro_rules! note {
    ($($words:tt)*) => {
        $crate::say::line(&mut ::std::io::stderr().lock(), format_args!($($words)*))
    };
}

pub(crate) use {note, say};

/// Writes a line. Nobody reads it if that fails, and the command goes on.
pub(crate) fn line(to: &mut impl Write, words: Arguments<'_>) {
    let _: io::Result<()> = writeln!(to, "{words}").and_then(|()| to.flush());
}

#[cfg(test)]
mod tests {
    use super::line;
    use std::io::{self, Write};

    /// A pipe whose reader has ended.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_may_end_before_the_text() {
        line(&mut Closed, format_args!("a line"));
        let mut text = Vec::new();
        line(&mut text, format_args!("a {}", "line"));
        assert_eq!(text, b"a line\n");
    }

    /// All files of this program print with the macros of this one.
    #[test]
    fn no_file_prints_otherwise() {
        let mut folders = vec![std::path::PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src"
        ))];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("src/say.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for word in ["println!(", "print!("] {
                        assert!(!text.contains(word), "{}: {word}", path.display());
                    }
                }
            }
        }
    }
}

//! The configuration file of a server.

use crate::{Error, ErrorKind, Result};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The text of a configuration file, with one directive per line.
#[derive(Debug, Default)]
pub(crate) struct Config(String);

impl Config {
    /// Adds a directive with quoted values, which may contain any bytes.
    pub(crate) fn quoted<'a>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = &'a [u8]>,
    ) -> &mut Self {
        self.0.push_str(name);
        for value in values {
            self.0.push(' ');
            quote(value, &mut self.0);
        }
        self.0.push('\n');
        self
    }

    /// Adds a directive with a path.
    pub(crate) fn path(&mut self, name: &str, path: &Path) -> &mut Self {
        self.quoted(name, [path.as_os_str().as_bytes()])
    }

    /// Adds a directive without quoting.
    ///
    /// # Errors
    /// `InvalidOption` if the result is not exactly one line.
    pub(crate) fn line(&mut self, name: &str, value: &str) -> Result<&mut Self> {
        let one_line = |text: &str| !text.contains(['\n', '\r', '\0']);
        if name.is_empty() || name.contains(char::is_whitespace) || !one_line(value) {
            return Err(Error::new(
                ErrorKind::InvalidOption,
                format!(
                    "{name:?} {value:?} is not a line of a Redis configuration: give the name of \
                     one directive, and its value without line breaks"
                ),
            ));
        }
        let _ = writeln!(self.0, "{name} {value}");
        Ok(self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes `bytes` in double quotes, with the escapes of Redis' configuration parser.
fn quote(bytes: &[u8], out: &mut String) {
    out.push('"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_special_characters_are_quoted() {
        let mut config = Config::default();
        config.quoted(
            "loadmodule",
            [&b"/a b/\"x\\y"[..], b"", "\u{e9}\n".as_bytes()],
        );
        assert_eq!(
            config.as_str(),
            "loadmodule \"/a b/\\\"x\\\\y\" \"\" \"\\xc3\\xa9\\x0a\"\n"
        );
    }

    #[test]
    fn line_breaks_are_refused() {
        let mut config = Config::default();
        config.line("save", "60 1 300 10").unwrap();
        assert_eq!(config.as_str(), "save 60 1 300 10\n");
        for (name, value) in [("save", "1\nport 1"), ("a b", "c"), ("", "x"), ("x", "a\0")] {
            let error = config.line(name, value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOption, "{name:?} {value:?}");
        }
    }
}

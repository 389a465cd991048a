//! Scripts in files.

use super::literal::text;
use crate::error::{Error, Result};
use std::fmt;
use std::ops::Deref;
use std::path::Path;

/// A script from a file. Tracebacks name the file and show its lines.
///
/// ```no_run
/// use redgrease_core::{GearsCommands, ScriptFile, connect};
///
/// let mut con = connect("redis://127.0.0.1/")?;
/// let total: i64 = con.pyexecute(&ScriptFile::read("gears/count.py")?)?.into_value()?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptFile(String);

impl ScriptFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not UTF-8.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let source = std::fs::read_to_string(path)
            .map_err(|e| Error::config(format!("the script {}: {e}", path.display())))?;
        Ok(Self::new(&path.display().to_string(), &source))
    }

    /// A script that tracebacks call `name`.
    pub fn new(name: &str, source: &str) -> Self {
        let (name, source) = (text(name), text(source.trim_start_matches('\u{feff}')));
        // The server does not have the file, so its lines are put into `linecache` for tracebacks.
        ScriptFile(format!(
            "(lambda file, source: (__import__('linecache').cache.__setitem__(file, (1, None, \
             source.splitlines(True), file)), exec(compile(source, file, 'exec'), globals())))({name}, {source})\n"
        ))
    }
}

/// The script as it is sent.
impl Deref for ScriptFile {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// The script as it is sent.
impl fmt::Display for ScriptFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

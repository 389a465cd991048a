//! Scripts and other input: files, the standard input, words of the command line.

use crate::app::App;
use crate::failure::Failure;
use crate::output::Source;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

/// Reads a text file. Its name is for people.
pub(crate) fn read_file(path: &Path) -> Result<Source, Failure> {
    let text = std::fs::read(path).map_err(|e| unreadable(path, &e))?;
    let text = String::from_utf8(text).map_err(|_| {
        Failure::failed(format!(
            "{} is not text in UTF-8: save it as UTF-8",
            path.display()
        ))
    })?;
    Ok(Source {
        name: path.display().to_string(),
        // An editor of Windows may have written a mark, which Python refuses.
        text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(),
    })
}

pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| match e.kind() {
        io::ErrorKind::IsADirectory => Failure::failed(format!(
            "{} is a directory: name a file in it",
            path.display()
        )),
        _ => unreadable(path, &e),
    })
}

/// Reads the standard input to its end.
pub(crate) fn read_stdin(app: &App, what: &str) -> Result<Vec<u8>, Failure> {
    if io::stdin().is_terminal() {
        app.out.note(format_args!(
            "reading {what} from the terminal: Ctrl-D on an empty line ends it"
        ));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|e| {
        Failure::failed(format!(
            "the standard input cannot be read ({e}): give the name of a file"
        ))
    })?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "check its permissions",
        io::ErrorKind::IsADirectory => "name a file, or load the directory with `redgrease sync`",
        _ => "check the file",
    };
    Failure::failed(format!(
        "{} cannot be read ({error}): {remedy}",
        path.display()
    ))
}

//! Reads `python!(file = "..")`: a Python module that defines the gear's function.

use super::text::{Origin, PythonText};
use super::{Block, in_editor};
use crate::report::Errors;
use proc_macro2::TokenTree;
use quote::ToTokens;
use redgrease_syntax::{Form, Mistake};
use std::path::Path;
use std::{env, fs, io};
use syn::LitStr;

pub(super) fn read(path: &TokenTree, errors: &mut Errors) -> Option<Block> {
    let Ok(literal) = syn::parse2::<LitStr>(path.to_token_stream()) else {
        errors.at(path.span(), Mistake::NotAPath);
        return None;
    };
    open(&literal, Form::Module, errors)
}

/// Reads a file, relative to the directory of `Cargo.toml`.
pub(super) fn open(literal: &LitStr, form: Form, errors: &mut Errors) -> Option<Block> {
    if in_editor(literal.span()) {
        return Some(Block::Unseen);
    }
    let written = literal.value();
    // Cargo sets it. Without cargo the path is relative to the working directory of rustc.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let absolute = Path::new(&package).join(&written);
    let text = match fs::read(&absolute).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        unreadable => {
            let reason = match unreadable {
                Err(_) if written.is_empty() => "write the path of a Python file".to_owned(),
                Err(error) => why(&error),
                Ok(_) => "the file is not UTF-8, save it as UTF-8".to_owned(),
            };
            let path = match &*written {
                "" => "an empty path".to_owned(),
                _ => format!("`{written}`"),
            };
            errors.at(literal.span(), Mistake::FileUnreadable { path, reason });
            return None;
        }
    };
    Some(Block::Python(PythonText {
        // Python skips a byte order mark at the beginning of a file, but not of a string.
        text: text
            .strip_prefix('\u{feff}')
            .map_or(text.clone(), str::to_owned),
        form,
        file: as_rustc_names(&absolute, &written),
        line: 1,
        captures: Vec::new(),
        watched: absolute.to_str().map(str::to_owned),
        origin: Origin::Whole {
            token: literal.span(),
            column: Some(0),
        },
    }))
}

/// The cause of an error and its remedy.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "there is no such file, write a path relative to the directory of `Cargo.toml`"
                .to_owned()
        }
        io::ErrorKind::IsADirectory => "it is a directory, write the path of a file".to_owned(),
        _ => error.to_string(),
    }
}

/// The path relative to the workspace, like the paths of Rust files. Tracebacks then do not contain the
/// directories of the build machine.
fn as_rustc_names(absolute: &Path, written: &str) -> String {
    let here = env::current_dir().unwrap_or_default();
    absolute
        .strip_prefix(&here)
        .map_or(written.to_owned(), |path| path.display().to_string())
}

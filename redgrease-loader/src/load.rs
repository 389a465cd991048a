//! The way of one load: the arguments, the choice of the Python, the libraries, the engine.

use crate::arguments;
use crate::choice::{self, Python};
use crate::engines::Engines;
use crate::failure::Failure;
use crate::places::Surroundings;
use std::path::{Path, PathBuf};

/// What is to be opened.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) python: Python,
    /// The engine file.
    pub(crate) engine: PathBuf,
    /// Where the name and the value stand among the arguments that the engine must not see.
    pub(crate) without: Option<usize>,
}

/// Decides which Python and which engine are opened. Opens neither.
pub(crate) fn decide(loader: &Path, words: &[&[u8]]) -> Result<Decision, Failure> {
    let loader = loader.canonicalize().unwrap_or_else(|_| loader.to_owned());
    let engines = Engines::beside(&loader)?;
    engines.check()?;
    let argument = arguments::chosen(words)?;
    let without = argument.as_ref().map(|argument| argument.at);
    let surroundings = Surroundings::of_process(loader);
    let python = choice::choose(argument, &surroundings, &engines)?;
    let engine = engines.engine(python.minor)?;
    Ok(Decision {
        python,
        engine,
        without,
    })
}

//! The decision of one load: from the module's arguments to the Python and the engine that are opened.

use crate::arguments;
use crate::choice;
use crate::engines::Engines;
use crate::failure::Failure;
use crate::places::Surroundings;
use crate::system::Decision;
use std::path::Path;

/// Decides which Python and which engine are opened. Opens neither.
pub(crate) fn decide(loader: &Path, words: &[&[u8]]) -> Result<Decision, Failure> {
    let named = std::path::absolute(loader).unwrap_or_else(|_| loader.to_owned());
    let loader = crate::system::canonical(loader).unwrap_or_else(|| loader.to_owned());
    let engines = Engines::beside(&loader)?;
    engines.check()?;
    let argument = arguments::chosen(words)?;
    let without = argument.as_ref().map(|argument| argument.at);
    let surroundings = Surroundings::of_process(named, loader);
    let python = choice::choose(argument, &surroundings, &engines)?;
    let engine = engines.engine(python.minor)?;
    Ok(Decision {
        program: python.program,
        minor: python.minor,
        libpython: python.libpython,
        engine,
        without,
    })
}

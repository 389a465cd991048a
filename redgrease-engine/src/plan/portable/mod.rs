//! A plan and its source as bytes, for another shard of a cluster.
//!
//! All functions are in one pickle, so that they share what they shared before: a class that one step makes objects of is the
//! class that the next step looks for.

use super::{KeysSource, Plan, Reader, Source, Words};
use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number};
use crate::python::{Callback, Gil, pickle_together, unpickle_together};
use crate::steps::Step;
use std::vec;

/// The first byte: the version of the format.
const FORMAT: u8 = 1;

/// The error for a source that only the shard of its event can read.
const NOT_PORTABLE: &str = "the records of an event are read on the shard of the event: give the other shards an empty source";

impl Plan {
    /// The plan and its source as bytes. The functions are pickled, which runs their Python: the thread does not hold the
    /// server's lock.
    ///
    /// # Errors
    /// The reason why a function cannot be pickled, in the words that scripts for RedisGears know.
    pub(crate) fn to_portable(&self, py: Gil<'_>, source: &Source) -> Result<Vec<u8>, String> {
        let functions: Vec<&Callback> = self.functions().chain(source.function()).collect();
        let mut out = vec![FORMAT];
        write_bytes(&mut out, &pickle_together(py, &functions)?);
        write_bytes(&mut out, self.reader.as_str().as_bytes());
        write_number(&mut out, self.steps.len() as u64);
        for step in self.steps.iter() {
            step.operation().encode(&mut out)?;
        }
        write_source(&mut out, source)?;
        Ok(out)
    }

    /// Reads the bytes of [`Plan::to_portable`]. The functions import the modules that they use: the thread has the rights
    /// and the packages of their session, and it does not hold the server's lock.
    ///
    /// # Errors
    /// The reason as a text. It does not name the shard.
    pub(crate) fn from_portable(py: Gil<'_>, bytes: &[u8]) -> Result<(Plan, Source), String> {
        let mut input = Input::of_format(bytes, FORMAT).map_err(unreadable)?;
        let functions = unpickle_together(py, input.bytes().map_err(unreadable)?)
            .map_err(|why| format!("the functions of the plan could not be read: {why}"))?;
        let mut functions = functions.into_iter();
        let parts = read_parts(&mut input, &mut functions).map_err(unreadable)?;
        if functions.next().is_some() {
            return Err(unreadable(Damaged::Wrong));
        }
        Ok(parts)
    }
}

fn read_parts(
    input: &mut Input<'_>,
    functions: &mut vec::IntoIter<Callback>,
) -> Result<(Plan, Source), Damaged> {
    let mut function = || functions.next().ok_or(Damaged::Wrong);
    let reader = Reader::parse(&input.text()?).ok_or(Damaged::Wrong)?;
    let steps = input.many(|input| Step::decode(input, &mut |_| function()))?;
    let steps = steps.into();
    let source = read_source(input, function)?;
    input.end((Plan::new(reader, steps), source))
}

fn unreadable(damaged: Damaged) -> String {
    let why = match damaged {
        Damaged::Newer => "a newer engine wrote it",
        Damaged::Cut => "it is cut short",
        Damaged::Wrong => "it is damaged",
    };
    format!("the plan could not be read: {why}: use the same version of the engine on all shards")
}

fn write_source(out: &mut Vec<u8>, source: &Source) -> Result<(), String> {
    match source {
        Source::Keys(keys) => {
            out.push(b'k');
            write_bytes(out, &keys.pattern);
            write_flag(out, keys.exact);
            write_flag(out, keys.read_value);
        }
        Source::Python(_) => out.push(b'p'),
        Source::Repeated(_) => out.push(b'r'),
        Source::Command(words) => {
            out.push(b'c');
            let words = words.iter();
            write_number(out, words.len() as u64);
            words.for_each(|word| write_bytes(out, word));
        }
        Source::Stream { stream, from } => {
            out.push(b's');
            write_bytes(out, stream);
            write_bytes(out, from);
        }
        Source::Nothing => out.push(b'n'),
        Source::Key(_) | Source::Messages(_) | Source::Call(_) => {
            return Err(NOT_PORTABLE.to_owned());
        }
    }
    Ok(())
}

fn read_source(
    input: &mut Input<'_>,
    mut function: impl FnMut() -> Result<Callback, Damaged>,
) -> Result<Source, Damaged> {
    Ok(match input.tag()? {
        b'k' => Source::Keys(KeysSource {
            pattern: input.bytes()?.to_vec(),
            exact: input.flag()?,
            read_value: input.flag()?,
        }),
        b'p' => Source::Python(function()?),
        b'r' => Source::Repeated(function()?),
        b'c' => {
            let mut words = Words::default();
            for word in input.many(Input::bytes)? {
                words.push(word);
            }
            Source::Command(words)
        }
        b's' => Source::Stream {
            stream: input.bytes()?.to_vec(),
            from: input.bytes()?.to_vec(),
        },
        b'n' => Source::Nothing,
        _ => return Err(Damaged::Wrong),
    })
}

#[cfg(test)]
mod tests;

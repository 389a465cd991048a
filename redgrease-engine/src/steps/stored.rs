//! Steps as stored bytes: each function of a step has bytes of its own.

use super::Step;
use crate::encoding::{Damaged, Input, write_bytes};
use crate::python::{Callback, Holder, pickle, unpickle};

/// Gives the next function of a step that is read. It may read the function from the bytes behind the step.
pub(crate) type ReadFunction<'a, E> = dyn FnMut(&mut Input<'_>) -> Result<Callback, E> + 'a;

/// Writes a step and its functions. An error is the reason why a function cannot be stored.
pub(crate) fn encode_stored(step: &Step, out: &mut Vec<u8>) -> Result<(), String> {
    let operation = step.operation();
    operation.encode(out)?;
    for function in operation.functions() {
        write_bytes(out, &pickle(function)?);
    }
    Ok(())
}

/// Reads a step that [`encode_stored`] wrote. The thread holds the server's lock.
pub(crate) fn decode_stored(input: &mut Input<'_>) -> Result<Step, String> {
    Step::decode(input, &mut |input| {
        let bytes = input.bytes().map_err(Damaged::message)?;
        unpickle(bytes, Holder::Restored)
    })
}

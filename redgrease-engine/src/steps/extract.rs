//! The keys that extractors return.

use crate::python::{Callback, Object, Raised, coroutine_refused, is_coroutine};

/// The value that an extractor returns for a record. An extractor cannot be `async`.
pub(super) fn extracted<'py>(
    extractor: &Callback,
    record: &Object<'py>,
) -> Result<Object<'py>, Raised> {
    let key = extractor.call1(record)?;
    if is_coroutine(&key) {
        return Err(coroutine_refused(&key, "extractor"));
    }
    Ok(key)
}

//! From what was written to a gear about which nothing is left to complain.
//!
//! | module | what it judges |
//! |---|---|
//! | `keys` | values of the attribute, and how they go together |
//! | `signature` | what kind of function it is, names of arguments |
//! | `types` | types of arguments and result, as far as their spelling tells |
//! | `python` | the Python |

mod keys;
mod python;
mod signature;
mod types;

pub(crate) use keys::Options;
pub(crate) use python::Python;
pub(crate) use signature::{Argument, Header};
pub(crate) use types::value_of_result;

use crate::parse::Input;
use crate::report::Errors;
use syn::{Attribute, Visibility};

/// A gear that can be expanded.
pub(crate) struct Gear<'a> {
    pub(crate) attributes: &'a [Attribute],
    pub(crate) visibility: &'a Visibility,
    pub(crate) header: Header<'a>,
    pub(crate) options: Options<'a>,
    pub(crate) python: Python<'a>,
}

/// Judges everything. `None` if the signature is such that no gear can be made of it; other mistakes
/// are in `errors` and leave a gear that is good enough to check the rest of the crate against.
pub(crate) fn command<'a>(input: &'a Input, errors: &mut Errors) -> Option<Gear<'a>> {
    let header = signature::header(&input.signature, errors);
    let options = keys::options(&input.keys, &input.signature, errors);
    let header = header?;
    let python = python::python(input.block.as_ref(), &header, &options, errors);
    Some(Gear {
        attributes: &input.attributes,
        visibility: &input.visibility,
        header,
        options,
        python,
    })
}

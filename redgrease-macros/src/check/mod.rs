//! From what was written to a gear about which nothing is left to complain.
//!
//! | module | what it judges |
//! |---|---|
//! | `keys` | values of the keys every gear has |
//! | `role` | what the gear is on the server, and how the keys for that go together |
//! | `signature` | what kind of function it is, names of arguments |
//! | `types` | types of arguments and result, as far as their spelling tells |
//! | `python` | the Python of a gear |
//! | `shared` | the Python several gears share, and what runs when they are registered |
//! | `callback` | functions for steps |
//! | `function` | `#[gear]` on a function that is Rust |

mod callback;
mod function;
mod keys;
mod python;
mod role;
mod shared;
mod signature;
mod types;

pub(crate) use callback::{Callback, callback};
pub(crate) use function::{Function, function};
pub(crate) use keys::Options;
pub(crate) use python::Python;
pub(crate) use role::{Name, Role};
pub(crate) use shared::{Module, Setup, Shared, SharedModule, shared_module};
pub(crate) use signature::{Argument, Header};
pub(crate) use types::value_of_result;

use crate::parse::{Input, Kind};
use crate::report::Errors;
use redgrease_syntax::Generators;
use syn::{Attribute, Visibility};

/// A gear that can be expanded.
pub(crate) struct Gear<'a> {
    pub(crate) attributes: &'a [Attribute],
    pub(crate) visibility: &'a Visibility,
    pub(crate) kind: Kind,
    pub(crate) role: Role,
    pub(crate) header: Header<'a>,
    pub(crate) options: Options<'a>,
    pub(crate) module: Option<Module<'a>>,
    pub(crate) setup: Option<Setup<'a>>,
    pub(crate) python: Python<'a>,
}

/// Judges everything. `None` if the signature is such that no gear can be made of it; other mistakes
/// are in `errors` and leave a gear that is good enough to check the rest of the crate against.
pub(crate) fn gear<'a>(input: &'a Input, errors: &mut Errors) -> Option<Gear<'a>> {
    let role = role::role(input, errors);
    let header = signature::header(input.kind, role.is_called(), &input.signature, errors);
    let options = keys::options(&input.keys, errors);
    let header = header?;
    let module = shared::module(&input.keys, options.python, errors);
    let setup = shared::setup(&input.keys, module.as_ref(), options.python, errors);
    let generators = match (input.kind, header.result) {
        (Kind::Command, Some(result)) if types::is_vec(result) => Generators::Listed,
        (Kind::Command, _) => Generators::OneValue,
        _ => Generators::Nobody,
    };
    let known = shared::known(module.as_ref(), setup.as_ref());
    let python = python::python(
        input.block.as_ref(),
        &header,
        options.python,
        &known,
        generators,
        errors,
    );
    Some(Gear {
        attributes: &input.attributes,
        visibility: &input.visibility,
        kind: input.kind,
        role,
        header,
        options,
        module,
        setup,
        python,
    })
}

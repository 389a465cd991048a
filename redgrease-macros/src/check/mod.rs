//! Checks the parsed input and makes a gear of it.
//!
//! | module | checks |
//! |---|---|
//! | `keys` | the keys that every gear can have |
//! | `role` | the role of the gear on the server, and the keys for that role |
//! | `signature` | the qualifiers of the function, and the names of arguments |
//! | `connection` | arguments that are connections, which gears do not take |
//! | `types` | the spelling of the types of arguments and result |
//! | `retries` | the keys about entries of streams that fail more than once |
//! | `feature` | the Cargo features that a macro needs |
//! | `python` | the Python of a gear |
//! | `shared` | the Python that several gears share, and `on_registered` |
//! | `callback` | functions for steps |
//! | `function` | `#[gear]` on a Rust function |

mod callback;
mod connection;
mod feature;
mod function;
mod keys;
mod python;
mod retries;
mod role;
mod shared;
mod signature;
mod types;

pub(crate) use callback::{Callback, callback};
pub(crate) use connection::is_connection;
pub(crate) use feature::Feature;
pub(crate) use function::{Function, function};
pub(crate) use keys::Options;
pub(crate) use python::Python;
pub(crate) use role::{Name, Role};
pub(crate) use shared::{Module, Setup, Shared, SharedModule, shared_module};
pub(crate) use signature::{Argument, Header};
pub(crate) use types::{may_be_ambiguous, value_of_result};

use crate::parse::{Input, Kind};
use crate::report::Errors;
use redgrease_syntax::{Generators, PythonVersion, Refusals};
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

/// The environment of a gear's Python.
#[derive(Clone, Copy)]
struct Target<'a> {
    python: PythonVersion,
    requirements: &'a [&'a str],
    allowed: &'a [&'a str],
}

/// Checks a gear. `None` if no gear can have its signature. With other mistakes, which are in `errors`, the gear
/// is still good enough to compile the rest of the crate.
pub(crate) fn gear<'a>(input: &'a Input, errors: &mut Errors) -> Option<Gear<'a>> {
    let role = role::role(input, errors);
    let header = signature::header(input.kind, role.is_called(), &input.signature, errors);
    let options = keys::options(&input.keys, errors);
    let header = header?;
    let requirements: Vec<&str> = options.requirements.iter().map(String::as_str).collect();
    let allowed: Vec<&str> = options.allowed.iter().map(String::as_str).collect();
    let target = Target {
        allowed: &allowed,
        python: options.python,
        requirements: &requirements,
    };
    let module = shared::module(&input.keys, target, errors);
    let setup = shared::setup(&input.keys, module.as_ref(), target, errors);
    let generators = match (input.kind, header.result) {
        (Kind::Command, Some(result)) if types::is_vec(result) => Generators::Listed,
        (Kind::Command, _) => Generators::OneValue,
        _ => Generators::NoResult,
    };
    let refusals = match (input.kind, header.result) {
        (Kind::Command, Some(result)) => types::refusals(result),
        (Kind::Command, None) => Refusals::NotReceived,
        _ => Refusals::NoCaller,
    };
    let result = match (input.kind, header.result) {
        (Kind::Command, Some(result)) => types::never_none(result),
        _ => None,
    };
    let known = shared::known(module.as_ref(), setup.as_ref());
    let python = python::python(
        input.block.as_ref(),
        &header,
        target,
        &known,
        (generators, refusals, role.intercepts()),
        result.as_deref(),
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

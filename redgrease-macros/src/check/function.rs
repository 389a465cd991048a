//! Checks `#[gear]`: a Rust function that returns a registration.

use crate::parse::Input;
use crate::report::Errors;
use redgrease_syntax::Mistake;
use syn::ReturnType;

/// A function that returns a registration.
pub(crate) struct Function<'a> {
    pub(crate) input: &'a Input,
}

/// Checks a function. `None` if the registration could not call it.
pub(crate) fn function<'a>(input: &'a Input, errors: &mut Errors) -> Option<Function<'a>> {
    let signature = &input.signature;
    let mut fine = input.body.is_some();
    if !signature.inputs.is_empty() {
        errors.on(&signature.inputs, Mistake::FunctionArgument);
        fine = false;
    }
    if signature.asyncness.is_some() {
        errors.on(&signature.asyncness, Mistake::FunctionAsync);
        fine = false;
    }
    if !signature.generics.params.is_empty() {
        errors.on(&signature.generics.params, Mistake::GenericType);
        fine = false;
    }
    if matches!(signature.output, ReturnType::Default) {
        errors.on(&signature.ident, Mistake::FunctionResult);
        fine = false;
    }
    fine.then_some(Function { input })
}

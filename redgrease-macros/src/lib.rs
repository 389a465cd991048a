//! Macros of RedGrease. Users name them through the crate `redgrease`.
//!
//! Every macro is a pipeline, visible as folders:
//!
//! | folder | from | to |
//! |---|---|---|
//! | `parse` | tokens | an `Input`: attribute keys, signature, the exact text of the Python |
//! | `check` | an `Input` | a `Gear`, about which nothing is left to complain |
//! | `expand` | a `Gear` | tokens; cannot fail |
//!
//! Mistakes are collected in `report::Errors` on the way, and shown together. Whatever they are,
//! the expansion defines the items it would have defined, so that the rest of the crate is checked
//! and one mistake does not become fifty messages.

mod check;
mod expand;
mod parse;
mod report;

use proc_macro::TokenStream;
use report::Errors;

/// Makes a command out of a function whose body is Python.
///
/// ```no_run
/// use redgrease::prelude::*;
///
/// /// How many members do these sets have in common?
/// #[gear_command]
/// pub fn common(left: &str, right: &str) -> i64 {
///     python! {
///         return len(set(cmd.smembers(left)) & set(cmd.smembers(right)))
///     }
/// }
///
/// fn main() -> redgrease::Result<()> {
///     let mut con = redgrease::start("redis://127.0.0.1/")?;
///     println!("{} in common", common(&mut con, "a", "b")?);
///     Ok(())
/// }
/// ```
///
/// The function takes a connection in front of its arguments and returns
/// `redgrease::Result<i64>`: `common(&mut con, "a", "b")?`. An `async fn` takes an asynchronous
/// connection. Beside the function there is an enum of the same name that holds what else can be
/// done with the gear: `common::GEAR` describes it, `common::call("a", "b")` is a call that is not
/// sent yet (for timeouts, routing and pipelines), `common::request(..)` is its command and
/// `common::decode(..)` reads an answer.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `trigger = "name"` | the name of the function | what clients call it by: `RG.TRIGGER name ..` |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `mode = "async_local"` | `"async_local"` | `"async_local"`: on a worker thread of the server; `"sync"`: on the server's main thread, fastest and blocking everybody; `"async"`: on every shard, the result is a `PerShard<T>` |
/// | `description = ".."` | none | shown by the server next to the registration |
/// | `python = "3.7"` | `"3.9"` | the oldest Python the code has to run on |
/// | `handle = Name` | the name of the function | names the enum, where its name would clash with a module or a crate |
///
/// # The Python
///
/// The body is one block, in one of three spellings:
///
/// * `python! { .. }` for Python that also consists of Rust tokens. Most does, with double quotes.
///   Where Rust insists on a space (`f ".."` instead of `f".."`), write it: it is taken away again.
/// * `python!(r#" .. "#)` for any Python.
/// * `python!(file = "gears/common.py")`, relative to the directory of `Cargo.toml`: a Python module
///   that defines the function.
///
/// The text reaches the server byte for byte. It is checked while the crate is compiled (feature
/// `validate`): syntax, syntax newer than `python`, undefined names, misplaced statements.
///
/// # Limits
///
/// A gear is a free function, without generics, with plain argument names, and its result is owned.
#[proc_macro_attribute]
pub fn gear_command(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let input = match parse::command(attribute.into(), item.into(), &mut errors) {
        Ok(input) => input,
        // Not a function: there is nothing to make a gear of.
        Err(item) => return expand::as_it_was(&item, &errors).into(),
    };
    match check::command(&input, &mut errors) {
        Some(gear) => expand::command(&gear, &errors).into(),
        None => expand::fallback(&input, &errors).into(),
    }
}

/// The Python of a gear: the whole body of a function with `#[gear_command]`.
///
/// Not a macro of its own. Anywhere else it is an error that says so.
///
/// ```compile_fail
/// let x = redgrease::python! { 1 + 1 };
/// ```
#[proc_macro]
pub fn python(_python: TokenStream) -> TokenStream {
    expand::misplaced_python().into()
}

/// Lets a serde type be an argument or a result of a gear, as JSON.
///
/// The type needs serde's `Serialize` and `Deserialize`. For one that has only one of them, there is
/// `redgrease::Json`.
///
/// ```
/// use redgrease::prelude::*;
///
/// #[derive(serde::Serialize, serde::Deserialize, GearValue)]
/// struct Person {
///     name: String,
///     age: u8,
/// }
///
/// #[gear_command]
/// fn older(person: Person, years: u8) -> Person {
///     python! {
///         person["age"] += years
///         return person
///     }
/// }
/// ```
#[proc_macro_derive(GearValue)]
pub fn gear_value(item: TokenStream) -> TokenStream {
    expand::gear_value(item.into()).into()
}

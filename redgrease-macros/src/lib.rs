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

use parse::{Gears, Item, Kind};
use proc_macro::TokenStream;
use proc_macro2::TokenStream as TokenStream2;
use quote::quote;
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
/// | `trigger = "name"` | the name of the function | what clients call it by: `RG.TRIGGER name ..`; `trigger = unique` makes it of crate, path and name |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `mode = "async_local"` | `"async_local"` | `"async_local"`: on a worker thread of the server; `"sync"`: on the server's main thread, fastest and blocking everybody; `"async"`: on every shard, the result is a `PerShard<T>` |
/// | `description = ".."` | none | shown by the server next to the registration |
/// | `on_registered = python! { .. }` | none | runs on every shard when the gear is registered there: a place for connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python the code has to run on |
/// | `replace = true` | an error | what happens to a trigger that another program has registered: taken over, or left alone with `false` |
/// | `inorder = true` | `false` | calls run one after the other, in the order in which they came |
/// | `count_calls = true` | `false` | counts the calls, by the path of the function |
/// | `hook = "HGET"` | none | takes the place of a command of Redis: other clients call it without knowing, and Rust calls the command |
/// | `keyprefix = "user:"` | all keys | for a hook: only for keys that begin like this |
/// | `handle = Name` | the name of the function | names the enum, where its name would clash with a module or a crate |
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_command(
///     trigger = unique,
///     requirements = ["requests>=2.31"],
///     mode = "async_local",
///     description = "the status of a page",
///     module = "tests/gears/pages.py",
///     on_registered = python! {
///         global session
///         session = new_session()
///     },
///     python = "3.9",
///     replace = true,
///     inorder = true,
///     count_calls = true,
///     handle = Status,
/// )]
/// fn status(url: &str, timeout: Option<f64>) -> i64 {
///     python! { return session.get(url, timeout=timeout).status_code }
/// }
///
/// #[gear_command(hook = "HGET", keyprefix = "user:", mode = "sync")]
/// fn logged_hget(key: &str, field: &str) -> String {
///     python! {
///         log("read " + key)
///         return call_next(key, field)
///     }
/// }
/// ```
///
/// # Arguments
///
/// Arguments of a type `Option<T>` at the end may be left out by other clients. The last argument can
/// take all that follow:
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_command]
/// fn join(separator: &str, #[rest] words: Vec<String>) -> String {
///     python! { return separator.join(words) }
/// }
/// ```
///
/// A function with `yield` gives a list:
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_command]
/// fn lines(key: &str) -> Vec<String> {
///     python! {
///         for line in cmd.get(key).decode().splitlines():
///             yield line.strip()
///     }
/// }
/// ```
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
    gear_of(Kind::Command, attribute.into(), item.into()).into()
}

/// Makes a function whose body is Python react to changes of keys.
///
/// ```
/// use redgrease::prelude::*;
/// use std::collections::HashMap;
///
/// /// Keeps a list of everybody who is of age.
/// #[gear_keys(prefix = "person:*", events = ["hset"], key_types = ["hash"])]
/// fn adults(record: KeyRecord<HashMap<String, i64>>) {
///     python! {
///         if record.value and record.value.get("age", 0) >= 18:
///             cmd.sadd("adults", record.key)
///     }
/// }
/// ```
///
/// The type of the argument says how the value is read; with `KeyRecord` alone it is what the server
/// gives. Nothing calls the function from Rust: there is only an enum of its name, with `GEAR`.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `prefix = "person:*"` | `"*"` | which keys: a whole name, or a beginning with `*` behind it |
/// | `events = ["hset", "del"]` | all | the names of the events, as keyspace notifications have them |
/// | `key_types = ["hash"]` | all | `string`, `list`, `hash`, `set`, `zset`, `stream`, `module`, `empty` |
/// | `commands = ["HSET"]` | no waiting | holds back the answer to these commands until the function has run, which can then change it: `override_reply(..)` |
/// | `read_value = false` | `true` | leaves the value out, which is faster |
/// | `mode = "sync"` | `"async_local"` | `"async_local"`: on a worker thread; `"sync"`: at once, together with the change; `"async"`: with steps on every shard |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `description = ".."` | none | shown by the server next to the registration |
/// | `on_registered = python! { .. }` | none | runs on every shard when the gear is registered there: a place for connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python the code has to run on |
/// | `handle = Name` | the name of the function | names the enum with `GEAR` |
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_keys(
///     prefix = "session:*",
///     events = ["expired", "del"],
///     commands = ["DEL"],
///     read_value = false,
///     mode = "sync",
///     description = "counts the sessions that end",
///     python = "3.7",
///     handle = SessionEnds,
///     requirements = [],
///     on_registered = python! { log("counting") },
/// )]
/// fn session_ends(record: KeyRecord) {
///     python! { cmd.incr("ended:" + record.event) }
/// }
/// ```
#[proc_macro_attribute]
pub fn gear_keys(attribute: TokenStream, item: TokenStream) -> TokenStream {
    gear_of(Kind::Keys, attribute.into(), item.into()).into()
}

/// Makes a function whose body is Python read a stream.
///
/// ```
/// use redgrease::prelude::*;
/// use std::collections::HashMap;
///
/// /// Adds up what was measured, a hundred at a time or every second.
/// #[gear_stream("measured", batch = 100, duration = "1s", on_failed = "retry", retry_interval = "5s")]
/// fn add_up(records: Vec<StreamRecord<HashMap<String, f64>>>) {
///     python! {
///         cmd.incrbyfloat("total", sum(record.value["amount"] for record in records))
///     }
/// }
/// ```
///
/// With `StreamRecord` the function runs for each entry, with `Vec<StreamRecord>` for a whole batch.
/// Nothing calls it from Rust: there is only an enum of its name, with `GEAR`.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `"name"` | has to be given | which streams: a whole name, or a beginning with `*` behind it |
/// | `batch = 100` | `1` | how many entries are read at once |
/// | `duration = "1s"` | waits for a whole batch | after which time an incomplete batch is read as well |
/// | `on_failed = "retry"` | `"continue"` | after an exception: `"continue"` with the next entries, `"abort"` reading, `"retry"` the same ones; with `mode = "sync"` only `"continue"` |
/// | `retry_interval = "5s"` | `"1s"` | the pause before a retry, in whole seconds |
/// | `trim = false` | `true` | keeps the entries that were read in the stream |
/// | `mode = "sync"` | `"async_local"` | where it runs, as for keys |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `description = ".."` | none | shown by the server next to the registration |
/// | `on_registered = python! { .. }` | none | runs on every shard when the gear is registered there: a place for connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python the code has to run on |
/// | `handle = Name` | the name of the function | names the enum with `GEAR` |
///
/// Durations have a unit: `ms`, `s`, `m`, `h` or `d`.
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_stream(
///     "orders:*",
///     on_failed = "continue",
///     trim = false,
///     mode = "sync",
///     description = "the last order of each shop",
///     handle = LastOrders,
/// )]
/// fn last_orders(order: StreamRecord) {
///     python! { cmd.hset("last", order.key, order.id) }
/// }
/// ```
#[proc_macro_attribute]
pub fn gear_stream(attribute: TokenStream, item: TokenStream) -> TokenStream {
    gear_of(Kind::Stream, attribute.into(), item.into()).into()
}

/// Runs a function whose body is Python again and again, on every shard.
///
/// ```
/// use redgrease::prelude::*;
///
/// /// Throws away what is left over.
/// #[gear_every("5m")]
/// fn clean_up() {
///     python! {
///         for key in cmd.scan_iter("tmp:*"):
///             cmd.delete(key)
///     }
/// }
/// ```
///
/// The interval has a unit, `s`, `m`, `h` or `d`, and is a whole number of seconds. The server needs a
/// timer, which the engine of this project has and the last RedisGears has, too.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `"5m"` | has to be given | the interval |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `description = ".."` | none | shown by the server next to the registration |
/// | `on_registered = python! { .. }` | none | runs on every shard when the gear is registered there: a place for connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python the code has to run on |
/// | `handle = Name` | the name of the function | names the enum with `GEAR` |
#[proc_macro_attribute]
pub fn gear_every(attribute: TokenStream, item: TokenStream) -> TokenStream {
    gear_of(Kind::Every, attribute.into(), item.into()).into()
}

/// Registers what a function builds.
///
/// ```
/// use redgrease::prelude::*;
///
/// /// Sessions end an hour after they were last used.
/// #[gear]
/// fn expire() -> Registration {
///     KeysReader::new("session:*")
///         .foreach(python!(lambda record: cmd.expire(record["key"], 3600)))
///         .register(redgrease::KeysRegister::new())
/// }
/// ```
///
/// The function is Rust, may return a `Result`, and can still be called. It is evaluated once per
/// process, when the gears are registered, so it has to give the same every time: what it captures
/// becomes part of the code on the server.
///
/// The only key is `handle = Name`, which names the enum beside the function.
#[proc_macro_attribute]
pub fn gear(attribute: TokenStream, item: TokenStream) -> TokenStream {
    gear_of(Kind::Function, attribute.into(), item.into()).into()
}

/// What every attribute does.
fn gear_of(kind: Kind, attribute: TokenStream2, item: TokenStream2) -> TokenStream2 {
    let mut errors = Errors::default();
    let input = match parse::gear(kind, attribute, item, &mut errors) {
        Ok(input) => input,
        // Not a function: there is nothing to make a gear of.
        Err(item) => return expand::as_it_was(&item, &errors),
    };
    if kind == Kind::Function {
        return match check::function(&input, &mut errors) {
            Some(function) => expand::rust_function(&function, &errors),
            None => expand::fallback(&input, &errors),
        };
    }
    match check::gear(&input, &mut errors) {
        Some(gear) => expand::gear(&gear, &errors),
        None => expand::fallback(&input, &errors),
    }
}

/// A list of gears, or a place where Python needs no quotes and braces.
///
/// As a list it names what is to be registered:
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_command]
/// fn first() -> i64 { python! { return 1 } }
///
/// mod inner {
///     use redgrease::prelude::*;
///
///     #[gear_command]
///     pub fn second() -> i64 { python! { return 2 } }
/// }
///
/// let gears: &[&redgrease::Gear] = gears![first, inner::second];
/// assert_eq!(gears.len(), 2);
/// ```
///
/// Around functions it allows the spelling `python!< .. >`:
///
/// ```
/// use redgrease::prelude::*;
///
/// gears! {
///     /// Twice as much.
///     #[gear_command]
///     pub fn double(x: i64) -> i64 {
///         python!<
///             return x * 2
///         >
///     }
/// }
/// # assert_eq!(double::GEAR.trigger(), Some("double"));
/// ```
///
/// The first token decides: an attribute or a word such as `pub`, `fn` or `mod` begins a function.
#[proc_macro]
pub fn gears(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::gears(tokens.into(), &mut errors) {
        Gears::List(paths) => expand::list(&paths, &errors),
        Gears::Items(items) => {
            let items = items_of(items);
            quote!(#errors #items)
        }
    }
    .into()
}

fn items_of(items: Vec<Item>) -> TokenStream2 {
    items
        .into_iter()
        .map(|item| match item {
            Item::Gear {
                kind,
                attribute,
                item,
            } => gear_of(kind, attribute, item),
            Item::Module { head, items } => {
                let items = items_of(items);
                quote!(#head { #items })
            }
            Item::Other(tokens) => tokens,
        })
        .collect()
}

/// Python that several gears share: functions, imports and state.
///
/// ```
/// use redgrease::prelude::*;
///
/// python_module! {
///     /// What pages are called in the cache.
///     pub pages {
///         import hashlib
///
///         def name_of(url):
///             return "page:" + hashlib.sha256(url.encode()).hexdigest()
///     }
/// }
///
/// #[gear_command(module = pages)]
/// fn is_cached(url: &str) -> bool {
///     python! { return bool(cmd.exists(name_of(url))) }
/// }
/// ```
///
/// It is a constant, `pages`, that gears name with `module = pages`; a gear in another module imports
/// it or names its path. Gears with the same module share what it defines on the server. A name that
/// neither the gear nor the module defines is an error at the Python that uses it.
///
/// Python that Rust cannot read goes into a string, `pages(r#".."#)`, or into a file:
/// `module = "gears/pages.py"`.
#[proc_macro]
pub fn python_module(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let written = parse::python_module(tokens.into(), &mut errors);
    let modules: Vec<_> = written
        .iter()
        .map(|module| check::shared_module(module, &mut errors))
        .collect();
    expand::shared_modules(&modules, &errors).into()
}

/// A test with a server of its own, on which the gears of the crate are registered.
///
/// ```ignore
/// use redgrease::prelude::*;
///
/// #[gear_command]
/// fn double(x: i64) -> i64 { python! { return x * 2 } }
///
/// #[gear_test]
/// fn doubles(con: &mut redgrease::Con) -> redgrease::Result<()> {
///     assert_eq!(double(con, 21)?, 42);
///     Ok(())
/// }
///
/// #[gear_test(gears = [double])]
/// async fn doubles_asynchronously(mut con: redgrease::AsyncCon) { /* .. */ }
/// ```
///
/// Each parameter says what it needs: a connection, of this crate or of redis-rs, sync in a `fn` and
/// asynchronous in an `async fn`, or the server itself. `gears = [a, b]` registers only those. Needs the
/// feature `embedded`.
#[proc_macro_attribute]
pub fn gear_test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match parse::test(attribute.into(), item.into(), &mut errors) {
        Ok(test) => expand::test(&test, &errors),
        Err(item) => expand::as_it_was(&item, &errors),
    }
    .into()
}

/// Python: the body of a gear, or a function for a step of a chain.
///
/// As the body of a function with `#[gear_command]` and its like it is described there. As an expression
/// it is a function: a `lambda`, one `def`, or anything else that gives a function.
///
/// ```
/// use redgrease::prelude::*;
/// use redgrease::{AnyCallback, Callback};
///
/// let min_age = 18;
/// let adult: Callback<1> = python!(lambda person: int(person["age"]) >= 'min_age);
/// let add: Callback<2> = python!(lambda a, b: a + b);
/// let words: AnyCallback = python!(str.split);
/// let greet: Callback<1> = python! {
///     def greet(person):
///         name = person["name"]
///         return "Hello " + name
/// };
/// # let _ = (adult, add, words, greet);
/// ```
///
/// `'min_age` is the value of the Rust variable `min_age`, of any type that serde can serialize. It
/// becomes a literal and never a part of the code. In the Python it is called `_min_age`.
///
/// The number of arguments is part of the type, where it can be seen; a step that calls its function
/// with two arguments takes no `Callback<1>`.
#[proc_macro]
pub fn python(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let block = parse::callback(&tokens.into(), &mut errors);
    let callback = check::callback(block.as_ref(), &mut errors);
    expand::callback(callback.as_ref(), &errors).into()
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

//! Macros of RedGrease. Users name them through the crate `redgrease`.
//!
//! Every macro is a pipeline (`pipeline`), visible as folders:
//!
//! | folder | from | to |
//! |---|---|---|
//! | `parse` | tokens | an `Input`: attribute keys, signature, the exact text of the Python |
//! | `check` | an `Input` | a `Gear` without mistakes that would stop its expansion |
//! | `expand` | a `Gear` | tokens; cannot fail |
//!
//! On the way `report::Errors` collects the mistakes, and the expansion shows them together. Even with
//! mistakes the expansion defines the items of a correct gear. The compiler then checks the rest of the crate
//! as usual, and one mistake causes one message. `unwind` does the same for a panic inside a macro.

mod check;
mod checkout;
mod expand;
mod manifest;
mod parse;
mod pipeline;
mod report;
mod session_name;
mod unwind;

use parse::Kind;
use proc_macro::TokenStream;

/// Makes a command from a function whose body is Python.
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
/// The generated function takes a connection in front of its arguments and returns a
/// `redgrease::Result<i64>`: `common(&mut con, "a", "b")?`. An `async fn` takes an asynchronous
/// connection.
///
/// Beside the function there is an enum with the same name:
///
/// * `common::GEAR` is the description of the gear.
/// * `common::call("a", "b")` is a call that is not sent yet, for timeouts, routing and pipelines.
/// * `common::request("a", "b")` is the command of a call.
/// * `common::decode(answer)` reads the result in an answer.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `trigger = "name"` | the name of the function | the name for clients, `RG.TRIGGER name ..`; `trigger = unique` makes a name from the crate, the path and the function |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `mode = "async_local"` | `"async_local"` | `"async_local"`: on a worker thread of the server; `"sync"`: on the main thread of the server, which is the fastest and blocks all other clients; `"async"`: on every shard, with a `PerShard<T>` as the result |
/// | `description = ".."` | none | a text in the list of registrations of the server |
/// | `allow = [".."]` | none | diagnostics that do not apply to the server, such as `"unknown-import"` |
/// | `on_registered = python! { .. }` | none | Python that runs once on every shard, when the gear is registered; for example to open connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python version that has to run the code |
/// | `replace = true` | an error | for a trigger that another program has registered: `true` replaces it, `false` keeps it |
/// | `inorder = true` | `false` | runs calls one after the other, in the order in which they arrive |
/// | `count_calls = true` | `false` | counts the calls, by the path of the function |
/// | `hook = "HGET"` | none | replaces a Redis command for all clients; Rust code calls the command as usual |
/// | `keyprefix = "user:"` | all keys | limits a hook to keys with this prefix |
/// | `handle = Name` | the name of the function | the name of the enum, if it would collide with a module or a crate |
/// | `crate = my_lib::redgrease` | found by the macro | the path of the crate `redgrease`: [its name](#the-name-of-the-crate) |
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
///     crate = redgrease,
/// )]
/// fn status(url: &str, timeout: Option<f64>) -> i64 {
///     python! { return session.get(url, timeout=timeout).status_code }
/// }
///
/// #[gear_command(hook = "HGET", keyprefix = "user:", mode = "sync")]
/// fn logged_hget(key: &str, field: &str) -> Option<String> {
///     python! {
///         log("read " + key)
///         return call_next(key, field)
///     }
/// }
/// ```
///
/// A hook gets the words of the command behind its name as arguments: `HGET user:1 name` calls
/// `logged_hget("user:1", "name")`. `call_next(..)` runs the command itself, or the hook below this one, and the value
/// that the Python returns is the reply. `keyprefix` is plain text: the hook is for commands of which a key begins so.
///
/// The clients of the command know nothing of gears. They receive a reply in the form of the result's type: `None` is nil,
/// lists, sets and tuples are arrays, maps are arrays of keys and values, integers and `bool` are integers, text and bytes
/// are bulk strings, `()` is nil, and an `Err` is an error. An `Option<T>` at the end takes a word as it is, or is absent.
///
/// # Arguments
///
/// Other clients can omit `Option<T>` arguments at the end. They write a plus sign in front of an optional text (`+hello`), so
/// that an empty text is not `None`; in front of an optional number, date or list they can leave it out. The last argument can collect any number of values:
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
/// # Results
///
/// The type of the result is the type of the value that the Python returns. For `-> Result<T, E>` it can also return or raise
/// `Err(value)`, and the generated function returns `redgrease::Result<Result<T, E>>`. `redgrease::GearArg` and
/// `redgrease::GearResult` list the types.
///
/// A function with `yield` returns a list:
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
/// The body is one block of Python, in one of three spellings:
///
/// * `python! { .. }` for Python that consists of Rust tokens, which is true for most Python with double
///   quotes. Rust needs a space in `f ".."`, and the macro removes it.
/// * `python!(r#" .. "#)` for any Python.
/// * `python!(file = "gears/common.py")` for a Python module that defines the function. The path is
///   relative to the directory of `Cargo.toml`.
///
/// The server gets the text byte for byte. With the feature `validate`, the macro checks it: syntax, syntax
/// newer than `python`, undefined names, misplaced statements.
///
/// # The name of the crate
///
/// Every macro of this crate finds `redgrease` by itself: under the name that the dependency has in `Cargo.toml`, such as
/// `rg = { package = "redgrease", .. }`, or through the prelude. A library can re-export the prelude,
/// `pub use redgrease::prelude::*;`, and a crate with `use my_lib::prelude::*;` needs no dependency on
/// `redgrease`.
///
/// Without the prelude in scope, such a crate names the path: with the key `crate = my_lib::redgrease` of an attribute (also in quotes),
/// `#[gear_value(crate = my_lib::redgrease)]` below `#[derive(GearValue)]`, or once for all macros in `Cargo.toml`:
///
/// ```toml
/// [package.metadata.redgrease]
/// crate = "my_lib::redgrease"
/// ```
///
/// # Limits
///
/// A gear is a free function without generics. Its arguments have plain names, and its result is owned.
#[proc_macro_attribute]
pub fn gear_command(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gear(Kind::Command, &attribute.into(), &item.into()).into()
}

/// Makes a handler for key changes from a function whose body is Python.
///
/// ```
/// use redgrease::prelude::*;
/// use std::collections::HashMap;
///
/// /// Keeps the set of all adults.
/// #[gear_keys("person:*", events = ["hset"], key_types = ["hash"])]
/// fn adults(record: KeyRecord<HashMap<String, i64>>) {
///     python! {
///         if record.value and record.value.get("age", 0) >= 18:
///             cmd.sadd("adults", record.key)
///     }
/// }
/// ```
///
/// The type of the argument decides the conversion of the value. `KeyRecord` without a parameter does not convert
/// it. Rust code does not call the function, so there is only an enum with its name, which has `GEAR`.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `"person:*"`, `prefix = "person:*"` | `"*"` | the keys: a whole name, or a prefix with `*` behind it |
/// | `events = ["hset", "del"]` | all | the events, with the names of keyspace notifications |
/// | `key_types = ["hash"]` | all | `string`, `list`, `hash`, `set`, `zset`, `stream`, `module`, `empty` |
/// | `commands = ["HSET"]` | none | delays the answers to these commands until the function has run; it can change them with `override_reply(..)` |
/// | `read_value = false` | `true` | does not read the value, which is faster |
/// | `mode = "sync"` | `"async_local"` | `"async_local"`: on a worker thread; `"sync"`: on the main thread, together with the change; `"async"`: with steps on every shard |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `description = ".."` | none | a text in the list of registrations of the server |
/// | `allow = [".."]` | none | diagnostics that do not apply to the server, such as `"unknown-import"` |
/// | `on_registered = python! { .. }` | none | Python that runs once on every shard, when the gear is registered; for example to open connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python version that has to run the code |
/// | `handle = Name` | the name of the function | the name of the enum with `GEAR` |
/// | `crate = my_lib::redgrease` | found by the macro | the path of the crate `redgrease`: [its name](macro@gear_command#the-name-of-the-crate) |
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
///     crate = "redgrease",
///     requirements = [],
///     on_registered = python! { log("counting") },
/// )]
/// fn session_ends(record: KeyRecord) {
///     python! { cmd.incr("ended:" + record.event) }
/// }
/// ```
#[proc_macro_attribute]
pub fn gear_keys(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gear(Kind::Keys, &attribute.into(), &item.into()).into()
}

/// Makes a reader of a stream from a function whose body is Python.
///
/// ```
/// use redgrease::prelude::*;
/// use std::collections::HashMap;
///
/// /// Adds up measurements, a hundred at a time or every second.
/// #[gear_stream("measured", batch = 100, duration = "1s", on_failed = "retry", retry_interval = "5s")]
/// fn add_up(records: Vec<StreamRecord<HashMap<String, f64>>>) {
///     python! {
///         cmd.incrbyfloat("total", sum(record.value["amount"] for record in records))
///     }
/// }
/// ```
///
/// With a `StreamRecord` the function runs for each entry, with a `Vec<StreamRecord>` it runs for a whole batch.
/// **Entries that were processed are deleted from the stream.** With `trim = false` they stay; the server remembers which
/// ones were processed, also across restarts, so none is processed twice.
///
/// An entry that fails is skipped, unless the gear says otherwise. This one tries it again, with longer and longer pauses, and after
/// the fifth retry gives it to another stream, with the error:
///
/// ```
/// use redgrease::prelude::*;
///
/// #[gear_stream("orders", on_failed = "retry", max_retries = 5, backoff = 2.0, dead_letter = "orders-failed")]
/// fn bill(order: StreamRecord) {
///     python! { cmd.rpush("bills", order.value["customer"]) }
/// }
/// ```
///
/// The entries behind one that fails wait for it; other streams do not. The dead letter has the fields of the entry, and behind
/// them `redgrease:stream`, `redgrease:id`, `redgrease:error`, `redgrease:traceback`, `redgrease:time` (milliseconds since 1970), `redgrease:tries`,
/// `redgrease:gear`, `redgrease:session` and `redgrease:registration`. A batch that fails is tried again entry by entry, so that
/// only those that fail alone are given up. The keys `max_retries`, `dead_letter`, `backoff` and `max_interval` need the engine
/// of this project.
///
/// Two gears of one stream compete for its entries: each entry goes to one of them, because all registrations read with the same
/// consumer group. For two effects, write one gear that has both, or let it add the entry to a second stream.
///
/// Rust code does not call the function, so there is only an enum with its name, which has `GEAR`.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `"name"` | required | the streams: a whole name, or a prefix with `*` behind it |
/// | `batch = 100` | `1` | the number of entries that are read at once |
/// | `duration = "1s"` | no limit | the time after which an incomplete batch is read |
/// | `on_failed = "retry"` | `"continue"` | after an exception: `"continue"` with the next entries, `"abort"` reading, or `"retry"` the same entries; with `mode = "sync"` only `"continue"` |
/// | `retry_interval = "5s"` | `"1s"` | the pause before a retry, in whole seconds |
/// | `max_retries = 5` | no limit | how often an entry that fails is tried again with `on_failed = "retry"`; then it is given up |
/// | `dead_letter = "name"` | none | the stream that gets the entries which are given up: those of `max_retries`, or with `on_failed = "continue"` each one that fails |
/// | `backoff = 2.0` | `1.0` | the factor by which the pause grows with each retry |
/// | `max_interval = "1m"` | `"1h"` | the longest pause, if `backoff` makes it grow, in whole seconds |
/// | `trim = false` | `true` | `true` deletes processed entries from the stream, `false` keeps them |
/// | `mode = "sync"` | `"async_local"` | the thread that runs the function, as for [`gear_keys`](macro@gear_keys) |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `description = ".."` | none | a text in the list of registrations of the server |
/// | `allow = [".."]` | none | diagnostics that do not apply to the server, such as `"unknown-import"` |
/// | `on_registered = python! { .. }` | none | Python that runs once on every shard, when the gear is registered; for example to open connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python version that has to run the code |
/// | `handle = Name` | the name of the function | the name of the enum with `GEAR` |
/// | `crate = my_lib::redgrease` | found by the macro | the path of the crate `redgrease`: [its name](macro@gear_command#the-name-of-the-crate) |
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
///     crate = redgrease,
/// )]
/// fn last_orders(order: StreamRecord) {
///     python! { cmd.hset("last", order.key, order.id) }
/// }
/// ```
#[proc_macro_attribute]
pub fn gear_stream(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gear(Kind::Stream, &attribute.into(), &item.into()).into()
}

/// Makes a timer from a function whose body is Python. In a cluster one shard runs it, or each shard with `per_shard = true`.
///
/// ```
/// use redgrease::prelude::*;
///
/// /// Deletes temporary keys.
/// #[gear_every("5m")]
/// fn clean_up() {
///     python! {
///         for key in cmd.scan_iter("tmp:*"):
///             cmd.delete(key)
///     }
/// }
/// ```
///
/// The interval has a unit, `s`, `m`, `h` or `d`, and is a whole number of seconds. The server has to support timers,
/// as the engine of this project and the last version of RedisGears do.
///
/// # Keys
///
/// | key | default | meaning |
/// |---|---|---|
/// | `"5m"` | required | the interval |
/// | `per_shard = true` | `false` | in a cluster, each shard runs the function for its own keys |
/// | `requirements = ["requests>=2.31"]` | none | Python packages, as pip names them |
/// | `description = ".."` | none | a text in the list of registrations of the server |
/// | `allow = [".."]` | none | diagnostics that do not apply to the server, such as `"unknown-import"` |
/// | `on_registered = python! { .. }` | none | Python that runs once on every shard, when the gear is registered; for example to open connections |
/// | `module = helpers`, `module = "gears/helpers.py"` | none | Python shared with other gears: a `python_module!` or a file |
/// | `python = "3.7"` | `"3.9"` | the oldest Python version that has to run the code |
/// | `handle = Name` | the name of the function | the name of the enum with `GEAR` |
/// | `crate = my_lib::redgrease` | found by the macro | the path of the crate `redgrease`: [its name](macro@gear_command#the-name-of-the-crate) |
#[proc_macro_attribute]
pub fn gear_every(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gear(Kind::Every, &attribute.into(), &item.into()).into()
}

/// Makes a gear from a Rust function that returns a registration.
///
/// ```
/// use redgrease::prelude::*;
///
/// /// Expires each session one hour after its last change.
/// #[gear]
/// fn expire() -> Registration {
///     KeysReader::new("session:*")
///         .foreach(python!(lambda record: cmd.expire(record["key"], 3600)))
///         .register(redgrease::KeysRegister::new())
/// }
/// ```
///
/// The function can also return a `Result`, and Rust code can call it. The registration calls it once per process. It
/// has to return the same registration every time, because captured values become part of the code on the server.
///
/// The keys are `handle = Name`, the name of the enum beside the function, and `crate = path`, the
/// [name of the crate](macro@gear_command#the-name-of-the-crate).
#[proc_macro_attribute]
pub fn gear(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gear(Kind::Function, &attribute.into(), &item.into()).into()
}

/// A list of gears, or a block of functions with the spelling `python!< .. >`.
///
/// With names it is a list of gears to register:
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
/// The first token decides between the two: an attribute or a word such as `pub`, `fn` or `mod` begins an item.
#[proc_macro]
pub fn gears(tokens: TokenStream) -> TokenStream {
    pipeline::gears(&tokens.into()).into()
}

/// A Python module that several gears share: functions, imports and state.
///
/// ```
/// use redgrease::prelude::*;
///
/// python_module! {
///     /// Names of pages in the cache.
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
/// The macro defines a constant, here `pages`. A gear uses it with `module = pages`, or with its path from another Rust
/// module. Gears with the same module share its definitions and its state on the server. A name that neither the gear
/// nor the module defines is an error at the Python that uses it.
///
/// Python that does not consist of Rust tokens is written as a string, `pages(r#".."#)`, or in a file, which a gear uses
/// with `module = "gears/pages.py"`.
#[proc_macro]
pub fn python_module(tokens: TokenStream) -> TokenStream {
    pipeline::python_module(&tokens.into()).into()
}

/// Makes a test with its own server, where the gears of the crate are registered.
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
///
/// #[gear_test(shards = 3, replicas = 1)]
/// fn doubles_on_a_cluster(con: &mut redgrease::Con, cluster: &redgrease::embedded::Cluster) {
///     cluster.failover(0).unwrap();
///     // ..
/// }
/// ```
///
/// The type of a parameter decides its value: a connection of this crate or of redis-rs, a `BlockingPool`, or the server itself. In
/// an `async fn` connections are asynchronous, and the pool is a `Pool`. `gears = [a, b]` registers only these gears. With `shards`
/// the test has a cluster of private servers, and takes it as `&redgrease::embedded::Cluster`; `replicas = 1` gives each
/// shard a replica. A connection of this crate to it needs the feature `cluster`. `crate = path` is the
/// [name of the crate](macro@gear_command#the-name-of-the-crate). The feature `embedded` is required.
#[proc_macro_attribute]
pub fn gear_test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::gear_test(&attribute.into(), &item.into()).into()
}

/// Python: the body of a gear, or a function for a step of a chain.
///
/// [`gear_command`](macro@gear_command) describes it as the body of a gear. As an expression it is a Python function: a
/// `lambda`, one `def`, or another expression that gives a function.
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
/// `'min_age` is the value of the Rust variable `min_age`, whose type has to implement serde's `Serialize`. The value
/// becomes a Python literal and cannot become code. Its name in the Python is `_min_age`.
///
/// The number of arguments is part of the type, if the text shows it. A step that calls its function with two arguments
/// does not accept a `Callback<1>`.
#[proc_macro]
pub fn python(tokens: TokenStream) -> TokenStream {
    pipeline::callback(&tokens.into()).into()
}

/// Makes a serde type an argument or a result of gears, as JSON.
///
/// The fields have the form that serde gives them, not that of an argument: a `Duration` is the dict `{'secs': .., 'nanos': ..}` in
/// Python, the types of `chrono` and `uuid` are texts, `Bytes` is a list of numbers. Python returns them in the same form.
///
/// The type has to implement serde's `Serialize` and `Deserialize`. For a type with only one of them, use
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
#[proc_macro_derive(GearValue, attributes(gear_value))]
pub fn gear_value(item: TokenStream) -> TokenStream {
    pipeline::gear_value(&item.into()).into()
}

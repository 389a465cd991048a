//! Examples that must not compile. Each differs in one word from an example that compiles.

/// A closed chain takes no more steps.
///
/// ```
/// # use redgrease_core::{Callback, KeysReader};
/// let open = KeysReader::new("*").count();
/// let _ = open.map(Callback::<1>::new("lambda n: n", "", 1, vec![]));
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::{Callback, KeysReader};
/// let closed = KeysReader::new("*").count().run();
/// let _ = closed.map(Callback::<1>::new("lambda n: n", "", 1, vec![]));
/// ```
struct Closed;

/// A step takes functions with a fixed number of arguments.
///
/// ```
/// # use redgrease_core::{Callback, KeysReader};
/// let _ = KeysReader::new("*").filter(Callback::<1>::new("lambda r: r", "", 1, vec![]));
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::{Callback, KeysReader};
/// let _ = KeysReader::new("*").filter(Callback::<2>::new("lambda a, r: r", "", 1, vec![]));
/// ```
struct Arity;

/// A reader without records cannot run; a reader without events cannot be registered.
///
/// ```
/// # use redgrease_core::{CommandReader, KeysReader, ShardsIDReader};
/// let _ = (ShardsIDReader::new().run(), CommandReader::new().args().register("x"));
/// let _ = KeysReader::new("*").register("x");
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::CommandReader;
/// let _ = CommandReader::new().args().run();
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::{KeysRegister, ShardsIDReader};
/// let _ = ShardsIDReader::new().register(KeysRegister::new());
/// ```
struct BatchAgainstEvent;

/// Options belong to their reader.
///
/// ```
/// # use redgrease_core::{KeysReader, KeysRegister, KeysRun};
/// let _ = KeysReader::new("*").run_with(KeysRun::new());
/// let _ = KeysReader::new("*").register(KeysRegister::new());
/// ```
///
/// ```compile_fail,E0308
/// # use redgrease_core::{KeysReader, StreamRun};
/// let _ = KeysReader::new("*").run_with(StreamRun::new());
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::{KeysReader, StreamRegister};
/// let _ = KeysReader::new("*").register(StreamRegister::new());
/// ```
///
/// Each option of the server belongs to the readers that have it.
///
/// ```
/// # use redgrease_core::{CommandRegister, KeysOnlyRun, KeysRegister, KeysRun, PlainRun, ShardsIDReader, StreamRegister};
/// let _ = (KeysRun::new().read_value(false), KeysOnlyRun::new().count(9_u32), CommandRegister::new("x").in_order(true));
/// let _ = (KeysRegister::new().commands(vec![]), StreamRegister::new().batch(9_u32));
/// let _ = ShardsIDReader::new().run_with(PlainRun::new().collect(false));
/// ```
///
/// ```compile_fail,E0599
/// let _ = redgrease_core::KeysRun::new().count(9_u32);
/// ```
///
/// ```compile_fail,E0599
/// let _ = redgrease_core::KeysOnlyRun::new().read_value(false);
/// ```
///
/// ```compile_fail,E0599
/// let _ = redgrease_core::PlainRun::new().no_scan(true);
/// ```
///
/// ```compile_fail,E0599
/// let _ = redgrease_core::KeysRegister::new().batch(9_u32);
/// ```
///
/// ```compile_fail,E0599
/// let _ = redgrease_core::StreamRegister::new().commands(vec![]);
/// ```
///
/// ```compile_fail,E0599
/// let _ = redgrease_core::CommandRegister::new("x").read_value(false);
/// ```
struct Options;

/// First steps belong to their reader, and precede all other steps.
///
/// ```
/// # use redgrease_core::{KeyType, KeysReader};
/// let _ = KeysReader::new("*").of_type([KeyType::Hash]).values().count();
/// ```
///
/// ```compile_fail,E0599
/// # use redgrease_core::CommandReader;
/// let _ = CommandReader::new().values();
/// ```
///
/// ```compile_fail,E0599
/// # use redgrease_core::{KeyType, KeysReader};
/// let _ = KeysReader::new("*").count().of_type([KeyType::Hash]);
/// ```
struct FirstSteps;

/// `aggregate` adds partial results, which only numbers can be.
///
/// ```
/// # use redgrease_core::{Callback, KeysReader};
/// let _ = KeysReader::new("*").aggregate(0, Callback::<2>::new("lambda a, r: a", "", 1, vec![]));
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::{Callback, KeysReader};
/// let _ = KeysReader::new("*").aggregate("0", Callback::<2>::new("lambda a, r: a", "", 1, vec![]));
/// ```
struct NoNumber;

/// A number is not an id.
///
/// ```no_run
/// # use redgrease_core::{GearsCommands, connect};
/// let _ = connect("redis://127.0.0.1/").unwrap().unregister("7");
/// ```
///
/// ```compile_fail,E0277
/// # use redgrease_core::{GearsCommands, connect};
/// let _ = connect("redis://127.0.0.1/").unwrap().unregister(7);
/// ```
struct NoId;

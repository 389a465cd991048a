//! The catalogue of mistakes in the Rust side of a gear: attributes, signatures, blocks.
//!
//! Mistakes in the Python are in `problem`. A message is one sentence without a full stop: the cause, a colon,
//! what to write instead.

use std::fmt;

macro_rules! mistakes {
    ($($group:literal: $($name:ident $({ $($field:ident),+ })? $code:literal $text:literal)+;)+) => {
        /// One kind of mistake in the Rust side of a gear, with the details of its message.
        ///
        /// `Display` is the whole message.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Mistake {
            $($(
                #[doc = concat!("`", $code, "`: ", $text)]
                $name $({ $(#[doc = "A varying part of the message."] $field: String),+ })?,
            )+)+
        }

        impl Mistake {
            /// A short and stable name of the kind of mistake, for filters.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $($(Mistake::$name { .. } => $code,)+)+
                }
            }
        }

        impl fmt::Display for Mistake {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($(Mistake::$name $({ $($field),+ })? => write!(f, $text),)+)+
                }
            }
        }

        /// Topic, code and text of every mistake. Varying parts are in braces, as for `format!`.
        pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
            $($(($group, $code, $text),)+)+
        ];
    };
}

mistakes! {
    "Keys of the attributes":
    NotAKey { example } "not-a-key"
        "expected a key: write `{example}`"
    UnknownKey { name, hint } "unknown-key"
        "unknown key `{name}`: {hint}"
    KeyTwice { name } "key-twice"
        "the key `{name}` is given twice: remove one of them"
    KeyWithoutValue { name, example } "key-without-value"
        "the key `{name}` has no value: write {example}"
    WrongValue { name, example } "wrong-value"
        "unexpected value for `{name}`: write {example}"
    NeedsQuotes { name, value } "needs-quotes"
        "`{name}` takes a string: write `{name} = \"{value}\"`"
    NeedsList { name, value } "needs-list"
        "`{name}` takes a list: write `{name} = [{value}]`"
    NeedsName { name, value } "needs-name"
        "`{name}` takes a name without quotes: write `{name} = {value}`"
    UnknownWord { name, word, hint } "unknown-word"
        "{word} is not a value of `{name}`: {hint}"
    EmptyTrigger "empty-trigger"
        "an empty name cannot be a trigger: write a name, or remove `trigger` to use the function's name"
    ControlTrigger "control-trigger"
        "this trigger contains a control character: write a name without control characters"
    NotACommand { name } "not-a-command"
        "{name} is not a command name: write one word, such as `HGET`"
    NoSuchCommand { name, similar } "no-such-command"
        "Redis has no command `{name}`: did you mean `{similar}`?"
    NoSuchEvent { name, similar } "no-such-event"
        "Redis reports no event `{name}` about keys: did you mean `{similar}`?"
    EmptyRequirement "empty-requirement"
        "an empty string is not a requirement: write the name of a package, such as `\"requests>=2.31\"`"
    EmptyPattern { key } "empty-pattern"
        "{key} is empty: write a name, a prefix such as `\"user:*\"`, or `\"*\"` for all names"
    GlobInPrefix { pattern, prefix } "glob-in-prefix"
        "`{pattern}` has a `*` before its end, but servers match only whole names and prefixes: write `\"{prefix}\"` and compare the rest in Python"
    PlainPattern { what, sign, remedy } "plain-pattern"
        "{what} is compared as text, in which `{sign}` is no pattern: {remedy}; if names contain it, add `allow = [\"plain-pattern\"]`"
    WholeName { what, name } "whole-name"
        "{what} is the whole name `{name}`, which only a prefix would end with: write `\"{name}*\"` for all names that begin so, or add `allow = [\"whole-name\"]` if one has this name"
    StreamMissing "stream-missing"
        "the name of the stream is missing: write `#[gear_stream(\"name\")]`, or `\"prefix*\"` for several streams"
    IntervalMissing "interval-missing"
        "the interval is missing: write `#[gear_every(\"5m\")]`"
    SubjectNotText { what, example } "subject-not-text"
        "{what} is a string: write `{example}`"
    NoUnit { text, example } "no-unit"
        "`{text}` has no unit of time: write `\"{example}\"`, with `ms`, `s`, `m`, `h` or `d`"
    NotADuration { text } "not-a-duration"
        "{text} is not a duration: write a whole number and a unit, such as `\"500ms\"`, `\"5s\"`, `\"10m\"`, `\"2h\"` or `\"1d\"`"
    NotWholeSeconds { text, key, example } "not-whole-seconds"
        "{key} must be a whole number of seconds, which `{text}` is not: write `\"{example}\"`, for example"
    ZeroDuration { key } "zero-duration"
        "{key} cannot be zero: write `\"1s\"` or more"
    DurationTooLong { text } "duration-too-long"
        "`{text}` is longer than a server can count: write less than 136 years"
    TooManyRetries { number } "too-many-retries"
        "{number} retries are more than a server can count: write less than 4294967296, or remove `max_retries` to try for ever"
    SmallBackoff "small-backoff"
        "`backoff` is the factor by which the pause grows: write `1` or more, such as `backoff = 2.0`"
    EmptyDeadLetter "empty-dead-letter"
        "the name of the stream of dead letters is empty: write a name, such as `dead_letter = \"orders-failed\"`"
    ZeroBatch "zero-batch"
        "a batch cannot be empty: write `batch = 1` or more"
    TooLargeBatch { number } "too-large-batch"
        "a batch of {number} is more than a server can count: write less than 4294967296";

    "Keys that do not go together":
    TriggerWithHook "trigger-with-hook"
        "a hook replaces a Redis command and has no trigger: remove `trigger`, or remove `hook`"
    PrefixWithoutHook "keyprefix-without-hook"
        "`keyprefix` limits a hook to some keys, but this gear has no `hook`: add `hook = \"..\"`, or remove `keyprefix`"
    ReplaceWithHook "replace-with-hook"
        "`replace` is about a trigger that is already registered, and a hook has no trigger: remove `replace`"
    HookPerShard "hook-per-shard"
        "a hook answers once, but `mode = \"async\"` answers once per shard: use `mode = \"async_local\"` or `\"sync\"`"
    HookPerShardResult "hook-per-shard-result"
        "a hook answers once, but `PerShard` holds one answer per shard: make the result the value itself"
    InOrderSync "inorder-sync"
        "calls on the main thread run in order anyway: remove `inorder`, or use `mode = \"async_local\"`"
    RetryWithoutRetry "retry-interval-without-retry"
        "`retry_interval` is the pause of `on_failed = \"retry\"`: add `on_failed = \"retry\"`, or remove `retry_interval`"
    OfRetries { key } "key-of-retries"
        "`{key}` is about the retries of `on_failed = \"retry\"`: add `on_failed = \"retry\"`, or remove `{key}`"
    CeilingWithoutBackoff "max-interval-without-backoff"
        "`max_interval` limits the pause that `backoff` makes grow: add `backoff = 2.0`, or remove `max_interval`"
    ShortCeiling "short-max-interval"
        "`max_interval` is shorter than the first pause, which is `retry_interval`: make it at least as long"
    DeadLetterAbort "dead-letter-abort"
        "`on_failed = \"abort\"` stops at an entry that fails, and `dead_letter` takes it away: write `on_failed = \"retry\"` with `max_retries = 3`, or remove `dead_letter`"
    DeadLetterNever "dead-letter-never"
        "`dead_letter` gets the entries that `max_retries` gives up, and without that key an entry is tried for ever: add `max_retries = 3`"
    DeadLetterRead { dead, pattern } "dead-letter-read"
        "`{dead}` is a stream that this gear reads itself, because it fits `{pattern}`, and dead letters would never end: choose another name"
    FailedSync "on-failed-sync"
        "with `mode = \"sync\"` a server always continues after an exception: write `on_failed = \"continue\"`, or use `mode = \"async_local\"`"
    ValueNotRead "value-not-read"
        "this record contains the value, but `read_value = false` leaves the value out: write `KeyRecord`, or remove `read_value`"
    AsyncOneValue "async-one-value"
        "`mode = \"async\"` returns one value per shard: make the result `PerShard<T>`, or use `mode = \"async_local\"`"
    PerShardNotAsync "per-shard-not-async"
        "`PerShard` needs a gear that runs on every shard: add `mode = \"async\"`, or make the result the value itself";

    "Signatures":
    NotAFunction { attribute, body } "not-a-function"
        "`#[{attribute}]` can only be on a function: write `{body}`"
    TwoGears { attribute } "two-gears"
        "a function can only be one gear: remove this attribute, or `#[{attribute}]`"
    Const "const"
        "a gear runs on the server and cannot be `const`: remove `const`"
    Unsafe "unsafe"
        "a gear is always safe to call: remove `unsafe`"
    Abi "abi"
        "a gear cannot have an ABI: remove the ABI"
    Variadic "variadic"
        "a gear cannot be variadic: write `#[rest] name: Vec<T>` for any number of arguments"
    GenericType "generic-type"
        "a gear is one function on the server and cannot be generic: replace the parameter by a type"
    GenericNumber "generic-number"
        "a gear is one function on the server and cannot be generic: replace the parameter by a number"
    WhereClause "where-clause"
        "a gear cannot be generic and needs no bounds: remove the `where` clause"
    Receiver "receiver"
        "a gear runs on the server and cannot take `self`: make it a free function and pass the values it needs"
    ArgumentAttribute "argument-attribute"
        "the only attribute for an argument of a gear is `#[rest]`: remove this one"
    RestNotLast "rest-not-last"
        "`#[rest]` takes all arguments that follow: move this argument to the end"
    RestNotList "rest-not-list"
        "`#[rest]` takes any number of values: make the type `Vec<T>` or `&[T]`"
    RestWithValue "rest-with-value"
        "`#[rest]` has no keys: write `#[rest]` alone"
    SameName "same-name"
        "two arguments of this gear have the same name: rename one of them"
    MutArgument "mut-argument"
        "an argument of a gear is not changed in Rust: remove `mut`, Python can assign to it anyway"
    NamelessArgument "nameless-argument"
        "an argument of a gear is passed to Python by its name: write a name instead of `_`"
    PatternArgument "pattern-argument"
        "an argument of a gear cannot be a pattern: write a plain name, and take the value apart in Python"
    PythonKeyword { name, what } "python-keyword"
        "`{name}` is reserved in Python and cannot name {what}: write `{name}_`, for example"
    EventArgument { attribute, example } "event-argument"
        "a function with `#[{attribute}]` has exactly one argument, the record: write `{example}`"
    EventAttribute { attribute } "event-attribute"
        "the argument of a function with `#[{attribute}]` cannot have an attribute: remove the attribute"
    EventReference { ty } "event-reference"
        "a record exists only in Python and cannot be borrowed: write `{ty}` without `&`"
    EveryArgument "every-argument"
        "a timer passes no arguments to the function: remove them"
    NoResult { attribute } "no-result"
        "the result of a function with `#[{attribute}]` would be lost: remove `-> ..`, and store values in Redis"
    NothingToCall { what } "nothing-to-call"
        "{what} is not called from Rust and cannot be `async`: remove `async`, the Python can still use `await`"
    FunctionArgument "function-argument"
        "a function with `#[gear]` is called by the registration, without arguments: remove them"
    FunctionResult "function-result"
        "a function with `#[gear]` must return its registration: write `-> Registration` or `-> Result<Registration>`"
    FunctionAsync "function-async"
        "a function with `#[gear]` is called by the registration and cannot be `async`: remove `async`";

    "Cargo features":
    FeatureMissing { what, feature, remedy } "feature-missing"
        "{what} needs the feature `{feature}` of redgrease: {remedy} in Cargo.toml";

    "Types":
    ArgumentImpl "argument-impl"
        "an argument of a gear cannot be `impl Trait`: write the type"
    ArgumentInfer "argument-infer"
        "the type of an argument cannot be inferred: write the type instead of `_`"
    ArgumentConnection { name, hint } "argument-connection"
        "the Python of a gear runs on the server and needs no connection: remove `{name}`, {hint}"
    ArgumentMut "argument-mut"
        "a gear receives a copy and cannot change an argument: remove `mut`, and return the new value"
    ResultInResult { value } "result-in-result"
        "the generated function puts the value into `redgrease::Result` itself: write `{value}`, or `Result<{value}, E>` for a Python that raises `Err(..)` with a value of the type `E`"
    ResultOfFailure { value, error } "result-of-failure"
        "Python cannot make an `Err` of `{error}`: write `{value}`, since the generated function returns failures itself, or use an enum with `#[derive(GearValue)]`"
    ResultOfResult "result-of-result"
        "Python has one `Err` for both `Result`s: use one `Result`"
    ResultReference "result-reference"
        "the result of a gear comes from the server and cannot be borrowed: return an owned type, `String` for `&str` or `Vec<T>` for `&[T]`"
    ResultLifetime "result-lifetime"
        "the result of a gear comes from the server and cannot be borrowed: return an owned type"
    ResultImpl "result-impl"
        "the result of a gear cannot be `impl Trait`: write the type"
    ResultInfer "result-infer"
        "the type of the result cannot be inferred: write the type instead of `_`"
    ResultNever "result-never"
        "a gear always answers: remove `-> !` if it returns no value"
    OptionUnit "option-unit"
        "Python has one `None` for both `Some(())` and `None`: use `bool`"
    OptionOption "option-option"
        "Python has one `None` for both `Some(None)` and `None`: use one `Option`"
    OptionOk { value } "option-ok"
        "Python has one `None` for both `Some(Ok({value}))` and `None`: remove the `Option` around the `Result`"
    DeriveBound "derive-bound"
        "`GearValue` supports only bounds on type parameters: remove the derive, and use `Json<T>` in signatures";

    "Blocks":
    NoBody "no-body"
        "this gear has no body: write `{{ python! {{ .. }} }}` instead of the semicolon"
    OtherBody "other-body"
        "the body of a gear must be a single Python block: write `python! {{ .. }}` and nothing else"
    BehindBlock "behind-block"
        "the body of a gear must be a single Python block: remove the code after it"
    NoBlock "no-block"
        "this `python!` has no block: write `python! {{ .. }}`"
    AngleNotClosed "angle-not-closed"
        "this `python!<` is not closed: write `python!< .. >`"
    AngleOutside "angle-outside"
        "`python!< .. >` is only for the body of a function inside `gears!`: write `python! {{ .. }}`"
    StringInBraces "string-in-braces"
        "a Rust string in braces would be read as Python: write `python!(r#\"..\"#)`, with parentheses"
    CodeInParentheses "code-in-parentheses"
        "expected a string or `file = \"..\"` here: write Python code in braces, `python! {{ .. }}`"
    OtherLiteral "other-literal"
        "expected a string that contains the Python: write `python!(r#\"..\"#)`"
    StringSuffix "string-suffix"
        "a string that contains Python cannot have a suffix: remove the suffix"
    NotAPath "not-a-path"
        "expected a path: write `python!(file = \"gears/name.py\")`"
    FileUnreadable { path, reason } "file-unreadable"
        "cannot read {path}: {reason}"
    OtherMacro "other-macro"
        "this Python was produced by another macro, so its text cannot be read: write it as a string, `python!(r#\"..\"#)`"
    Unseen "unseen"
        "the text of this Python cannot be read: write it as a string, `python!(r#\"..\"#)`"
    FileNotHere { place, hint } "file-not-here"
        "{place} cannot be in a file: {hint}";

    "Shared Python":
    ModuleShape "module-shape"
        "expected a name and a block: write `python_module! {{ name {{ .. }} }}`"
    ModuleString "module-string"
        "expected Python here: write `python_module! {{ name {{ .. }} }}`, or `name(r#\"..\"#)` for Python that Rust cannot read";

    "Callbacks":
    CaptureTaken { name } "capture-taken"
        "`'{name}` is called `_{name}` in the Python, which already has a `_{name}`: rename one of the two"
    NothingToCapture { place, hint } "nothing-to-capture"
        "{place} cannot capture Rust variables: {hint}";

    "Lists of gears":
    NotAGear "not-a-gear"
        "expected the name of a gear: write `gears![first, module::second]`"
    NotAnItem "not-an-item"
        "this item is incomplete: write `gears! {{ #[gear_command] fn name() {{ python!< .. > }} }}`";

    "Tests":
    TestFunction "test-function"
        "`#[gear_test]` can only be on a function with a body: write `fn name(con: &mut redgrease::Con) {{ .. }}`"
    TestKey "test-key"
        "expected `gears`, `shards`, `replicas` or `crate`, once each: write `#[gear_test(gears = [a, b])]` or `#[gear_test(shards = 3)]`"
    TestNumber { name, least, most } "test-number"
        "`{name}` takes a whole number from {least} to {most}: write `#[gear_test(shards = 3, replicas = 1)]`"
    TestReplicas "test-replicas"
        "`replicas` belong to the shards of a cluster: write `#[gear_test(shards = 3, replicas = 1)]`"
    TestGeneric "test-generic"
        "a test cannot be generic: replace the parameter by a type"
    TestReceiver "test-receiver"
        "a test cannot take `self`: make it a free function"
    TestTwice "test-twice"
        "`#[gear_test]` already makes the function a test: remove `#[test]`";

    "Defects":
    Panicked { name, reason } "panicked"
        "the macro `{name}` failed ({reason}): this is a defect of RedGrease, please report it with the code";
}

/// A value as messages show it: in backticks, or as `an empty string` if it is empty.
///
/// ```
/// assert_eq!(redgrease_syntax::quoted("HGET"), "`HGET`");
/// assert_eq!(redgrease_syntax::quoted(""), "an empty string");
/// ```
#[must_use]
pub fn quoted(value: &str) -> String {
    if value.is_empty() {
        "an empty string".to_owned()
    } else {
        format!("`{value}`")
    }
}

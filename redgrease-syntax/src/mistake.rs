//! The catalogue of what the macros say about the Rust side of a gear: attributes, signatures, blocks.
//!
//! What they say about the Python is in `problem`. A text is one sentence without a full stop: what is
//! wrong, a colon, what to write instead.

use std::fmt;

macro_rules! mistakes {
    ($($group:literal: $($name:ident $({ $($field:ident),+ })? $code:literal $text:literal)+;)+) => {
        /// One kind of mistake about the Rust side of a gear, with what is needed to explain it.
        ///
        /// `Display` is the whole message.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Mistake {
            $($(
                #[doc = concat!("`", $code, "`: ", $text)]
                $name $({ $(#[doc = "Part of the message."] $field: String),+ })?,
            )+)+
        }

        impl Mistake {
            /// A short name for the kind of mistake, stable enough to filter by.
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

        /// Topic, code and text of every mistake. Parts that vary stand in braces, as for `format!`.
        pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
            $($(($group, $code, $text),)+)+
        ];
    };
}

mistakes! {
    "Keys of the attributes":
    NotAKey "not-a-key"
        "expected a key: write `key = value`"
    UnknownKey { name, hint } "unknown-key"
        "unknown key `{name}`: {hint}"
    KeyTwice { name } "key-twice"
        "the key `{name}` is given twice: remove one of them"
    KeyWithoutValue { name, example } "key-without-value"
        "the key `{name}` has no value: write {example}"
    WrongValue { name, example } "wrong-value"
        "unexpected value of `{name}`: write {example}"
    NeedsList { name, value } "needs-list"
        "`{name}` takes a list: write `{name} = [{value}]`"
    NeedsName { name, value } "needs-name"
        "`{name}` takes a name without quotes: write `{name} = {value}`"
    UnknownWord { name, word, hint } "unknown-word"
        "unknown {name} `{word}`: {hint}"
    EmptyTrigger "empty-trigger"
        "a trigger has a name: remove the key to use the function's name"
    ControlTrigger "control-trigger"
        "this trigger has a control character: use a name people can type"
    NotACommand { name } "not-a-command"
        "`{name}` is not the name of a Redis command: write one word, such as `HGET`"
    EmptyPrefix { key } "empty-prefix"
        "an empty `{key}` is no filter: write `\"*\"` for every key, or a prefix such as `\"user:*\"`"
    GlobInPrefix { pattern, prefix } "glob-in-prefix"
        "`{pattern}` has a `*` before its end, and servers know only whole names and beginnings: write `\"{prefix}\"` and compare the rest in Python"
    StreamMissing "stream-missing"
        "this attribute does not say which stream: write `#[gear_stream(\"name\")]`, or `\"prefix*\"` for several"
    IntervalMissing "interval-missing"
        "this attribute does not say how often: write `#[gear_every(\"5m\")]`"
    NoUnit { text, example } "no-unit"
        "`{text}` could be any unit of time: write `\"{example}\"`, with `ms`, `s`, `m`, `h` or `d`"
    NotADuration { text } "not-a-duration"
        "`{text}` is not a duration: write a whole number and a unit, such as `\"500ms\"`, `\"5s\"`, `\"10m\"`, `\"2h\"` or `\"1d\"`"
    NotWholeSeconds { text, key } "not-whole-seconds"
        "the server counts {key} in whole seconds, which `{text}` is not: write `\"1s\"` or more"
    ZeroDuration { key } "zero-duration"
        "{key} cannot be nothing: write `\"1s\"` or more"
    DurationTooLong { text } "duration-too-long"
        "`{text}` is longer than a server can count: write less than 136 years"
    ZeroBatch "zero-batch"
        "a batch of nothing would never come: write `batch = 1` or more"
    TooLargeBatch { number } "too-large-batch"
        "a batch of {number} is more than a server can count: write less than 4294967296";

    "Keys that do not go together":
    TriggerWithHook "trigger-with-hook"
        "`hook` takes the place of a command of Redis and `trigger` names a new one: remove one of the two"
    PrefixWithoutHook "keyprefix-without-hook"
        "`keyprefix` says for which keys a hook is, and this is none: add `hook = \"..\"`, or remove it"
    ReplaceWithHook "replace-with-hook"
        "`replace` is about a trigger that somebody else has, and a hook has no trigger: remove it"
    HookPerShard "hook-per-shard"
        "a command of Redis answers once, and `mode = \"async\"` would answer for every shard: use `mode = \"async_local\"` or `\"sync\"`"
    InOrderSync "inorder-sync"
        "what runs on the main thread runs in order anyway: remove `inorder`, or use `mode = \"async_local\"`"
    RetryWithoutRetry "retry-interval-without-retry"
        "`retry_interval` is the pause of `on_failed = \"retry\"`: add that, or remove it"
    FailedSync "on-failed-sync"
        "on the main thread a server can only go on after an exception: write `on_failed = \"continue\"`, or use `mode = \"async_local\"`"
    ValueNotRead "value-not-read"
        "`read_value = false` leaves the value out, and this type reads it: write `KeyRecord`, or remove the key"
    AsyncOneValue "async-one-value"
        "`mode = \"async\"` runs on every shard and answers once for each: make the result `PerShard<T>`, or use `mode = \"async_local\"`"
    PerShardNotAsync "per-shard-not-async"
        "`PerShard` is the result of a gear that runs on every shard: add `mode = \"async\"`, or make the result the value itself";

    "Signatures":
    NotAFunction { attribute, body } "not-a-function"
        "`#[{attribute}]` goes on a function: write `{body}`"
    TwoGears { attribute } "two-gears"
        "a function is one gear: remove one of the `#[{attribute}]`"
    Const "const"
        "a gear runs on the server and cannot be `const`: remove it"
    Unsafe "unsafe"
        "a gear is safe to call: remove `unsafe`"
    Abi "abi"
        "a gear has no ABI of its own: remove it"
    Variadic "variadic"
        "a gear says which arguments it takes: write `#[rest] name: Vec<T>` for any number"
    GenericType "generic-type"
        "a gear is one function on the server and cannot be generic: name the type"
    GenericNumber "generic-number"
        "a gear is one function on the server and cannot be generic: name the number"
    WhereClause "where-clause"
        "a gear has no generic types to say something about: remove the clause"
    Receiver "receiver"
        "a gear has no `self`, its code runs elsewhere: make it a free function and pass what it needs"
    ArgumentAttribute "argument-attribute"
        "the only attribute an argument of a gear can have is `#[rest]`, on the last one: remove it"
    RestNotLast "rest-not-last"
        "`#[rest]` takes everything that follows: put this argument last"
    RestNotList "rest-not-list"
        "`#[rest]` takes any number of values: make the type `Vec<T>` or `&[T]`"
    RestWithValue "rest-with-value"
        "`#[rest]` has no keys: write it without anything"
    SameName "same-name"
        "two arguments of a gear have this name: rename one of them"
    MutArgument "mut-argument"
        "an argument of a gear is not changed in Rust: remove `mut`, Python can assign to it anyway"
    NamelessArgument "nameless-argument"
        "an argument of a gear is passed to Python by its name: give it one"
    PatternArgument "pattern-argument"
        "an argument of a gear is a plain name: take patterns apart in Python"
    PythonKeyword { name, what } "python-keyword"
        "`{name}` has a meaning of its own in Python and cannot name {what}: call it `{name}_`, for example"
    EventArgument { attribute, example } "event-argument"
        "a function with `#[{attribute}]` has one argument, what happened: write `{example}`"
    EventReference { ty } "event-reference"
        "the record exists in Python alone and cannot be borrowed: write `{ty}` without `&`"
    EveryArgument "every-argument"
        "nobody is there to pass an argument to a function that runs by the clock: remove it"
    NoResult { what } "no-result"
        "nobody receives the result of {what}: remove `-> ..`, and store what is worth keeping in Redis"
    NothingToCall { what } "nothing-to-call"
        "{what} is not called from Rust: remove `async`, the Python can `await` all the same"
    FunctionArgument "function-argument"
        "a function with `#[gear]` is called by nobody but the registration and takes no arguments: remove them"
    FunctionResult "function-result"
        "a function with `#[gear]` gives what is to be registered: write `-> Registration` or `-> Result<Registration>`"
    FunctionAsync "function-async"
        "a function with `#[gear]` is evaluated when nothing runs yet: remove `async`";

    "Types":
    ArgumentImpl "argument-impl"
        "an argument of a gear has one type: name it instead of `impl`"
    ArgumentInfer "argument-infer"
        "an argument of a gear has a type that is written out: name it"
    ArgumentMut "argument-mut"
        "a gear receives a copy and cannot change an argument: remove `mut`, and return what is new"
    ResultInResult { value } "result-in-result"
        "a gear names only the value it returns, here `-> {value}`: the generated function puts it into `redgrease::Result` itself"
    ResultReference "result-reference"
        "the result of a gear comes from another process and cannot be borrowed: return an owned type, `String` for `&str` or `Vec<T>` for `&[T]`"
    ResultLifetime "result-lifetime"
        "the result of a gear comes from another process and cannot be borrowed: return an owned type"
    ResultImpl "result-impl"
        "the result of a gear has one type: name it instead of `impl`"
    ResultInfer "result-infer"
        "the result of a gear has a type that is written out: name it"
    ResultNever "result-never"
        "a gear answers in the end: remove `-> !` if there is no value"
    OptionUnit "option-unit"
        "Python has one `None`, which is both `Some(())` and `None` here: use `bool`"
    OptionOption "option-option"
        "Python has one `None` and cannot tell `Some(None)` from `None`: use one `Option`"
    DeriveBound "derive-bound"
        "`GearValue` understands only bounds of a type parameter here: implement the conversion with `Json<T>` instead";

    "Blocks":
    NoBody "no-body"
        "this gear has no body: write `{{ python! {{ .. }} }}` instead of the semicolon"
    OtherBody "other-body"
        "the body of a gear is one Python block: write `python! {{ .. }}` and nothing else"
    BehindBlock "behind-block"
        "the body of a gear ends with its Python block: remove what stands behind it"
    NoBlock "no-block"
        "this `python!` has no block: write `python! {{ .. }}`"
    StringInBraces "string-in-braces"
        "a Rust string in braces would be taken for Python: write `python!(r#\"..\"#)`, with parentheses"
    CodeInParentheses "code-in-parentheses"
        "expected a string or `file = \"..\"` here: Python itself goes into braces, `python! {{ .. }}`"
    OtherLiteral "other-literal"
        "expected a string that holds the Python: write `python!(r#\"..\"#)`"
    StringSuffix "string-suffix"
        "a string that holds Python has no suffix: remove it"
    NotAPath "not-a-path"
        "expected a path: write `python!(file = \"gears/name.py\")`"
    FileUnreadable { path, reason } "file-unreadable"
        "cannot read `{path}`: {reason}"
    OtherMacro "other-macro"
        "this Python was produced by another macro, so its text cannot be read: write it as a string, `python!(r#\"..\"#)`"
    Unseen "unseen"
        "the Python of this gear cannot be read: write it as a string"
    FileNotHere { place } "file-not-here"
        "{place} is written in place: put the Python here, or into a `module = \"gears/file.py\"`";

    "Shared Python":
    ModuleShape "module-shape"
        "expected a name and a block: write `python_module! {{ name {{ .. }} }}`"
    ModuleString "module-string"
        "expected Python here: write `python_module! {{ name {{ .. }} }}`, or `name(r#\"..\"#)` for Python that Rust cannot read";

    "Callbacks":
    CaptureTaken { name } "capture-taken"
        "the Python has a `_{name}` of its own, which is what `'{name}` is called there: rename one of the two"
    NothingToCapture "nothing-to-capture"
        "the body of a gear captures nothing, it runs when others call it: make this an argument";

    "Lists of gears":
    NotAGear "not-a-gear"
        "expected the name of a gear: write `gears![first, module::second]`"
    NotAnItem "not-an-item"
        "expected functions with `#[gear_command]` and the like: write `gears! {{ #[gear_command] fn name() {{ python!< .. > }} }}`";

    "Tests":
    TestFunction "test-function"
        "`#[gear_test]` goes on a function with a body: write `fn name(con: &mut Con) {{ .. }}`"
    TestKey "test-key"
        "unknown key: the only one is `gears`, write `#[gear_test(gears = [a, b])]`"
    TestGeneric "test-generic"
        "a test is one function and cannot be generic: name the type"
    TestReceiver "test-receiver"
        "a test has no `self`: make it a free function"
    TestTwice "test-twice"
        "`#[gear_test]` makes it a test already: remove `#[test]`";
}

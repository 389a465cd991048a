//! What a macro writes down about one gear: constants only, so that it fits in a `static`.

use crate::convert::Codec;
use std::fmt;

/// One gear of this program, as the macros describe it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gear {
    name: &'static str,
    spec: GearSpec,
}

impl Gear {
    /// Called by the expansion of the macros only.
    #[doc(hidden)]
    pub const fn new(name: &'static str, spec: GearSpec) -> Self {
        Gear { name, spec }
    }

    /// Name of the Rust function, which is also the name of the Python function.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where the function stands in the Rust source.
    pub fn location(&self) -> Location {
        self.spec.location
    }

    /// The name clients call it by, for a gear that is a command of its own.
    pub fn trigger(&self) -> Option<&'static str> {
        match self.spec.kind {
            GearKind::Command {
                trigger,
                hook: None,
                ..
            } => Some(trigger),
            _ => None,
        }
    }

    #[doc(hidden)]
    pub fn spec(&self) -> &GearSpec {
        &self.spec
    }
}

/// The fields of a [`Gear`], apart from it so that an expansion can write a literal.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct GearSpec {
    /// `CARGO_PKG_NAME` of the crate the gear was written in.
    pub package: &'static str,
    /// `CARGO_CRATE_NAME`.
    pub krate: &'static str,
    /// `CARGO_BIN_NAME`, set for binaries and examples.
    pub bin: Option<&'static str>,
    /// `CARGO_PKG_VERSION`.
    pub version: &'static str,
    pub kind: GearKind,
    pub args: &'static [(&'static str, Codec)],
    pub ret: Codec,
    /// The Python, byte for byte as it was written.
    pub source: &'static str,
    pub form: SourceForm,
    /// The file `source` stands in, relative to the workspace as rustc names it.
    pub source_file: &'static str,
    /// 1-based line of `source_file` on which `source` begins.
    pub source_line: u32,
    /// `true` if the Python function is a coroutine function.
    pub coroutine: bool,
    /// Names the Python uses that it does not define: what decides which parts of the prelude it needs.
    pub names: &'static [&'static str],
    pub requirements: &'static [&'static str],
    pub description: Option<&'static str>,
    /// The oldest Python the source was checked against.
    pub python: (u8, u8),
    pub location: Location,
    /// The doc comment of the Rust function: the docstring of the Python function.
    pub doc: &'static str,
    /// Module path and name of the Rust function: the qualified name of the Python function, and the key its calls are
    /// counted under.
    pub path: &'static str,
    /// The last argument takes all that follow. Its codec is the list; each element is an argument of its own.
    pub rest: bool,
    pub count_calls: bool,
    /// What to do about a trigger that another session owns: take it over, leave it alone, or (`None`) fail.
    pub replace: Option<bool>,
    /// Python shared with other gears.
    pub module: Option<&'static PythonModule>,
    pub on_registered: Option<OnRegistered>,
}

impl GearSpec {
    /// A description without code, arguments and options. An expansion writes the fields that differ and takes the
    /// others from here.
    pub const BLANK: GearSpec = GearSpec {
        package: "",
        krate: "",
        bin: None,
        version: "",
        kind: GearKind::Command {
            trigger: "",
            mode: Mode::Sync,
            in_order: false,
            hook: None,
        },
        args: &[],
        ret: Codec::Unit,
        source: "",
        form: SourceForm::Body,
        source_file: "",
        source_line: 1,
        coroutine: false,
        names: &[],
        requirements: &[],
        description: None,
        python: (3, 9),
        location: Location::new("", 1, 1),
        doc: "",
        path: "",
        rest: false,
        count_calls: false,
        replace: None,
        module: None,
        on_registered: None,
    };
}

/// What kind of gear it is, and what belongs to that kind.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum GearKind {
    /// A command: called with `RG.TRIGGER trigger ..`, or in the place of a command of Redis.
    Command {
        /// Empty if the gear is a hook.
        trigger: &'static str,
        mode: Mode,
        in_order: bool,
        hook: Option<Hook>,
    },
    /// Reacts to changes of keys.
    Keys(KeysSpec),
    /// Reads streams.
    Stream(StreamSpec),
    /// Runs again and again.
    Every(EverySpec),
    /// A chain, made by a function.
    Function(fn() -> crate::Result<crate::builder::Registration>),
}

/// A command of Redis whose place a gear takes.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    pub command: &'static str,
    /// Only for keys that begin like this.
    pub key_prefix: Option<&'static str>,
}

/// Which changes of keys a gear reacts to. An empty list is no filter.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct KeysSpec {
    pub prefix: &'static str,
    pub events: &'static [&'static str],
    pub key_types: &'static [&'static str],
    pub commands: &'static [&'static str],
    pub read_value: bool,
    pub mode: Mode,
    /// What the value is read as; `None` leaves it as the server gives it.
    pub value: Option<Codec>,
}

/// Which streams a gear reads, and how.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct StreamSpec {
    /// Prefix of the keys, or one key.
    pub stream: &'static str,
    pub batch: u32,
    /// In milliseconds; 0 waits for a whole batch.
    pub duration_ms: u64,
    pub on_failed: FailurePolicy,
    /// In seconds.
    pub retry_interval_s: u32,
    pub trim: bool,
    pub mode: Mode,
    /// What the fields are read as; `None` leaves them as the server gives them.
    pub value: Option<Codec>,
    /// The function takes a whole batch.
    pub batched: bool,
}

/// What happens to a stream's entries when the function fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// Goes on with the next entries.
    #[default]
    Continue,
    /// Stops reading the stream.
    Abort,
    /// Tries the same entries again.
    Retry,
}

crate::keyword::keyword!(FailurePolicy, "failure policy" {
    Continue = "continue",
    Abort = "abort",
    Retry = "retry",
});

/// How often a gear runs.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EverySpec {
    pub seconds: u64,
}

/// Python that several gears share: functions, imports and state.
#[derive(Debug)]
pub struct PythonModule {
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub source: &'static str,
    #[doc(hidden)]
    pub source_file: &'static str,
    #[doc(hidden)]
    pub source_line: u32,
    /// Names it defines.
    #[doc(hidden)]
    pub names: &'static [&'static str],
    /// Names it uses and does not define.
    #[doc(hidden)]
    pub uses: &'static [&'static str],
}

impl PythonModule {
    /// Whether the module defines a name. `*` stands for any name.
    ///
    /// In a constant: what a macro cannot see, the compiler checks.
    #[doc(hidden)]
    #[must_use]
    pub const fn defines(&self, name: &str) -> bool {
        let mut i = 0;
        while i < self.names.len() {
            if same(self.names[i], name) || same(self.names[i], "*") {
                return true;
            }
            i += 1;
        }
        false
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    if a.len() != b.len() {
        return false;
    }
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The body of a function without arguments that every shard runs when the gear is registered there.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct OnRegistered {
    pub source: &'static str,
    pub source_file: &'static str,
    pub source_line: u32,
    /// Names it uses and does not define.
    pub names: &'static [&'static str],
}

/// How the Python text is to be read.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceForm {
    /// The body of the function: the header `def name(args):` is put in front of it.
    Body,
    /// A Python module that defines a function of the gear's name.
    Module,
}

/// Where a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Mode {
    /// On the server's main thread: fastest, and nothing else runs meanwhile.
    Sync,
    /// On a worker thread of the shard that received the call.
    #[default]
    AsyncLocal,
    /// On a worker thread of every shard.
    Async,
}

crate::keyword::keyword!(Mode, "mode" {
    Sync = "sync",
    AsyncLocal = "async_local",
    Async = "async",
});

/// A place in the Rust source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Location {
    /// Path as rustc names it.
    pub file: &'static str,
    /// 1-based.
    pub line: u32,
    /// 1-based.
    pub column: u32,
}

impl Location {
    #[doc(hidden)]
    pub const fn new(file: &'static str, line: u32, column: u32) -> Self {
        Location { file, line, column }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What `inventory` collects: a pointer, so that a description exists once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entry(pub &'static Gear);

inventory::collect!(Entry);

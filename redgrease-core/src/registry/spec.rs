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

    /// The name clients call it by, for a gear that is a command.
    pub fn trigger(&self) -> Option<&'static str> {
        match self.spec.kind {
            GearKind::Command { trigger, .. } => Some(trigger),
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
}

/// What kind of gear it is, and what belongs to that kind.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GearKind {
    /// A command: called with `RG.TRIGGER trigger ..`.
    Command { trigger: &'static str, mode: Mode },
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

impl Mode {
    /// The word the server uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Sync => "sync",
            Mode::AsyncLocal => "async_local",
            Mode::Async => "async",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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

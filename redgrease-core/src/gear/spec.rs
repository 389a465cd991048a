//! One gear and its fields.

use super::kind::{GearKind, Hook, Mode};
use super::program::Program;
use super::python::{OnRegistered, PythonModule, SourceForm};
use crate::convert::Codec;
use crate::location::Location;

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

    /// Place of the function in the Rust source.
    pub fn location(&self) -> Location {
        self.spec.location
    }

    /// The trigger in the source, without a namespace; `None` if the gear is not a command with a trigger.
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

/// The fields of a [`Gear`], as a separate type so that an expansion can write a literal.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct GearSpec {
    /// `CARGO_PKG_NAME` of the crate that contains the gear.
    pub package: &'static str,
    /// `CARGO_CRATE_NAME`.
    pub krate: &'static str,
    /// `CARGO_BIN_NAME`, set for binaries and examples.
    pub bin: Option<&'static str>,
    /// `CARGO_PKG_VERSION`.
    pub version: &'static str,
    /// What the build knows about the crate.
    pub program: Program,
    pub kind: GearKind,
    /// Names and codecs of the arguments.
    pub args: &'static [(&'static str, Codec)],
    /// Codec of the result.
    pub ret: Codec,
    /// The Python, byte for byte as it stands in the source.
    pub source: &'static str,
    pub form: SourceForm,
    /// The file that contains `source`, relative to the workspace as rustc names it.
    pub source_file: &'static str,
    /// 1-based line of `source_file` on which `source` begins.
    pub source_line: u32,
    /// `true` if the Python function is a coroutine function.
    pub coroutine: bool,
    /// Names that the Python uses and does not define. They decide which parts of the prelude are sent.
    pub names: &'static [&'static str],
    pub requirements: &'static [&'static str],
    pub description: Option<&'static str>,
    /// The oldest Python version that the source was checked against: major, minor.
    pub python: (u8, u8),
    pub location: Location,
    /// The doc comment of the Rust function: the docstring of the Python function.
    pub doc: &'static str,
    /// Module path and name of the Rust function: the qualified name of the Python function, and the field of the
    /// hash that counts its calls.
    pub path: &'static str,
    /// The last argument takes all remaining arguments. Its codec is the list; each element is an argument.
    pub rest: bool,
    pub count_calls: bool,
    /// The treatment of a trigger that another session owns: take it over, leave it alone, or (`None`) fail.
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
        program: Program::UNKNOWN,
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

    /// The command that the gear replaces.
    pub(crate) fn hook(&self) -> Option<&Hook> {
        match &self.kind {
            GearKind::Command { hook, .. } => hook.as_ref(),
            _ => None,
        }
    }
}

/// The element of the `inventory` collection: a pointer, so that each description exists once.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entry(pub &'static Gear);

inventory::collect!(Entry);

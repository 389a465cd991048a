//! Python that is not the gear's own: a module several gears share, and what runs when they are
//! registered.

use super::python::show_all;
use crate::parse::{self, Block, Keys, PythonText, SharedPython};
use crate::report::Errors;
use proc_macro2::Ident;
use redgrease_syntax::{Elsewhere, PythonVersion, Source, examine};
use syn::ext::IdentExt;
use syn::{Attribute, Path, Visibility};

/// The module a gear names.
pub(crate) enum Module<'a> {
    /// A `python_module!`, about which nothing is known here.
    Item(&'a Path),
    /// A file; absent in an editor.
    File(Option<Shared<'a>>),
}

/// Shared Python, judged.
pub(crate) struct Shared<'a> {
    pub(crate) name: String,
    pub(crate) text: &'a PythonText,
    /// What makes a module of indented text.
    pub(crate) header: String,
    pub(crate) defines: Vec<String>,
    pub(crate) uses: Vec<String>,
}

/// A `python_module!`, judged.
pub(crate) struct SharedModule<'a> {
    pub(crate) attributes: &'a [Attribute],
    pub(crate) visibility: &'a Visibility,
    pub(crate) name: &'a Ident,
    /// Absent if it is wrong, or in an editor.
    pub(crate) shared: Option<Shared<'a>>,
}

/// What runs when a gear is registered.
pub(crate) struct Setup<'a> {
    pub(crate) text: &'a PythonText,
    pub(crate) names: Vec<String>,
    /// Names that are errors if the gear's module does not define them.
    pub(crate) elsewhere: Vec<Elsewhere>,
    /// What it declares `global`.
    defines: Vec<String>,
}

/// Names that Python other than the gear's own defines.
pub(super) struct Known<'a> {
    pub(super) names: Vec<&'a str>,
    /// There are more, which the compiler knows.
    pub(super) more: bool,
}

pub(super) fn module<'a>(
    keys: &'a Keys,
    python: PythonVersion,
    errors: &mut Errors,
) -> Option<Module<'a>> {
    match keys.module.as_ref()? {
        parse::Module::Item(path) => Some(Module::Item(path)),
        parse::Module::File(block) => {
            let shared = block.text().map(|text| {
                let stem = std::path::Path::new(&text.file)
                    .file_stem()
                    .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                shared(stem, text, python, errors)
            });
            Some(Module::File(shared))
        }
    }
}

fn shared<'a>(
    name: String,
    text: &'a PythonText,
    python: PythonVersion,
    errors: &mut Errors,
) -> Shared<'a> {
    let source = Source::shared(&name, &text.text).python(python);
    let report = examine(&source);
    show_all(&report.findings, text, errors);
    // With a mistake in it nobody knows what it would define.
    let defines = if report.findings.is_empty() {
        report.defines
    } else {
        vec!["*".to_owned()]
    };
    Shared {
        text,
        header: source.header(false),
        defines,
        uses: report.names,
        name,
    }
}

/// Judges a `python_module!`.
pub(crate) fn shared_module<'a>(
    written: &'a SharedPython,
    errors: &mut Errors,
) -> SharedModule<'a> {
    let name = written.name.unraw().to_string();
    let text = written.block.as_ref().and_then(Block::text);
    SharedModule {
        attributes: &written.attributes,
        visibility: &written.visibility,
        name: &written.name,
        shared: text.map(|text| shared(name, text, PythonVersion::default(), errors)),
    }
}

pub(super) fn setup<'a>(
    keys: &'a Keys,
    module: Option<&Module<'_>>,
    python: PythonVersion,
    errors: &mut Errors,
) -> Option<Setup<'a>> {
    let text = keys.on_registered.as_ref()?.text()?;
    let known = known(module, None);
    let source = Source::body("on_registered", &[], &text.text)
        .python(python)
        .known(&known.names)
        .more_elsewhere(known.more)
        .generators(redgrease_syntax::Generators::Nobody);
    let report = examine(&source);
    show_all(&report.findings, text, errors);
    Some(Setup {
        text,
        names: report.names,
        elsewhere: report.elsewhere,
        defines: report.defines,
    })
}

pub(super) fn known<'a>(module: Option<&'a Module<'_>>, setup: Option<&'a Setup<'_>>) -> Known<'a> {
    let mut known = Known {
        names: Vec::new(),
        more: false,
    };
    match module {
        Some(Module::Item(_)) => known.more = true,
        Some(Module::File(Some(shared))) => {
            known
                .names
                .extend(shared.defines.iter().map(String::as_str));
        }
        // In an editor nobody knows.
        Some(Module::File(None)) => known.names.push("*"),
        None => {}
    }
    if let Some(setup) = setup {
        known.names.extend(setup.defines.iter().map(String::as_str));
    }
    known
}

//! Checks the Python around a gear: a module that several gears share, and `on_registered`.

use super::Target;
use super::python::show_all;
use crate::parse::{self, Block, Keys, PythonText, SharedPython};
use crate::report::Errors;
use proc_macro2::Ident;
use redgrease_syntax::{Source, UnknownName, examine};
use syn::ext::IdentExt;
use syn::{Attribute, Path, Visibility};

/// The module that a gear names.
pub(crate) enum Module<'a> {
    /// A `python_module!`, whose Python this macro cannot see.
    Item(&'a Path),
    /// A file. `None` in an editor.
    File(Option<Shared<'a>>),
}

/// A checked shared module.
pub(crate) struct Shared<'a> {
    pub(crate) name: String,
    pub(crate) text: &'a PythonText,
    /// The line in front of indented text that makes it a module.
    pub(crate) header: String,
    pub(crate) defines: Vec<String>,
    pub(crate) uses: Vec<String>,
    /// Modules that a requirement of each gear has to provide, with the message if it does not. Only for `python_module!`,
    /// which does not know the requirements.
    pub(crate) imports: Vec<(String, String)>,
}

/// A checked `python_module!`.
pub(crate) struct SharedModule<'a> {
    pub(crate) attributes: &'a [Attribute],
    pub(crate) visibility: &'a Visibility,
    pub(crate) name: &'a Ident,
    /// `None` if the block has a mistake, or in an editor.
    pub(crate) shared: Option<Shared<'a>>,
}

/// The checked Python of `on_registered`.
pub(crate) struct Setup<'a> {
    pub(crate) text: &'a PythonText,
    pub(crate) names: Vec<String>,
    /// Names that only the gear's module can define. The compiler checks that it does.
    pub(crate) unknown_names: Vec<UnknownName>,
    /// The names that it declares `global`.
    defines: Vec<String>,
    /// The names that it assigns without declaring them `global`.
    locals: Vec<String>,
}

/// The names that the module and `on_registered` define for the Python of a gear.
pub(super) struct Known<'a> {
    pub(super) names: Vec<&'a str>,
    /// The module defines more names, which this macro cannot see.
    pub(super) more: bool,
    /// The local variables of `on_registered`, which the Python of the gear cannot see.
    pub(super) locals: Vec<&'a str>,
}

pub(super) fn module<'a>(
    keys: &'a Keys,
    target: Target<'_>,
    errors: &mut Errors,
) -> Option<Module<'a>> {
    match keys.module.as_ref()? {
        parse::Module::Item(path) => Some(Module::Item(path)),
        parse::Module::File(block) => {
            let shared = block.text().map(|text| {
                let stem = std::path::Path::new(&text.file)
                    .file_stem()
                    .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
                shared(stem, text, Some(target), errors)
            });
            Some(Module::File(shared))
        }
    }
}

fn shared<'a>(
    name: String,
    text: &'a PythonText,
    target: Option<Target<'_>>,
    errors: &mut Errors,
) -> Shared<'a> {
    let mut source = Source::shared(&name, &text.text);
    if let Some(target) = target {
        source = source
            .python(target.python)
            .requirements(target.requirements)
            .allowed(target.allowed);
    }
    let report = examine(&source);
    show_all(&report.findings, text, errors);
    // The definitions of a module with a mistake are unknown, so every name counts as defined.
    let defines = if report.findings.is_empty() {
        report.defines
    } else {
        vec!["*".to_owned()]
    };
    let imports = report.unknown_imports.into_iter();
    let imports = imports.map(|import| {
        let lines_before = text.text[..import.range.start].matches('\n').count();
        let message = format!(
            "the Python module `{name}` imports `{}` ({}:{}), which no requirement of this gear provides: {}{}",
            import.module,
            text.file,
            text.line + lines_before,
            import.hint,
            if import.hint.ends_with('?') {
                ""
            } else {
                "; if every server has it, write `allow = [\"unknown-import\"]`"
            }
        );
        (import.module, message)
    });
    Shared {
        imports: imports.collect(),
        text,
        header: source.header(false),
        defines,
        uses: report.names,
        name,
    }
}

/// Checks a `python_module!`.
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
        shared: text.map(|text| shared(name, text, None, errors)),
    }
}

pub(super) fn setup<'a>(
    keys: &'a Keys,
    module: Option<&Module<'_>>,
    target: Target<'_>,
    errors: &mut Errors,
) -> Option<Setup<'a>> {
    let text = keys.on_registered.as_ref()?.text()?;
    let known = known(module, None);
    let source = Source::on_registered(&text.text)
        .python(target.python)
        .requirements(target.requirements)
        .allowed(target.allowed)
        .known(&known.names)
        .has_unknown_names(known.more);
    let report = examine(&source);
    show_all(&report.findings, text, errors);
    Some(Setup {
        text,
        names: report.names,
        unknown_names: report.unknown_names,
        defines: report.defines,
        locals: report.locals,
    })
}

/// The names that the module and `on_registered` define.
pub(super) fn known<'a>(module: Option<&'a Module<'_>>, setup: Option<&'a Setup<'_>>) -> Known<'a> {
    let mut known = Known {
        names: Vec::new(),
        more: false,
        locals: Vec::new(),
    };
    match module {
        Some(Module::Item(_)) => known.more = true,
        Some(Module::File(Some(shared))) => {
            known
                .names
                .extend(shared.defines.iter().map(String::as_str));
        }
        // In an editor the names are unknown.
        Some(Module::File(None)) => known.names.push("*"),
        None => {}
    }
    if let Some(setup) = setup {
        known.names.extend(setup.defines.iter().map(String::as_str));
        known.locals.extend(setup.locals.iter().map(String::as_str));
    }
    known
}

//! Finds names that the module `redgrease` of the server does not have.

use super::walk::Walk;
use crate::{Problem, Source, importable, is_runtime_name, names_of_module, nearest};
use ruff_text_size::TextRange;

/// A name that is imported from a module.
pub(super) struct Imported<'a> {
    module: &'a str,
    name: &'a str,
    range: TextRange,
}

impl<'a> Walk<'a> {
    pub(super) fn imported_from_server(
        &mut self,
        module: &'a str,
        name: &'a str,
        range: TextRange,
    ) {
        if self.import_excuses == 0 {
            let imported = Imported {
                module,
                name,
                range,
            };
            self.from_server.push(imported);
        }
    }
}

/// The imported names that the module does not have. Nothing if an installed package may have them.
pub(super) fn unknown(walk: &Walk<'_>, source: &Source<'_>) -> Vec<(Problem, TextRange)> {
    let Some(requirements) = source.requirements else {
        return Vec::new();
    };
    if importable(requirements.iter().copied()).has("redgrease") {
        return Vec::new();
    }
    let missing = walk.from_server.iter().filter_map(|imported| {
        let names = names_of_module(imported.module)?;
        let is_there = names.contains(&imported.name) || imported.name.starts_with('_');
        (!is_there).then(|| {
            let problem = Problem::NotInModule {
                module: imported.module.to_owned(),
                name: imported.name.to_owned(),
                hint: hint(imported.name, names),
            };
            (problem, imported.range)
        })
    });
    missing.collect()
}

fn hint(name: &str, names: &[&str]) -> String {
    if is_runtime_name(name) {
        return format!("remove the import, every gear has `{name}` without it");
    }
    match nearest(name, names.iter().copied()) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => "write a name of it, such as `cmd`, `execute` or `log`; if an installed package has more, end the line with \
                 `# redgrease: allow(unknown-import)`"
            .to_owned(),
    }
}

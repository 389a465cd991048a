//! The names of `redgrease-syntax/src/runtime.rs` and the modules of the engine.

use crate::common::untyped;
use redgrease_embedded::Server;
use redgrease_syntax::names_of_module;

/// The names of the module's own modules are those of its files.
const SCRIPT: &str = "
import importlib, pkgutil
def names(module):
    module = importlib.import_module(module)
    files = [one.name for one in pkgutil.iter_modules(getattr(module, '__path__', []))]
    return sorted(set(dir(module)) | set(files))
";

#[test]
fn the_names_that_gears_can_import_are_known() {
    let server = Server::start().unwrap();
    for module in ["redgrease", "redgrease.runtime"] {
        let run =
            format!("{SCRIPT}\nGB('ShardsIDReader').flatmap(lambda _: names('{module}')).run()");
        let lines = untyped(&server, &["RG.PYEXECUTE", &run]);
        let known = names_of_module(module).unwrap();
        let names: Vec<&str> = lines
            .lines()
            .filter(|name| !name.is_empty() && !name.starts_with('_'))
            .collect();
        assert!(names.contains(&"log"), "{lines}");
        let missing: Vec<_> = names.iter().filter(|name| !known.contains(name)).collect();
        assert!(missing.is_empty(), "{module} also has {missing:?}");
    }
}

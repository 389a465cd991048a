//! Code that may define any name, which the text does not show.

use super::{clean, findings, one};
use crate::{Source, examine};

#[test]
fn writes_to_globals() {
    for write in [
        "globals()[\"x\"] = 1",
        "globals()[url] = 1",
        "globals()[\"x\"] += 1",
        "globals()[\"a\"], b = 1, 2",
        "globals().update(x=1)",
        "globals().setdefault(\"x\", 1)",
        "g = globals()\ng[\"x\"] = 1",
        "exec(url, globals())",
        "for globals()[\"x\"] in [1]:\n    pass",
        "import builtins\nbuiltins.x = 1",
        "import builtins\nsetattr(builtins, \"x\", 1)",
    ] {
        clean(&format!("{write}\nreturn x"));
        // The function may run later.
        clean(&format!("def f():\n    return x\n{write}\nreturn f()"));
    }
}

#[test]
fn reads_of_globals() {
    for read in [
        "globals()[\"x\"]",
        "globals().get(\"x\")",
        "\"x\" in globals()",
        "globals().keys()",
        "\"x\" not in globals()",
        "exec(url)",
        "import builtins\nbuiltins.print(url)",
    ] {
        assert_eq!(findings(&format!("{read}\nreturn x")).len(), 1, "{read}");
    }
    one(
        "globals = {}\nglobals()[\"x\"] = 1\nreturn oops",
        "\"oops\" -> undefined Python name `oops`: import or assign it, or make it an argument of the gear",
    );
}

#[test]
fn modules() {
    for text in [
        "globals()[\"x\"] = 1\n",
        "for n in \"ab\":\n    globals()[n] = n\n",
        "vars()[\"x\"] = 1\n",
        "exec(\"x = 1\")\n",
        "locals()[\"x\"] = 1\n",
    ] {
        let report = examine(&Source::shared("m", text));
        assert!(report.defines.contains(&"*".to_owned()), "{text}");
        let used = format!("{text}y = x\n");
        assert_eq!(examine(&Source::shared("m", &used)).findings, [], "{text}");
    }
    let reads = "y = globals()[\"y\"]\n";
    assert_eq!(examine(&Source::shared("m", reads)).defines, ["y"]);
}

#[test]
fn names_of_the_server_that_are_written() {
    clean("globals()[\"cmd\"] = url\nreturn cmd.hgett(url)");
}

//! A server has one engine: every other module of its name is refused, and the one that runs is not disturbed.

use crate::common::untyped;
use crate::installation::{Installation, PARTS};
use crate::running::Running;

#[test]
fn the_engine_is_loaded_once() {
    let running = Running::new();
    let (first, second) = (Installation::whole(), Installation::whole());
    running.loads(&first.loader(), &[]);
    let texts = [
        "has a module `rg` already",
        "load one of them, once per server",
    ];
    for module in [&second.loader(), &PARTS.loader, &PARTS.engine] {
        running.refuses(module, &[], &texts);
        running.works();
    }
    let refused = untyped(&running.server, &["MODULE", "UNLOAD", "rg"]);
    assert!(refused.contains("ERR"), "{refused}");
    running.works();
}

#[test]
fn the_loader_is_refused_behind_the_engine() {
    let running = Running::new();
    running.loads(&PARTS.engine, &[]);
    let texts = [
        "has a module `rg` already",
        "load one of them, once per server",
    ];
    running.refuses(&Installation::whole().loader(), &[], &texts);
    running.works();
}

/// A module that is named as RedisGears is.
const GEARS: &str = r"
int RedisModule_OnLoad(void **context, void **arguments, int count) {
    int (*get)(const char *, void *) = context[0];
    void (*attributes)(void *, const char *, int, int);
    get(`RedisModule_SetModuleAttribs`, &attributes);
    attributes(context, `rg`, 10212, 1);
    return 0;
}";

#[test]
fn a_server_with_redisgears_is_left_alone() {
    let running = Running::new();
    let whole = Installation::whole();
    let gears = whole.dir.path().join("gears.so");
    whole.library(&gears, &GEARS.replace('`', "\""));
    assert_eq!(running.load(&gears, &[]), "OK");
    let texts = [
        "which is this engine or RedisGears",
        "load one of them, once per server",
    ];
    running.refuses(&whole.loader(), &[], &texts);
    running.refuses(&PARTS.engine, &[], &texts);
}

//! Threads of gears import modules and set variables while the engine reads both.

use crate::python;
use crate::testing::{repr, run, with_python};
use pyo3::types::PyAnyMethods as _;

/// Calls a `function` of the runtime many times, as `types.of_engine_function`, while a thread adds and removes a name. Returns what
/// went wrong.
///
/// Python changes between threads when it calls a Python function. Collections of garbage call one here, so that it also changes
/// inside of functions that are written in C.
fn meanwhile(names: &str, place: &str, function: &str, call: &str) -> String {
    let program = format!(
        "
import gc, sys, threading, types
{names}
going = True
def change():
    while going:
        {place}.update(of_a_thread=types)
        {place}.pop('of_a_thread')
thread = threading.Thread(target=change)
on_collection = lambda *_: None
gc.callbacks.append(on_collection)
thread.start()
seen = 'all is well'
try:
    for _ in range(2000):
        {call}
except BaseException as e:
    seen = repr(e)
going = False
thread.join()
gc.callbacks.remove(on_collection)
for name in [name for name in sys.modules.copy() if name.startswith('filler_') or name == 'of_a_script']:
    sys.modules.pop(name, None)
"
    );
    with_python(|py| {
        let value = python::runtime(py, function).unwrap();
        run(py, "import types", "types")
            .setattr(format!("of_engine{function}"), value)
            .unwrap();
        repr(&run(py, &program, "seen"))
    })
}

#[test]
fn modules_are_looked_at_while_a_thread_imports() {
    // Python keeps the memory of 2000 tuples: only a longer list of pairs makes it collect garbage.
    let names = "sys.modules.update((f'filler_{n}', types) for n in range(4000))";
    // The modules are looked at if their number has changed.
    let call = "sys.modules.pop('of_a_script', None) or sys.modules.update(of_a_script=types); types.of_engine_put_back()";
    let seen = meanwhile(names, "sys.modules", "_put_back", call);
    assert_eq!(seen, "'all is well'");
}

#[test]
fn a_function_is_pickled_while_a_thread_sets_variables() {
    let names = "
space = {f'name_{n}': n for n in range(200)}
exec('def f(x): return x + name_1', space)";
    let call = "types.of_engine_write_callback(space['f'])";
    let seen = meanwhile(names, "space", "_write_callback", call);
    assert_eq!(seen, "'all is well'");
}

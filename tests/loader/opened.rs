//! A process runs one Python: what happens when an engine has failed behind its start.

use crate::common::untyped;
use crate::installation::{Installation, PARTS, failures, open_to_modules};
use redgrease_embedded::Server;

/// An engine that starts Python, and fails.
const FAILS: &str = r"
#include <dlfcn.h>
int redgrease_engine_start(void *context, void **arguments, int count, const char *python) {
    void (*start)(int) = dlsym(RTLD_DEFAULT, `Py_InitializeEx`);
    start(0);
    return 1;
}";

/// An engine that fails before it starts Python.
const REFUSES: &str = r"
int redgrease_engine_start(void *context, void **arguments, int count, const char *python) { return 1; }";

fn plain(installation: &Installation) -> Server {
    let program = installation.server_program(&[]);
    let builder = Server::builder().server(program).without_engine();
    open_to_modules(builder).start().unwrap()
}

fn load(server: &Server, installation: &Installation) -> String {
    let python = PARTS.python.to_str().unwrap();
    let loader = installation.loader();
    untyped(
        server,
        &["MODULE", "LOAD", loader.to_str().unwrap(), "Python", python],
    )
}

#[test]
fn an_engine_that_failed_behind_the_start_of_python_needs_a_restart() {
    let (bad, good) = (Installation::empty(), Installation::whole());
    bad.false_engine(&FAILS.replace('`', "\""));
    let server = plain(&bad);
    assert!(load(&server, &bad).contains("Error loading"));
    for _ in 0..2 {
        assert!(load(&server, &good).contains("Error loading"));
        let last = failures(&server).pop().unwrap();
        let open = format!(
            "this process has opened {} already",
            PARTS.libpython.display()
        );
        assert!(last.contains(&open), "{last}");
        assert!(
            last.ends_with("restart the server with the right module arguments"),
            "{last}"
        );
        assert_eq!(untyped(&server, &["PING"]), "PONG");
    }
}

#[test]
fn an_engine_that_failed_before_the_start_of_python_leaves_nothing_behind() {
    let (bad, good) = (Installation::empty(), Installation::whole());
    bad.false_engine(REFUSES);
    let server = plain(&bad);
    assert!(load(&server, &bad).contains("Error loading"));
    assert_eq!(load(&server, &good), "OK", "{}", server.log_tail(5));
}

#[test]
fn what_a_failed_attempt_has_set_is_forgotten() {
    let whole = Installation::whole();
    let server = plain(&whole);
    let loader = whole.loader();
    let begin = ["MODULE", "LOAD", loader.to_str().unwrap()];
    let wrong = [
        &begin[..],
        &["MaxExecutions", "7", "own", "x", "ExecutionThreads", "0"],
    ]
    .concat();
    assert!(untyped(&server, &wrong).contains("Error loading"));
    assert_eq!(untyped(&server, &begin), "OK", "{}", server.log_tail(5));
    assert_eq!(untyped(&server, &["RG.CONFIGGET", "MaxExecutions"]), "1000");
    let own = untyped(&server, &["RG.CONFIGGET", "own"]);
    assert!(own.contains("Unsupported config parameter"), "{own}");
}

#[test]
fn a_library_that_lacks_the_function_is_no_engine() {
    let (bad, good) = (Installation::empty(), Installation::whole());
    bad.false_engine("");
    let server = plain(&bad);
    assert!(load(&server, &bad).contains("Error loading"));
    let last = failures(&server).pop().unwrap();
    assert!(
        last.ends_with("lacks the function redgrease_engine_start: install the engine again"),
        "{last}"
    );
    assert_eq!(load(&server, &good), "OK", "{}", server.log_tail(5));
}

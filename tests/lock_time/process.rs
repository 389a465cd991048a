//! Functions of Python that change the whole process, and calls without an end.

use super::common::{empty, eventually, untyped};
use redgrease_embedded::Server;

/// Registers the trigger `t`, whose function `f` has this source.
fn sync(server: &Server, source: &str) {
    let script = format!(
        "{source}\nGB('CommandReader').map(f).register(trigger='t', mode='sync')\nGB('CommandReader').map(f).register(trigger='u', mode='async_local')"
    );
    let answer = untyped(server, &["RG.PYEXECUTE", &script, "ID", "s", "UPGRADE"]);
    assert_eq!(answer, "OK", "{source}");
}

#[test]
fn gears_that_call_each_other_without_an_end_get_an_error() {
    let (server, _con) = empty();
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    sync(&server, "def f(x): return execute('RG.TRIGGER', 't')");
    let too_deep = "gears call each other more than MaxCallDepth, ";
    for limit in ["16", "100"] {
        untyped(&server, &["RG.CONFIGSET", "MaxCallDepth", limit]);
        for trigger in ["t", "u"] {
            let answer = untyped(&server, &["RG.TRIGGER", trigger]);
            assert!(
                answer.starts_with(&format!("ERR {too_deep}{limit}")),
                "{answer}"
            );
        }
    }
    let caught = "
def f(x):
    try:
        return execute('RG.TRIGGER', 't')[0]
    except Exception as e:
        return str(e)";
    sync(&server, caught);
    for trigger in ["t", "u"] {
        let answer = untyped(&server, &["RG.TRIGGER", trigger]);
        assert!(answer.contains(too_deep), "{answer}");
    }
    assert_eq!(untyped(&server, &["PING"]), "PONG");
}

#[test]
fn the_limit_of_recursion_stays_within_bounds() {
    let (server, _con) = empty();
    let deep = "
import functools, sys
def f(x):
    sys.setrecursionlimit(10**9)
    class A:
        def __getattr__(self, name): return getattr(self, name)
    kinds = [
        lambda n: A().x,
        lambda n: max([n], key=lambda v: kinds[1](v)),
        # Needs more of the stack than most functions.
        lambda n: sorted([n], key=kinds[2]),
        lambda n: sorted([2, 1], key=functools.cmp_to_key(lambda a, b: kinds[3](a))),
    ]
    for kind in kinds + [lambda n: f_again(n)]:
        try: kind(0)
        except RecursionError: pass
    sys.setrecursionlimit(1)
    return sys.getrecursionlimit()
def f_again(n): return f_again(n + 1)";
    sync(&server, deep);
    for trigger in ["t", "u"] {
        assert_eq!(untyped(&server, &["RG.TRIGGER", trigger]), "1000");
    }
}

#[test]
fn the_process_stays_as_the_engine_has_set_it() {
    let (server, _con) = empty();
    let tuned = "
import gc, os, sys, threading, faulthandler
def f(x):
    gc.disable(); gc.freeze(); gc.set_threshold(0); gc.set_debug(gc.DEBUG_SAVEALL)
    sys.setswitchinterval(10**6)
    threading.stack_size(32768)
    faulthandler.enable()
    sys.settrace(None)
    os.umask(0o777)
    return [gc.isenabled(), gc.get_threshold()[0] > 0, gc.get_debug(), sys.getswitchinterval() < 0.001, os.umask(0)]";
    sync(&server, tuned);
    for trigger in ["t", "u"] {
        let answer = untyped(&server, &["RG.TRIGGER", trigger]);
        assert_eq!(answer, "[True, True, 0, True, 18]", "{trigger}");
    }
    for call in [
        "sys.settrace(print)",
        "sys.setprofile(print)",
        "threading.settrace(print)",
        "threading.setprofile(print)",
        "signal.signal(signal.SIGTERM, print)",
        "signal.set_wakeup_fd(1)",
        "signal.alarm(1)",
        "signal.setitimer(signal.ITIMER_REAL, 0.1)",
        "faulthandler.register(signal.SIGTERM)",
        "faulthandler.dump_traceback_later(1, exit=True)",
        "os.chdir('/')",
        "os.fchdir(0)",
        "os.setgid(65534)",
        "os.closerange(0, 100)",
        "resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))",
    ] {
        sync(
            &server,
            &format!("import os, resource, sys, threading, signal, faulthandler\ndef f(x): {call}"),
        );
        for trigger in ["t", "u"] {
            let answer = untyped(&server, &["RG.TRIGGER", trigger]);
            assert!(
                answer.contains("not available in gears"),
                "{call}: {answer}"
            );
        }
    }
}

#[test]
fn a_child_process_of_a_gear_is_no_second_server() {
    let (server, _con) = empty();
    // A busy machine starts children slowly.
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "60000"]);
    let forks = "
import os
def f(x):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            execute('INCR', 'n')
            os.write(write, b'ran')
        except Exception as e:
            os.write(write, str(e).encode()[:100])
        return 'child'
    os.waitpid(child, 0)
    return os.read(read, 100)";
    sync(&server, forks);
    for trigger in ["t", "u"] {
        for _ in 0..5 {
            let answer = untyped(&server, &["RG.TRIGGER", trigger]);
            assert!(
                answer.contains("a child process of a gear cannot"),
                "{answer}"
            );
        }
    }
    let run = "
import multiprocessing
def work(queue): queue.put(7)
def f(x):
    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    child = context.Process(target=work, args=(queue,))
    child.start()
    answer = queue.get()
    child.join()
    return answer
GB('ShardsIDReader').map(f).run()";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", run]).trim(), "7");
    assert_eq!(untyped(&server, &["EXISTS", "n"]), "0");
    eventually("no child is left", || {
        let pid = untyped(&server, &["INFO", "server"]);
        let pid = pid
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        let children = format!("/proc/{0}/task/{0}/children", pid.unwrap().trim());
        std::fs::read_to_string(children).is_ok_and(|all| all.trim().is_empty())
    });
}

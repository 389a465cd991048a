//! Futures of threads, and functions of the package that wait.

use crate::common::empty;
use crate::{outcome, script, trigger};

#[test]
fn a_thread_may_be_faster_than_the_step_that_made_the_future() {
    let (server, _con) = empty();
    let (results, errors) = outcome(
        &server,
        "
import threading
async def co():
    return 'from a coroutine'
def fast(x):
    f = gearsFuture()
    if x:
        runCoroutine(co(), f)
        return f
    t = threading.Thread(target=lambda: f.continueRun('from a thread'))
    t.start()
    t.join()
    return f
GB('PythonReader').map(fast).run(lambda: (yield from [0, 1]))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, ["from a thread", "from a coroutine"]);
}

#[test]
fn functions_of_the_package_may_wait_too() {
    let (server, _con) = empty();
    let (results, errors) = outcome(
        &server,
        "
from redgrease import PythonReader
import threading
async def later(x):
    await asyncio.sleep(0.001)
    return x
async def pair(x):
    return (x, x + 1)
def future(x):
    f = gearsFuture()
    threading.Thread(target=lambda: f.continueRun([x])).start()
    return f
async def add(a, x):
    return (a or 0) + x
PythonReader().map(later).flatmap(pair).flatmap(future).filter(later).accumulate(add).run(lambda: (yield from [1, 2, 3]))
",
    );
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(results, ["15"]);
    script(
        &server,
        "
from redgrease import CommandReader
async def both(x):
    return (x[1], x[2])
CommandReader().flatmap(both).register(trigger='both')
",
    );
    assert_eq!(trigger(&server, &["both", "a", "b"]).unwrap(), ["b", "a"]);
}

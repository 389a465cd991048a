//! Two users at the same time, on the same threads.

use super::{connected, script, untyped, with_users};
use redgrease_embedded::Server;

/// Each call lets an object that all gears share run a piece of work, and waits for it. The record is the user of that work.
const GEARS: &str = "
async def by_executor(r):
    return await asyncio.get_running_loop().run_in_executor(shared_executor(), lambda: answer('ACL', 'WHOAMI'))
async def by_task(r):
    async def inner():
        await asyncio.sleep(0)
        return answer('ACL', 'WHOAMI')
    tasks = [asyncio.create_task(inner()) for _ in range(2)]
    first, second = [await one for one in tasks]
    return first if first == second else first + second
async def by_callback(r):
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(lambda: future.set_result(answer('ACL', 'WHOAMI')))
    return await future
async def by_own_loop(r):
    async def inner():
        await asyncio.sleep(0)
        return answer('ACL', 'WHOAMI')
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(inner(), shared_loop()))
async def by_thread_pool(r):
    future = createFuture()
    thread_pool().apply_async(lambda: setFutureResults(future, answer('ACL', 'WHOAMI')))
    return await future
def by_future(r):
    future = gearsFuture()
    shared_executor().submit(lambda: future.continueRun(answer('ACL', 'WHOAMI')))
    return future
for gear in (by_executor, by_task, by_callback, by_own_loop, by_thread_pool, by_future):
    GB('CommandReader').map(gear).register(trigger=gear.__name__, mode='async_local')
";

#[test]
fn two_users_never_get_the_rights_of_each_other() {
    let server = Server::start().unwrap();
    if !with_users(&server) {
        return;
    }
    assert_eq!(
        untyped(&server, &["RG.PYEXECUTE", &script("d", GEARS)]),
        "OK"
    );
    let gears = [
        "by_executor",
        "by_task",
        "by_callback",
        "by_own_loop",
        "by_thread_pool",
        "by_future",
    ];
    std::thread::scope(|scope| {
        for user in ["lim", "dev", "default"] {
            let server = &server;
            scope.spawn(move || {
                // Several connections of each user, so that the calls of all of them overlap.
                std::thread::scope(|scope| {
                    for gear in gears {
                        scope.spawn(move || {
                            let mut con = connected(server, user);
                            for number in 0..1000 {
                                let mut call = redis::cmd("RG.TRIGGER");
                                let answer: Vec<String> = call.arg(gear).query(&mut con).unwrap();
                                assert_eq!(answer, [user], "{gear}, call {number}");
                            }
                        });
                    }
                });
            });
        }
    });
}

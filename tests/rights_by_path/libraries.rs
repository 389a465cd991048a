//! Commands that change the function libraries of the server, by gears on every thread.

use crate::world::{DEFAULT, World};

const SCRIPT: &str = r"
LIBRARY = '#!lua name=l\nredis.register_function(\'g\', function() return 1 end)'
def change(x):
    for words in [('LOAD', 'REPLACE', LIBRARY), ('LOAD', 'REPLACE', LIBRARY), ('RESTORE', 'damaged'), ('DELETE', 'l'), ('FLUSH',)]:
        try:
            execute('FUNCTION', *words)
        except Exception as e:
            assert 'could stop Valkey' in str(e) or 'payload' in str(e) or 'not found' in str(e), e
    return 'changed'
async def later(x):
    return change(x)
def block(x):
    with atomic():
        return change(x)
for name, function, mode in [('sync', change, 'sync'), ('async', change, 'async_local'), ('coroutine', later, 'sync'), ('atomic', block, 'async_local')]:
    GB('CommandReader').map(function).register(trigger=name, mode=mode)
change(None)
";

/// Valkey 9 waits for its own lock when another thread than its own makes it forget a library.
#[test]
fn a_gear_that_changes_libraries_does_not_stop_the_server() {
    let Some(world) = World::start() else { return };
    world.register(DEFAULT, SCRIPT);
    for trigger in ["sync", "async", "coroutine", "atomic"] {
        let answer = world.ask(DEFAULT, &["RG.TRIGGER", trigger]);
        assert_eq!(answer, "[changed]", "{trigger}");
        assert_eq!(world.ask(DEFAULT, &["PING"]), "PONG");
    }
}

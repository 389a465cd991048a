//! Commands generated from a grammar. Most are valid, so that they reach deep into the engine; some
//! are damaged.
//!
//! No command has requirements, because an installation depends on the network.

use crate::damage::damaged;
use crate::target::{Counts, Target};
use crate::wire::Reply;
use redgrease_tools::{Outcome, Random};

const NAMES: [&str; 30] = [
    "RG.PYEXECUTE",
    "RG.TRIGGER",
    "RG.TRIGGERONKEY",
    "RG.DUMPREGISTRATIONS",
    "RG.UNREGISTER",
    "RG.PAUSEREGISTRATIONS",
    "RG.UNPAUSEREGISTRATIONS",
    "RG.CLEARREGISTRATIONSSTATS",
    "RG.DUMPEXECUTIONS",
    "RG.GETEXECUTION",
    "RG.GETRESULTS",
    "RG.GETRESULTSBLOCKING",
    "RG.DROPEXECUTION",
    "RG.ABORTEXECUTION",
    "RG.CONFIGGET",
    "RG.CONFIGSET",
    "RG.INFOCLUSTER",
    "RG.REFRESHCLUSTER",
    "RG.PYSTATS",
    "RG.PYDUMPREQS",
    "RG.PYDUMPSESSIONS",
    "RG.PYPROFILE",
    "RG.PYEXPORTREQ",
    "RG.PYIMPORTREQ",
    "RG.DUMPPLUGINS",
    "RG.HELLO",
    "RG.INNERREGISTER",
    "RG.INNERUNREGISTER",
    "RG.INNERHOOK",
    "INFO",
];

/// Scripts that end soon, also when single bytes are changed.
const SCRIPTS: [&str; 19] = [
    "GB('KeysReader').count().run()",
    "GB('KeysReader').map(lambda x: x['key']).run('k*')",
    "GB('PythonReader').run(lambda: (i for i in range(5)))",
    "GB('ShardsIDReader').map(lambda x: execute('get', 'k1')).run()",
    "GB('CommandReader').map(lambda x: x[1:]).register(trigger='t', mode='sync')",
    "GB('CommandReader').map(lambda x: x[1:]).register(trigger='a', mode='async')",
    "GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='hget', mode='sync')",
    "GB('KeysReader').foreach(lambda x: log(str(x))).register('k*', eventTypes=['set'], mode='sync')",
    "GB('StreamReader').foreach(lambda x: 1).register('s*', batch=2, duration=10, mode='async_local')",
    "GB('StreamReader').map(lambda x: x['value']).run('s1')",
    "GB('KeysReader').groupby(lambda x: x['type'], lambda k, a, r: (a or 0) + 1).run()",
    "async def c(x): return x[1:]\nGB('CommandReader').map(c).register(trigger='c', mode='async_local')",
    "import asyncio\nasync def w(x):\n  await asyncio.sleep(0.01)\n  return x\nGB('PythonReader').map(w).run(lambda: iter(range(3)))",
    "GB('ShardsIDReader').map(lambda x: gearsFuture()).run()",
    "GB('ShardsIDReader').map(lambda x: execute('DEBUG', 'ERROR', chr(0))).run()",
    "GB('CommandReader').map(lambda x: call_next(*x[1:])).register(hook='hset', mode='sync')",
    "raise ValueError('no')",
    "x = 1",
    "",
];

const WORDS: [&str; 43] = [
    "UNBLOCKING",
    "UPGRADE",
    "FORCE_REINSTALL_REQUIREMENTS",
    "REPLACE_WITH",
    "ID",
    "DESCRIPTION",
    "ABORTPENDING",
    "SHARD",
    "CLUSTER",
    "VERBOSE",
    "DEAD",
    "SESSIONS",
    "STATS",
    "RESET",
    "t",
    "a",
    "hget",
    "one",
    "two",
    "k1",
    "s1",
    "MaxExecutions",
    "MaxExecutionsPerRegistration",
    "ProfileExecutions",
    "ExecutionMaxIdleTime",
    "PythonAttemptTraceback",
    "ExecutionQueueSize",
    "MaxRecordsInFlight",
    "AdditionalThreads",
    "MaxCallDepth",
    "AbortOnDisconnect",
    "CompatibleReplies",
    "1.0",
    "1.2",
    "ScriptThreads",
    "c",
    "SendMsgRetries",
    "mykey",
    "0",
    "1",
    "-1",
    "9223372036854775807",
    "99999999999999999999",
];

/// Sends `count` commands.
pub(crate) fn run(target: &mut Target, random: &mut Random, count: usize) -> Outcome<Counts> {
    let mut counts = Counts::default();
    let mut ids: Vec<Vec<u8>> = vec![b"0000000000000000000000000000000000000000-1".to_vec()];
    for _ in 0..count {
        let words = command(random, &ids);
        let reply = target.input(&words)?;
        remember(&reply, &mut ids);
        counts.note(&reply);
    }
    Ok(counts)
}

/// Collects the ids in a reply, for later commands.
fn remember(reply: &Reply, ids: &mut Vec<Vec<u8>>) {
    match reply {
        Reply::Bytes(text) if text.starts_with(b"0000000000") && text.len() < 80 => {
            ids.push(text.clone());
            if ids.len() > 20 {
                ids.remove(0);
            }
        }
        Reply::Array(items) => items.iter().for_each(|item| remember(item, ids)),
        _ => {}
    }
}

fn command(random: &mut Random, ids: &[Vec<u8>]) -> Vec<Vec<u8>> {
    if random.once_in(6) {
        return of_the_server(random);
    }
    let name = if random.once_in(3) {
        "RG.PYEXECUTE"
    } else {
        random.one_of(&NAMES)
    };
    let mut words = vec![name.as_bytes().to_vec()];
    if name == "RG.PYEXECUTE" {
        let script = random.one_of(&SCRIPTS).as_bytes();
        words.push(if random.once_in(3) {
            damaged(random, script)
        } else {
            script.to_vec()
        });
    }
    for _ in 0..random.below(5) {
        words.push(word(random, ids));
    }
    if random.once_in(12) {
        let place = random.below(words.len());
        words[place] = damaged(random, &words[place]);
    }
    // No requirements: their installation is not tested here.
    words.retain(|word| !word.eq_ignore_ascii_case(b"REQUIREMENTS"));
    if words.first().is_none_or(Vec::is_empty) {
        words.insert(0, name.as_bytes().to_vec());
    }
    words
}

fn word(random: &mut Random, ids: &[Vec<u8>]) -> Vec<u8> {
    match random.below(10) {
        0 | 1 => random.one_of(ids).clone(),
        2 => {
            let id = random.one_of(ids).clone();
            damaged(random, &id)
        }
        3 => (0..random.below(20))
            .map(|_| random.number().to_le_bytes()[0])
            .collect(),
        4 if random.once_in(20) => vec![b'x'; 1 << random.below(21)],
        _ => random.one_of(&WORDS).as_bytes().to_vec(),
    }
}

/// Commands of Redis that cause events or that a gear may hook.
fn of_the_server(random: &mut Random) -> Vec<Vec<u8>> {
    let lines: [&[&str]; 13] = [
        &["SET", "k1", "v"],
        &["DEL", "k1"],
        &["XADD", "s1", "*", "f", "v"],
        &["HSET", "h", "f", "v"],
        &["HGET", "h", "f"],
        &["DEL", "s1"],
        &["MULTI"],
        &["EXEC"],
        &["EVAL", "return redis.call('RG.TRIGGER', 't', 'x')", "0"],
        &["EVAL", "return redis.call('HSET', 'h', 'f', 'v')", "0"],
        &["EVAL", "return redis.error_reply('a\\0b')", "0"],
        &["CLIENT", "PAUSE", "20", "WRITE"],
        &["RG.TRIGGER", "c", "x"],
    ];
    let line = random.one_of(&lines);
    line.iter().map(|word| word.as_bytes().to_vec()).collect()
}

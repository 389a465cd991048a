//! Random commands that gears replace, and the comparison of a master with its replica.

use crate::{Client, Outcome, Random, text_of};
use redgrease_embedded::Server;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// Hooks in several modes that write more than their command, change its arguments or leave it out, and handlers that replace
/// the reply of a command.
const GEARS: &str = "
def more(words):
    execute('INCRBY', 'calls:' + words[0].lower(), 1)
    return call_next(*words[1:])

def changed(words):
    return call_next('changed:' + words[1], *words[2:])

def instead(words):
    return execute('RPUSHX', 'instead', *words[1:])

def at_once(words):
    with atomic():
        execute('HSET', 'at once', words[1], words[2])
        return call_next(*words[1:])

def handled(record):
    execute('HINCRBY', 'handled', record['key'], 1)
    override_reply('replaced')

def hook(command, function, mode, **options):
    GB('CommandReader').map(function).register(hook=command, mode=mode, convertToStr=False, **options)

hook('HSET', more, 'async_local')
hook('MSET', more, 'sync')
hook('SET', changed, 'sync', keyprefix='s')
hook('INCR', instead, 'async', keyprefix='c')
hook('ZADD', at_once, 'async_local')
hook('DEL', more, 'sync')
hook('RENAME', more, 'async')
hook('XADD', more, 'sync')
hook('SPOP', more, 'async_local')
hook('PUBLISH', more, 'async_local')
hook('PING', lambda words: '+PONG', 'async_local')
GB('KeysReader').foreach(handled).register('w*', mode='sync', eventTypes=['rpush'], commands=['RPUSH'])
GB('KeysReader').foreach(handled).register('v*', mode='async_local', eventTypes=['append'], commands=['APPEND'])
";

/// The commands. `K` stands for a key and `V` for a value, both random; small letters before `K` are the beginning of the key.
const TEMPLATES: [&str; 17] = [
    "SET K V",
    "SET K V EX 1000",
    "HSET hK V V",
    "MSET K V K V",
    "DEL K xK",
    "RENAME K K",
    "INCR K",
    "ZADD zK V V",
    "XADD xK MAXLEN 50 * f V",
    "SADD tK V V",
    "SPOP tK",
    "PUBLISH channel V",
    "RPUSH wK V",
    "LTRIM wK -20 -1",
    "APPEND vK V",
    "SETRANGE vK 0 V",
    "EVAL script 0 V",
];

/// A script whose commands have hooks.
const LUA: &str = "redis.call('MSET', 'c1', ARGV[1]) redis.call('SET', 's1', ARGV[1]) return redis.call('PUBLISH', 'channel', 'text')";

/// Registers the gears.
///
/// # Errors
/// If the server refuses.
pub fn prepare(client: &mut Client) -> Outcome {
    client
        .text(&["RG.PYEXECUTE", GEARS, "ID", "hooked"])
        .map(drop)
}

fn words(random: &mut Random) -> Vec<String> {
    let template = *random.one_of(&TEMPLATES);
    let word = |word: &str| match word.strip_suffix('K') {
        _ if word == "script" => LUA.to_owned(),
        _ if word == "V" => random.below(20).to_string(),
        Some(start) => {
            let kind = *random.one_of(&["a", "b", "c", "s"]);
            format!("{start}{kind}{}", random.below(5))
        }
        None => word.to_owned(),
    };
    template.split(' ').map(word).collect()
}

/// Sends a random command, now and then a transaction. An error of the server is an answer.
///
/// # Errors
/// A closed connection, or a reply that takes too long.
pub fn send_one(client: &mut Client, random: &mut Random) -> Outcome {
    let mut commands = vec![words(random)];
    if random.once_in(10) {
        commands = vec![
            vec!["MULTI".to_owned()],
            words(random),
            words(random),
            vec!["EXEC".to_owned()],
        ];
    }
    for command in commands {
        let bytes: Vec<&[u8]> = command.iter().map(String::as_bytes).collect();
        match client.send(&bytes) {
            Err(error) if error.is_io_error() || error.is_timeout() => {
                return Err(format!("{}: {error}", command.join(" ")));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

/// Every key with its value, in a form that does not depend on how the server stores it.
fn contents(client: &mut Client) -> Outcome<BTreeMap<String, String>> {
    let redis::Value::Array(keys) = client.call(&["KEYS", "*"])? else {
        return Err("KEYS did not answer with an array".to_owned());
    };
    let mut all = BTreeMap::new();
    for key in keys.iter().map(text_of) {
        let key = key.as_str();
        let kind = client.text(&["TYPE", key])?;
        let read: &[&str] = match kind.as_str() {
            "string" => &["GET", key],
            "list" => &["LRANGE", key, "0", "-1"],
            "hash" => &["HGETALL", key],
            "set" => &["SMEMBERS", key],
            "zset" => &["ZRANGE", key, "0", "-1", "WITHSCORES"],
            _ => &["XRANGE", key, "-", "+"],
        };
        let value = match client.call(read)? {
            redis::Value::Array(items) if matches!(kind.as_str(), "set" | "hash") => {
                let size = if kind == "hash" { 2 } else { 1 };
                let mut members: Vec<String> = items
                    .chunks(size)
                    .map(|one| one.iter().map(text_of).collect::<Vec<_>>().join(" "))
                    .collect();
                members.sort();
                members.join(", ")
            }
            other => text_of(&other),
        };
        all.insert(key.to_owned(), format!("{kind} {value}"));
    }
    Ok(all)
}

fn number(client: &mut Client, field: &str) -> Outcome<u64> {
    let info = client.text(&["INFO", "replication"])?;
    let value = info
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    Ok(value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0))
}

/// Makes one server follow another one, and waits until it does.
///
/// # Errors
/// If it does not within `bound`.
pub fn follow(replica: &mut Client, port: u16, bound: Duration) -> Outcome {
    replica.text(&["REPLICAOF", "127.0.0.1", &port.to_string()])?;
    wait_for("the link of the replica", bound, || {
        let info = replica.text(&["INFO", "replication"])?;
        Ok(info.contains("master_link_status:up"))
    })
}

/// Waits until nothing runs and the replica has caught up, and compares the two servers key by key. Returns the number of keys.
///
/// # Errors
/// The first key that differs, or a replica that does not catch up within `bound`.
pub fn compare(master: &Server, replica: &Server, bound: Duration) -> Outcome<usize> {
    let mut first = Client::connect(master.url(), bound)?;
    let mut second = Client::connect(replica.url(), bound)?;
    wait_for("the end of all executions", bound, || {
        let list = first.text(&["RG.DUMPEXECUTIONS"])?;
        Ok(!["created", "running", "pending"]
            .iter()
            .any(|word| list.contains(word)))
    })?;
    let sent = number(&mut first, "master_repl_offset")?;
    wait_for("a replica that has caught up", bound, || {
        Ok(number(&mut second, "slave_repl_offset")? >= sent)
    })?;
    difference(&mut first, &mut second)
}

/// Compares two servers key by key. Returns the number of keys.
///
/// # Errors
/// The first key that differs.
pub fn difference(first: &mut Client, second: &mut Client) -> Outcome<usize> {
    let (expected, found) = (contents(first)?, contents(second)?);
    let differs = |key: &&String| expected.get(*key) != found.get(*key);
    match expected.keys().chain(found.keys()).find(differs) {
        None => Ok(expected.len()),
        Some(key) => Err(format!(
            "{key} is {:?} on the first server and {:?} on the second one",
            expected.get(key),
            found.get(key)
        )),
    }
}

fn wait_for(what: &str, bound: Duration, mut holds: impl FnMut() -> Outcome<bool>) -> Outcome {
    let begun = Instant::now();
    while !holds()? {
        if begun.elapsed() > bound {
            return Err(format!("not within {bound:?}: {what}"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

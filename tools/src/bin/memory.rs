//! Measures the memory that the server needs for sessions, registrations, kept executions, calls that wait, and futures.
//!
//! Options: `--number 5000` (of each), `--clients 500`. The figures are the growth of the resident memory of the server. Each case
//! is measured three times on one server, with everything removed in between: memory that was freed is used again, or the last
//! figure is much larger than the first.

use redgrease_embedded::Server;
use redgrease_tools::{Args, Client, Outcome, resident_kib, text_of};
use redis::Value;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Time limit of a call; every call takes far less.
const BOUND: Duration = Duration::from_mins(2);

/// Commands in one pipeline.
const PIECE: usize = 500;

/// A gear whose record waits until the session ends.
const WAITS: &str = "
futures = []
def wait(record):
    future = gearsFuture()
    futures.append(future)
    return future
GB('CommandReader').map(wait).register(trigger='wait', mode='async_local')
GB('KeysReader').map(wait).register('key:*', eventTypes=['set'], mode='async_local', readValue=False)
";

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

fn run(args: &Args) -> Outcome {
    let number = args.get("number")?.unwrap_or(5000);
    let clients = args.get("clients")?.unwrap_or(500);
    println!(
        "{:<58} {:>8} {:>10} {:>10}",
        "KiB for each", "number", "first", "third"
    );
    let gear =
        |name: usize| format!("GB('CommandReader').map(lambda x: x).register(trigger='t{name}')");
    compare("a session with one registration", number, |client, _| {
        for one in 0..number {
            client.call(&["RG.PYEXECUTE", &gear(one), "ID", &format!("s{one}")])?;
        }
        Ok(())
    })?;
    compare("a registration, all in one session", number, |client, _| {
        let script = format!(
            "for n in range({number}):\n    {}",
            gear(0).replace("'t0'", "f't{n}'")
        );
        client.call(&["RG.PYEXECUTE", &script]).map(drop)
    })?;
    for (what, results) in [
        ("a kept execution of a script, one short result", "[1]"),
        (
            "a kept execution of a script, 1 KiB of results",
            "['x' * n for n in [1024]]",
        ),
    ] {
        compare(what, number, |client, _| {
            client.call(&["RG.CONFIGSET", "MaxExecutions", &number.to_string()])?;
            executed(
                client,
                &format!("GB('PythonReader').run(lambda: iter({results}))"),
            )
        })?;
    }
    compare("a kept execution of a key event", number, |client, _| {
        let kept = number.to_string();
        client.call(&[
            "RG.CONFIGSET",
            "MaxExecutions",
            &kept,
            "MaxExecutionsPerRegistration",
            &kept,
        ])?;
        let script = "GB('KeysReader').register('key:*', eventTypes=['set'], mode='async_local', readValue=False)";
        client.call(&["RG.PYEXECUTE", script])?;
        set(client, number)?;
        until(client, &["RG.DUMPEXECUTIONS"], |reply| {
            listed(reply) >= number
        })
    })?;
    compare(
        "an execution that waits for a future",
        number,
        |client, _| {
            client.call(&["RG.PYEXECUTE", WAITS])?;
            set(client, number)?;
            until(client, &["RG.DUMPEXECUTIONS"], |reply| {
                listed(reply) >= number
            })
        },
    )?;
    blocked(
        "a client that waits in BLPOP",
        clients,
        &["BLPOP", "none", "0"],
    )?;
    blocked(
        "a client that waits for a gear",
        clients,
        &["RG.TRIGGER", "wait"],
    )
}

/// Measures what `fill` leaves in a new server, and again when everything was removed.
fn compare(
    what: &str,
    number: usize,
    mut fill: impl FnMut(&mut Client, &str) -> Outcome,
) -> Outcome {
    let server = started()?;
    let mut client = Client::connect(server.url(), BOUND)?;
    let before = resident_kib(server.pid());
    let mut grown = || -> Outcome<u64> {
        fill(&mut client, server.url())?;
        let after = resident_kib(server.pid());
        clear(&mut client)?;
        Ok(after.saturating_sub(before))
    };
    let (first, _, third) = (grown()?, grown()?, grown()?);
    print(what, number, first, third);
    Ok(())
}

/// A server that has run each kind of gear, so that nothing is made for the first time later.
fn started() -> Outcome<Server> {
    let server = Server::start().map_err(|error| error.to_string())?;
    let mut client = Client::connect(server.url(), BOUND)?;
    for script in [WAITS, "GB('PythonReader').run(lambda: iter([1]))"] {
        client.call(&["RG.PYEXECUTE", script])?;
    }
    set(&mut client, PIECE)?;
    until(&mut client, &["RG.DUMPEXECUTIONS"], |reply| {
        listed(reply) >= PIECE
    })?;
    clear(&mut client)?;
    Ok(server)
}

/// Removes all sessions, executions and keys.
fn clear(client: &mut Client) -> Outcome {
    for registration in first_fields(&client.call(&["RG.DUMPREGISTRATIONS"])?) {
        client.call(&["RG.UNREGISTER", &registration])?;
    }
    for execution in first_fields(&client.call(&["RG.DUMPEXECUTIONS"])?) {
        // A waiting execution ends with its registration or by this command, and is dropped after it.
        let _ = client.call(&["RG.ABORTEXECUTION", &execution]);
        let _ = client.call(&["RG.DROPEXECUTION", &execution]);
    }
    client.call(&["FLUSHALL"])?;
    until(client, &["RG.DUMPEXECUTIONS"], |reply| listed(reply) == 0)
}

/// The ids of a listing: the second word of each row.
fn first_fields(reply: &Value) -> Vec<String> {
    let Value::Array(rows) = reply else {
        return Vec::new();
    };
    let id = |row: &Value| match row {
        Value::Array(fields) => fields.get(1).map(text_of),
        _ => None,
    };
    rows.iter().filter_map(id).collect()
}

fn listed(reply: &Value) -> usize {
    match reply {
        Value::Array(rows) => rows.len(),
        _ => 0,
    }
}

/// Runs a script until the server has as many executions as it keeps.
fn executed(client: &mut Client, script: &str) -> Outcome {
    let kept = client.text(&["RG.CONFIGGET", "MaxExecutions"])?;
    let number: usize = kept.trim_matches(['[', ']']).parse().map_err(|_| kept)?;
    pipelined(client, number, |_| {
        let mut run = redis::cmd("RG.PYEXECUTE");
        run.arg(script).arg("UNBLOCKING");
        run
    })?;
    until(client, &["RG.DUMPEXECUTIONS"], |reply| {
        let Value::Array(rows) = reply else {
            return false;
        };
        rows.len() >= number && rows.iter().all(|row| text_of(row).contains("done"))
    })
}

fn set(client: &mut Client, number: usize) -> Outcome {
    pipelined(client, number, |one| {
        let mut set = redis::cmd("SET");
        set.arg(format!("key:{}", one % PIECE)).arg("value");
        set
    })
}

fn pipelined(client: &mut Client, number: usize, command: impl Fn(usize) -> redis::Cmd) -> Outcome {
    for begin in (0..number).step_by(PIECE) {
        let mut pipe = redis::pipe();
        for one in begin..number.min(begin + PIECE) {
            pipe.add_command(command(one)).ignore();
        }
        pipe.exec(client.connection())
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Measures what each of some clients needs that sends a command and waits for its reply.
fn blocked(what: &str, number: usize, words: &[&str]) -> Outcome {
    let mut waiting = Vec::new();
    compare(what, number, |client, url| {
        waiting.clear();
        client.call(&["RG.PYEXECUTE", WAITS])?;
        for _ in 0..number {
            let mut one = Client::connect(url, BOUND)?;
            let mut command = redis::Cmd::new();
            command.arg(words);
            let packed = command.get_packed_command();
            // The reply does not come.
            one.connection()
                .send_packed_command(&packed)
                .map_err(|error| error.to_string())?;
            waiting.push(one);
        }
        let all = format!("blocked_clients:{number}\r");
        until(client, &["INFO", "clients"], |reply| {
            text_of(reply).contains(&all)
        })
    })
}

/// Waits until a reply is as `is_so` wants it.
fn until(client: &mut Client, words: &[&str], is_so: impl Fn(&Value) -> bool) -> Outcome {
    let begun = Instant::now();
    loop {
        let reply = client.call(words)?;
        if is_so(&reply) {
            return Ok(());
        }
        if begun.elapsed() > BOUND {
            let words = words.join(" ");
            return Err(format!(
                "{words}: it does not come to what is expected: {}",
                text_of(&reply)
            ));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn print(what: &str, number: usize, first: u64, third: u64) {
    #[allow(clippy::cast_precision_loss, reason = "figures of a table")]
    let each = |kib: u64| kib as f64 / number as f64;
    println!(
        "{what:<58} {number:>8} {:>10.2} {:>10.2}",
        each(first),
        each(third)
    );
}

//! Messages of streams: a registration of the engine, and consumer groups of redis-rs and redis-py.

use crate::work::{register, unregister, wait, write};
use crate::{BOUND, Figures, measured, timed};
use redgrease_embedded::Server;
use redgrease_tools::batch::median;
use redgrease_tools::{Client, Outcome};
use redis::streams::StreamReadReply;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const STREAM: &str = "orders";
/// The messages of the measurement of latency.
const SINGLE: usize = 500;

/// How messages are read.
#[derive(Debug, Clone, Copy)]
struct Reading {
    batch: usize,
    /// Messages are removed when they were handled.
    trims: bool,
}

pub(crate) fn compare(
    server: &Server,
    messages: usize,
    rounds: usize,
    python: Option<&str>,
) -> Outcome {
    Figures::head("messages of a stream");
    let alone = measured(server, rounds, messages, |client| {
        timed(|| add(client, messages))
    })?;
    alone.print("XADD", "none", messages);
    for reading in [
        Reading {
            batch: 1,
            trims: true,
        },
        Reading {
            batch: 100,
            trims: true,
        },
        Reading {
            batch: 100,
            trims: false,
        },
    ] {
        let kept = if reading.trims { "" } else { ", kept" };
        let what = format!("batch {}{kept}", reading.batch);
        for mode in ["sync", "async_local"] {
            let figures = measured(server, rounds, messages, |client| {
                gear(client, messages, reading, mode)
            })?;
            figures.print(&what, mode, messages);
        }
        unregister(&mut Client::connect(server.url(), BOUND)?)?;
        let figures = measured(server, rounds, messages, |client| {
            redis_rs(client, server.url(), messages, reading)
        })?;
        figures.print(&what, "redis-rs", messages);
        if let Some(python) = python {
            let figures = measured(server, rounds, messages, |client| {
                redis_py(client, server.url(), messages, reading, python)
            })?;
            figures.print(&what, "redis-py", messages);
        }
    }
    latency(server)
}

fn add(client: &mut Client, messages: usize) -> Outcome {
    write(client, messages, |number| {
        let mut add = redis::cmd("XADD");
        add.arg(STREAM).arg("*").arg("n").arg(number);
        add
    })
}

fn gear(client: &mut Client, messages: usize, reading: Reading, mode: &str) -> Outcome<Duration> {
    let Reading { batch, trims } = reading;
    let trims = if trims { "True" } else { "False" };
    let script = format!(
        "GB('StreamReader').foreach(handle).register('{STREAM}', batch={batch}, duration=1, trimStream={trims}, mode='{mode}')"
    );
    register(client, messages, &script)?;
    timed(|| {
        add(client, messages)?;
        wait(client)
    })
}

fn group(client: &mut Client) -> Outcome {
    client
        .call(&["XGROUP", "CREATE", STREAM, "group", "$", "MKSTREAM"])
        .map(drop)
}

fn redis_rs(
    client: &mut Client,
    url: &str,
    messages: usize,
    reading: Reading,
) -> Outcome<Duration> {
    group(client)?;
    thread::scope(|scope| {
        let consumer = scope.spawn(|| consume(url, messages, reading));
        timed(|| {
            add(client, messages)?;
            consumer
                .join()
                .map_err(|_| "the consumer has failed".to_owned())?
        })
    })
}

/// Reads and acknowledges messages, as redis-rs does it without more ado.
fn consume(url: &str, messages: usize, reading: Reading) -> Outcome {
    let mut client = Client::connect(url, BOUND)?;
    let con = client.connection();
    let mut seen = 0;
    let mut read = || -> redis::RedisResult<()> {
        while seen < messages {
            let mut next = redis::cmd("XREADGROUP");
            next.arg("GROUP").arg("group").arg("consumer");
            next.arg("COUNT").arg(reading.batch).arg("BLOCK").arg(1000);
            let reply: Option<StreamReadReply> =
                next.arg("STREAMS").arg(STREAM).arg(">").query(con)?;
            let streams = reply.into_iter().flat_map(|reply| reply.keys);
            let ids: Vec<String> = streams
                .flat_map(|key| key.ids)
                .map(|message| message.id)
                .collect();
            if ids.is_empty() {
                continue;
            }
            seen += ids.len();
            let mut done = redis::pipe();
            done.cmd("XACK").arg(STREAM).arg("group").arg(&ids).ignore();
            if reading.trims {
                done.cmd("XDEL").arg(STREAM).arg(&ids).ignore();
            }
            done.exec(con)?;
        }
        Ok(())
    };
    read().map_err(|error| error.to_string())
}

/// The consumer in Python prints a line when it is ready, and ends with the last message.
const CONSUMER: &str = "
import sys, redis
url, messages, batch, trims = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == 'true'
client = redis.Redis.from_url(url)
client.ping()
print('ready', flush=True)
seen = 0
while seen < messages:
    for stream, found in client.xreadgroup('group', 'consumer', {'orders': '>'}, count=batch, block=1000):
        ids = [id for id, fields in found]
        seen += len(ids)
        pipe = client.pipeline(transaction=False)
        pipe.xack(stream, 'group', *ids)
        if trims:
            pipe.xdel(stream, *ids)
        pipe.execute()
";

fn redis_py(
    client: &mut Client,
    url: &str,
    messages: usize,
    reading: Reading,
    python: &str,
) -> Outcome<Duration> {
    group(client)?;
    let failed = |error: std::io::Error| format!("{python}: {error}");
    let mut consumer = Command::new(python)
        .args(["-c", CONSUMER, &url.replace("redis+unix://", "unix://")])
        .args([
            messages.to_string(),
            reading.batch.to_string(),
            reading.trims.to_string(),
        ])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut line = String::new();
    if let Some(stdout) = consumer.stdout.take() {
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(failed)?;
    }
    timed(|| {
        add(client, messages)?;
        match consumer.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!(
                "the consumer in Python has ended with {status}: see above"
            )),
            Err(error) => Err(failed(error)),
        }
    })
}

/// The time from `XADD` until the handler has written.
fn latency(server: &Server) -> Outcome {
    let mut client = Client::connect(server.url(), BOUND)?;
    println!("\nfrom XADD to what the handler writes, median of {SINGLE} messages, us");
    for mode in ["sync", "async_local"] {
        client.call(&["FLUSHALL"])?;
        let script = format!(
            "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'one', r['value']['n'])).register('{STREAM}', batch=1, mode='{mode}')"
        );
        register(&mut client, 0, &script)?;
        let mut times = Vec::new();
        for number in 0..SINGLE {
            let begun = Instant::now();
            client.call(&["XADD", STREAM, "*", "n", &number.to_string()])?;
            client.call(&["BLPOP", "one", "60"])?;
            times.push(begun.elapsed());
        }
        println!("{mode:<16} {:>8.0}", median(times).as_secs_f64() * 1e6);
    }
    unregister(&mut client)
}

//! Events of keys: registrations of the engine, and a subscriber to keyspace notifications.

use crate::work::{register, unregister, wait, write};
use crate::{BOUND, Figures, measured, timed};
use redgrease_embedded::Server;
use redgrease_tools::{Client, Outcome};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub(crate) fn compare(server: &Server, sets: usize, rounds: usize) -> Outcome {
    Figures::head("SETs with a handler");
    let mut client = Client::connect(server.url(), BOUND)?;
    let nobody = measured(server, rounds, sets, |client| timed(|| set(client, sets)))?;
    nobody.print("SET", "none", sets);
    for mode in ["sync", "async_local"] {
        let script = format!(
            "GB('KeysReader').foreach(handle).register('key:*', eventTypes=['set'], readValue=False, mode='{mode}')"
        );
        let figures = measured(server, rounds, sets, |client| {
            register(client, sets, &script)?;
            timed(|| {
                set(client, sets)?;
                wait(client)
            })
        })?;
        figures.print("SET", mode, sets);
    }
    unregister(&mut client)?;
    client.call(&["CONFIG", "SET", "notify-keyspace-events", "KEA"])?;
    let figures = measured(server, rounds, sets, |client| {
        subscribed(client, server.url(), sets)
    })?;
    figures.print("SET", "subscriber, Rust", sets);
    Ok(())
}

fn set(client: &mut Client, sets: usize) -> Outcome {
    write(client, sets, |number| {
        let mut set = redis::cmd("SET");
        set.arg(format!("key:{number}")).arg("value");
        set
    })
}

fn subscribed(client: &mut Client, url: &str, sets: usize) -> Outcome<Duration> {
    thread::scope(|scope| {
        let (ready, is_ready) = mpsc::channel();
        let subscriber = scope.spawn(move || -> Outcome {
            let mut client = Client::connect(url, BOUND)?;
            let mut count = || -> redis::RedisResult<()> {
                let mut messages = client.connection().as_pubsub();
                messages.psubscribe("__keyevent@0__:set")?;
                // Fails if the test has ended.
                let _ = ready.send(());
                for _ in 0..sets {
                    messages.get_message()?;
                }
                Ok(())
            };
            count().map_err(|error| error.to_string())
        });
        is_ready
            .recv()
            .map_err(|_| "the subscriber has failed".to_owned())?;
        timed(|| {
            set(client, sets)?;
            subscriber
                .join()
                .map_err(|_| "the subscriber has failed".to_owned())?
        })
    })
}

//! Triggers gears through the client.

use super::{Soak, send};
use redgrease_tools::{Outcome, Random, text_of};
use redis::Value;
use std::thread;
use std::time::Duration;

const SCRIPT: &str = "
for mode in ['sync', 'async', 'async_local']:
    GB('CommandReader').map(lambda x: x[1]).register(trigger=mode, mode=mode)
";

pub(super) fn prepare(soak: &Soak) -> Outcome {
    let reply = soak
        .at_shard(1)?
        .text(&["RG.PYEXECUTE", SCRIPT, "ID", "calls"])?;
    if reply == "OK" {
        Ok(())
    } else {
        Err(format!("the gears to call were answered {reply}"))
    }
}

pub(super) fn run(soak: &Soak, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let mut con = soak.connect()?;
    let shards = soak.cluster.shards();
    while !soak.is_over() {
        let (name, mode, answers) = *random.one_of(&[
            ("call, sync", "sync", 1),
            ("call, async_local", "async_local", 1),
            ("call, async", "async", shards),
        ]);
        let text = random.number().to_string();
        let call = || send(&mut con, &["RG.TRIGGER", mode, &text]).and_then(|reply| texts(&reply));
        if let Some(results) = soak.journal.honest(name, call)?
            && results != vec![text.clone(); answers]
        {
            return Err(format!("{name}: {results:?}, not {answers} times {text}"));
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// The results. An error among them is an error.
fn texts(reply: &Value) -> Outcome<Vec<String>> {
    let Value::Array(items) = reply else {
        return Err(format!("unexpected reply {reply:?}"));
    };
    let texts = items.iter().map(|item| match item {
        Value::ServerError(error) => Err(format!("{error:?}")),
        Value::Array(_) => Err(text_of(item)),
        other => Ok(text_of(other)),
    });
    texts.collect()
}

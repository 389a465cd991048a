//! The latency of registrations on clusters of several sizes.

use crate::{BOUND, ms, servers};
use redgrease_embedded::Cluster;
use redgrease_tools::batch::median;
use redgrease_tools::{Client, Outcome};
use std::time::{Duration, Instant};

const SIZES: [usize; 3] = [3, 6, 12];

/// After so long, a registration counts as missing on a shard.
const LONGEST: Duration = Duration::from_secs(2);

pub(crate) fn compare(count: usize) -> Outcome {
    println!(
        "\n{count} registrations, median in ms: until the answer, and until every shard has the registration"
    );
    println!("{:<8} {:>10} {:>12}", "shards", "answer", "everywhere");
    for shards in SIZES {
        let cluster = servers::cluster(shards)?;
        let (mut answered, mut everywhere) = (Vec::new(), Vec::new());
        for round in 0..count {
            let (answer, all) = register(&cluster, round)?;
            answered.push(answer);
            match all {
                Some(all) => everywhere.push(all),
                None => break,
            }
        }
        let all = if everywhere.len() < count {
            "never".to_owned()
        } else {
            format!("{:.2}", ms(median(everywhere)))
        };
        println!("{shards:<8} {:>10.2} {all:>12}", ms(median(answered)));
    }
    Ok(())
}

/// Registers at one shard after the other. Returns the time until the answer, and until every shard has the registration.
fn register(cluster: &Cluster, round: usize) -> Outcome<(Duration, Option<Duration>)> {
    let shards = cluster.shards();
    let clients = (0..shards).map(|shard| Client::connect(cluster.shard(shard).url(), BOUND));
    let mut clients: Vec<Client> = clients.collect::<Outcome<_>>()?;
    let (session, trigger) = (format!("session{round}"), format!("trigger{round}"));
    let script =
        format!("GB('CommandReader').map(lambda x: x).register(trigger='{trigger}', mode='sync')");
    let begun = Instant::now();
    clients[round % shards].call(&["RG.PYEXECUTE", &script, "ID", &session])?;
    let answered = begun.elapsed();
    for client in &mut clients {
        while client.call(&["RG.TRIGGER", &trigger]).is_err() {
            if begun.elapsed() > LONGEST {
                return Ok((answered, None));
            }
        }
    }
    Ok((answered, Some(begun.elapsed())))
}

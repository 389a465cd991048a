//! Where gears run.

use crate::common::{eventually, unregister_all};
use crate::shards::Shards;
use crate::{block_on, port, port_async, port_of, port_of_async, sleeps, sleeps_async};
use redgrease::{AnyOf, Con, GearsCommands as _, pipe};
use std::collections::BTreeSet;
use std::time::Duration;

#[test]
fn gears_are_registered_and_run_on_all_primaries() {
    let shards = Shards::start();
    // Any node leads to the cluster.
    let mut con = redgrease::start(shards.url(1)).unwrap();
    let ran: BTreeSet<u16> = (0..12).map(|_| port(&mut con).unwrap()).collect();
    assert_eq!(ran, shards.ports.iter().copied().collect());

    let ran: BTreeSet<u16> = block_on(async {
        let mut con = redgrease::start_async(shards.url(2)).await.unwrap();
        let mut ran = BTreeSet::new();
        for _ in 0..12 {
            ran.insert(port_async(&mut con).await.unwrap());
        }
        ran
    });
    assert_eq!(ran, shards.ports.iter().copied().collect());

    // A second start finds everything.
    let options = redgrease::Options::new();
    let (_, report) = redgrease::start_with(shards.url(0), &options).unwrap();
    assert!(!report.is_changed(), "{report}");
}

#[test]
fn a_unix_socket_leads_to_the_cluster_as_well() {
    let shards = Shards::start();
    let socket = format!("redis+unix://{}", shards.node(0).socket().display());
    let mut con = redgrease::start(socket).unwrap();
    let ran: BTreeSet<u16> = (0..12).map(|_| port(&mut con).unwrap()).collect();
    assert_eq!(ran.len(), 3);
}

#[test]
fn calls_on_a_key_run_where_the_key_is() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    for n in 0..60 {
        let key = format!("key:{n}");
        let call = port_of::call(&key).on_key(key.as_str());
        let (ran, _) = call.on(&mut con).unwrap();
        assert_eq!(ran, shards.owner(&key), "{key}");
    }
    block_on(async {
        let mut con = redgrease::connect_async(shards.url(1)).await.unwrap();
        for n in 0..60 {
            let key = format!("key:{n}");
            let call = port_of_async::call(&key).on_key(key.as_str());
            let (ran, _) = call.on_async(&mut con).await.unwrap();
            assert_eq!(ran, shards.owner(&key), "{key}");
        }
    });
    // The first node was right, so none had to say where the key is.
    for at in 0..shards.count() {
        assert!(!shards.ask(at, &["INFO", "errorstats"]).contains("MOVED"));
    }
}

#[test]
fn a_pipeline_of_calls_goes_to_several_nodes() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let keys: Vec<String> = (0..20).map(|n| format!("key:{n}")).collect();
    let on_keys = |keys: &[String]| -> Vec<redgrease::Call<(u16, Option<i64>)>> {
        let calls = keys
            .iter()
            .map(|key| port_of::call(key).on_key(key.as_str()));
        calls.collect()
    };
    let (ran, any) = pipe((on_keys(&keys), port::call())).on(&mut con).unwrap();
    for (key, ran) in keys.iter().zip(ran) {
        assert_eq!(ran.unwrap().0, shards.owner(key), "{key}");
    }
    assert!(shards.ports.contains(&any.unwrap()));
}

#[test]
fn a_gear_that_one_shard_has_lost_is_registered_there_again() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut one = shards.con(2);
    unregister_all(&mut one);
    for _ in 0..9 {
        port(&mut con).unwrap();
    }
    assert!(!one.dump_registrations().unwrap().is_empty());

    let mut one = shards.con(1);
    unregister_all(&mut one);
    block_on(async {
        let mut con = redgrease::connect_async(shards.url(0)).await.unwrap();
        for _ in 0..9 {
            port_async(&mut con).await.unwrap();
        }
    });
    assert!(!one.dump_registrations().unwrap().is_empty());
}

#[test]
fn gears_are_registered_while_a_primary_is_down() {
    let shards = Shards::start();
    shards.lose(1);
    let given = || AnyOf([shards.url(0), shards.url(2)]);
    // The engines learn soon that the node is given up. Before, they do not register without it.
    eventually("the others register", || redgrease::start(given()).is_ok());
    let mut con = redgrease::connect(given()).unwrap();
    let up = [shards.ports[0], shards.ports[2]];
    for at in [0, 2] {
        lost_gears(&shards, at);
        let mut answers = Vec::new();
        while answers.len() < 4 {
            answers.extend(unless_let_go(port(&mut con)));
        }
        assert!(answers.iter().all(|port| up.contains(port)));
        assert!(!shards.con(at).dump_registrations().unwrap().is_empty());
    }
    block_on(async {
        let mut con = redgrease::connect_async(given()).await.unwrap();
        lost_gears(&shards, 2);
        let mut answers = Vec::new();
        while answers.len() < 4 {
            answers.extend(unless_let_go(port_async(&mut con).await));
        }
        assert!(answers.iter().all(|port| up.contains(port)));
    });
    shards.node(0).kill().unwrap();
    shards.node(2).kill().unwrap();
    let error = port(&mut con).unwrap_err();
    assert!(error.is_connection(), "{error}");
}

/// The answer of a call in a cluster that is down, unless a server has let the client go: it does so once a second with those that
/// wait, also for a registration.
fn unless_let_go<T>(answer: redgrease::Result<T>) -> Option<T> {
    match answer {
        Err(error) if error.to_string().contains("CLUSTERDOWN") => None,
        answer => Some(answer.unwrap()),
    }
}

/// Unregisters everything on a node of a cluster that is down: a server then lets the clients go that wait.
fn lost_gears(shards: &Shards, at: usize) {
    let mut con = shards.con(at);
    eventually("the gears are gone", || {
        let registered = con.dump_registrations().unwrap();
        for registration in &registered {
            let _ = con.unregister(&registration.id);
        }
        registered.is_empty()
    });
}

#[test]
fn a_late_call_says_what_goes_on_at_its_shard() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut pool = redgrease::BlockingPool::connect(shards.url(0)).unwrap();
    let limit = Duration::from_millis(300);
    // In turn they go to all shards.
    for at in 0..3 {
        for error in [
            sleeps::call().timeout(limit).on(&mut con).unwrap_err(),
            sleeps::call().timeout(limit).on(&mut pool).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(error.is_timeout(), "{text}");
            let went = shards.ports.iter().find(|port| {
                let node = format!("it went to 127.0.0.1:{port}; the server answers PING");
                text.contains(&node)
            });
            assert!(went.is_some() && text.contains("that run: "), "{at} {text}");
        }
    }
    block_on(async {
        let mut con = redgrease::connect_async(shards.url(0)).await.unwrap();
        let mut pool = redgrease::Pool::connect(shards.url(0)).await.unwrap();
        for text in [
            sleeps_async::call()
                .timeout(limit)
                .on_async(&mut con)
                .await
                .unwrap_err()
                .to_string(),
            sleeps_async::call()
                .timeout(limit)
                .on_async(&mut pool)
                .await
                .unwrap_err()
                .to_string(),
        ] {
            assert!(text.contains("it went to 127.0.0.1:"), "{text}");
        }
    });
}

#[test]
fn settings_are_set_on_all_nodes() {
    let shards = Shards::with_replicas(1);
    let mut con: Con = redgrease::connect(shards.url(0)).unwrap();
    let mut set = redis::cmd("RG.CONFIGSET");
    let answer: Vec<String> = set.arg("MaxExecutions").arg(77).query(&mut con).unwrap();
    assert_eq!(answer, ["OK"]);
    con.refresh_cluster().unwrap();
    for at in 0..shards.count() {
        let setting = shards.ask(at, &["RG.CONFIGGET", "MaxExecutions"]);
        assert_eq!(setting, "77");
        assert_eq!(shards.calls(at, "rg.refreshcluster"), 1);
    }
}

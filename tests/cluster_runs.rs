//! Runs over all shards of a real cluster.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;
mod on_shards;

use on_shards::{BOUND, ask, fill, results, run, start};
use std::collections::BTreeMap;
use std::time::Instant;

#[test]
fn runs_over_all_shards_give_the_results_of_one_server() {
    let cluster = start();
    fill(&cluster, 30);
    let all: Vec<String> = {
        let mut all: Vec<String> = (0..30).map(|number| format!("k{number}")).collect();
        all.sort();
        all
    };
    for node in cluster.nodes() {
        assert_eq!(results(&node, "GB().count().run()"), ["30"]);
        assert_eq!(results(&node, "GB().map(lambda r: r['key']).run()"), all);
        let group =
            "GB().groupby(lambda r: str(int(r['value']) % 3), lambda k, a, r: (a or 0) + 1).run()";
        let counts = "GB().map(lambda r: str(int(r['value']) % 3)).countby().run()";
        for script in [group, counts] {
            let expected = [
                "{'key': '0', 'value': 10}",
                "{'key': '1', 'value': 10}",
                "{'key': '2', 'value': 10}",
            ];
            assert_eq!(results(&node, script), expected);
        }
        let sorted = run(&node, "GB().map(lambda r: r['key']).sort().run()");
        assert_eq!(sorted.0, all);
        assert_eq!(
            results(&node, "GB().map(lambda r: int(r['value'])).avg().run()"),
            ["14.5"]
        );
        let one = "GB().map(lambda r: r['key']).repartition(lambda x: 'const').map(lambda x: hashtag()).distinct().count().run()";
        assert_eq!(results(&node, one), ["1"]);
        assert_eq!(results(&node, "GB().limit(1).count().run()"), ["3"]);
        assert_eq!(
            results(&node, "GB().collect().limit(1).count().run()"),
            ["1"]
        );
        assert_eq!(
            results(
                &node,
                "GB().map(lambda r: r['key']).collect().distinct().count().run()"
            ),
            ["30"]
        );
    }
}

#[test]
fn what_runs_here_alone_sees_the_keys_of_its_shard() {
    let cluster = start();
    fill(&cluster, 30);
    let nodes = cluster.nodes();
    for script in [
        "GB().map(lambda r: r['key']).run(mode='async_local')",
        "GB().map(lambda r: r['key']).run(collect=False)",
    ] {
        let all: Vec<Vec<String>> = nodes.iter().map(|node| results(node, script)).collect();
        assert!(all.iter().all(|keys| keys.len() < 30), "{all:?}");
        assert_eq!(all.concat().len(), 30);
    }
}

#[test]
fn each_shard_has_an_error_of_its_own() {
    let cluster = start();
    let (results, errors) = run(
        &cluster.shard(1),
        "GB('ShardsIDReader').map(lambda x: 1/0).run()",
    );
    assert_eq!(results, [""; 0]);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors.iter().all(|one| one.contains("division by zero")));
    let (results, errors) = run(
        &cluster.shard(1),
        "GB('ShardsIDReader').map(lambda x: __import__('threading').Lock()).run(convertToStr=False)",
    );
    assert_eq!(results, ["PY RECORD"]);
    let unmarshallable = "Error type: <class 'ValueError'>, Value: unmarshallable object";
    assert_eq!(errors, [unmarshallable; 2]);
}

#[test]
fn many_records_move_between_all_shards() {
    const KEYS: usize = 30_000;
    let cluster = start();
    fill(&cluster, KEYS);
    let begun = Instant::now();
    let script = "GB().map(lambda r: {'n': int(r['value']), 's': 'x' * 200}).repartition(lambda r: str(r['n'] * 7)).map(lambda r: r['n']).repartition(lambda n: str(n)).map(lambda n: (n % 10, n)).groupby(lambda r: r[0], lambda k, a, r: (a or 0) + r[1]).map(lambda r: (r['key'], r['value'])).run()";
    let found: BTreeMap<String, String> = results(&cluster.shard(2), script)
        .into_iter()
        .map(|text| {
            let (key, value) = text.trim_matches(['(', ')']).split_once(", ").unwrap();
            (key.trim_matches('\'').to_owned(), value.to_owned())
        })
        .collect();
    let expected = (0..10).map(|key: usize| {
        let sum: usize = (0..KEYS).filter(|number| number % 10 == key).sum();
        (key.to_string(), sum.to_string())
    });
    assert_eq!(found, expected.collect());
    assert!(begun.elapsed() < BOUND);
}

/// The replies to a trigger on one server, sorted.
fn triggered(node: &redgrease_embedded::ClusterNode, words: &[&str]) -> Vec<String> {
    let mut replies: Vec<String> = ask(node, words);
    replies.sort();
    replies
}

#[test]
fn a_trigger_runs_on_all_shards_unless_it_is_local() {
    let cluster = start();
    fill(&cluster, 30);
    let () = ask(
        &cluster.shard(1),
        &[
            "RG.PYEXECUTE",
            "seen = []\ndef shard(r):\n    seen.append(r)\n    return [hashtag(), len(seen), *r[1:]]\n\
             GB('CommandReader').map(shard).register(trigger='everywhere')\n\
             GB('CommandReader').map(shard).register(trigger='here', mode='async_local')\n\
             GB('CommandReader').map(shard).register(trigger='now', mode='sync')\n\
             GB('CommandReader').count().register(trigger='count')\n\
             GB('CommandReader').collect().map(lambda r: hashtag()).register(trigger='gather')\n\
             GB('CommandReader').map(lambda r: 1 / 0).register(trigger='fail')\n",
        ],
    );
    let tags: Vec<String> = cluster
        .nodes()
        .iter()
        .map(|node| {
            results(
                node,
                "GB('ShardsIDReader').map(lambda x: hashtag()).run(mode='async_local')",
            )
            .concat()
        })
        .collect();
    for (node, tag) in cluster.nodes().iter().zip(&tags) {
        for _ in 0..2 {
            let replies = triggered(node, &["RG.TRIGGER", "everywhere", "a"]);
            assert_eq!(replies.len(), 3, "{replies:?}");
            for tag in &tags {
                assert!(
                    replies.iter().any(|one| one.contains(tag.as_str())),
                    "{replies:?}"
                );
            }
        }
        for trigger in ["here", "now"] {
            let replies = triggered(node, &["RG.TRIGGER", trigger, "a"]);
            assert!(
                matches!(&replies[..], [one] if one.contains(tag.as_str())),
                "{replies:?}"
            );
        }
        assert_eq!(triggered(node, &["RG.TRIGGER", "count"]), ["3"]);
        assert_eq!(
            triggered(node, &["RG.TRIGGER", "gather"]),
            vec![tag.clone(); 3]
        );
        let failed: Result<redis::Value, _> = redis::cmd("RG.TRIGGER")
            .arg("fail")
            .query(&mut on_shards::client(node));
        assert!(failed.unwrap_err().to_string().contains("division by zero"));
    }
}

#[test]
fn coroutines_and_objects_of_scripts_cross_between_shards() {
    let cluster = start();
    fill(&cluster, 30);
    let node = cluster.shard(1);
    let awaits = "import asyncio\nasync def slow(r):\n    await asyncio.sleep(0.01)\n    return int(r['value'])\n\
         async def again(n):\n    await asyncio.sleep(0.01)\n    return n + 1\n\
         GB().map(slow).repartition(lambda n: str(n)).map(again).collect().map(again).accumulate(lambda a, n: (a or 0) + n).run()";
    let sum: usize = (0..30).map(|number| number + 2).sum();
    assert_eq!(results(&node, awaits), [sum.to_string()]);
    let objects = "class Item:\n    def __init__(self, n):\n        self.n = n\n\
         GB().map(lambda r: Item(int(r['value']))).repartition(lambda i: str(i.n)).filter(lambda i: isinstance(i, Item))\
         .map(lambda i: i.n).count().run()";
    assert_eq!(results(&node, objects), ["30"]);
}

#[test]
fn a_gear_begins_a_run_over_all_shards() {
    let cluster = start();
    fill(&cluster, 30);
    let () = ask(
        &cluster.shard(0),
        &[
            "RG.PYEXECUTE",
            "async def begin(r):\n    return await GB().count().run()\n\
             GB('CommandReader').map(begin).register(trigger='begin', mode='async_local')",
        ],
    );
    let outcome: Vec<String> = ask(&cluster.shard(2), &["RG.TRIGGER", "begin"]);
    assert_eq!(outcome, ["[['30'], []]"]);
}

#[test]
fn a_hook_and_an_event_begin_on_one_shard_and_move_on() {
    let cluster = start();
    let () = ask(
        &cluster.shard(0),
        &[
            "RG.PYEXECUTE",
            "GB('CommandReader').map(lambda r: 'hooked').register(hook='ping', mode='async')\n\
             def note(r):\n    execute('RPUSH', 'note{%s}' % hashtag(), r['key'])\n\
             GB('KeysReader').repartition(lambda r: r['value']).foreach(note).register('from:*', mode='async')\n\
             GB('KeysReader').foreach(note).register('stays:*', mode='async')",
        ],
    );
    let tags: Vec<String> = cluster
        .nodes()
        .iter()
        .map(|node| {
            let script = "GB('ShardsIDReader').map(lambda x: hashtag()).run(mode='async_local')";
            results(node, script).concat()
        })
        .collect();
    for (node, tag) in cluster.nodes().iter().zip(&tags) {
        assert_eq!(ask::<String>(node, &["PING"]), "hooked");
        // The value names the shard that notes the key: the next one.
        let next = &tags[(tags.iter().position(|one| one == tag).unwrap() + 1) % 3];
        let () = ask(node, &["SET", &format!("from:{{{tag}}}"), next]);
        let () = ask(node, &["SET", &format!("stays:{{{tag}}}"), next]);
    }
    for (shard, tag) in tags.iter().enumerate() {
        let before = &tags[(shard + 2) % 3];
        let expected = [format!("from:{{{before}}}"), format!("stays:{{{tag}}}")];
        let noted = || {
            let mut noted: Vec<String> = ask(
                &cluster.shard(shard),
                &["LRANGE", &format!("note{{{tag}}}"), "0", "-1"],
            );
            noted.sort();
            noted
        };
        common::eventually("each key is noted once", || noted().len() >= 2);
        assert_eq!(noted(), expected);
    }
}

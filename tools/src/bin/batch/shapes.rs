//! Jobs of other shapes, as gears and in Lua: functions that the engine knows and does not know, filters with few hits, and hashes.

use crate::BOUND;
use redgrease_embedded::Server;
use redgrease_tools::batch::{median, pieces};
use redgrease_tools::{Client, Outcome, text_of};
use std::time::{Duration, Instant};

/// A job over many keys. Both ways return one number.
struct Shape {
    name: &'static str,
    gear: &'static str,
    /// What Lua does for each key `k`, which counts in `n`, or in the table `t`, whose size is the result.
    lua: &'static str,
}

const TEXTS: [Shape; 4] = [
    Shape {
        name: "words, split()",
        gear: "GB().flatmap(lambda x: x['value'].split()).countby().count().run()",
        lua: LUA_WORDS,
    },
    Shape {
        name: "words, split(None)",
        gear: "GB().flatmap(lambda x: x['value'].split(None)).countby().count().run()",
        lua: LUA_WORDS,
    },
    Shape {
        name: "filter by the value",
        gear: "GB().filter(lambda x: 'word7 word8' in x['value']).count().run()",
        lua: "if string.find(redis.call('GET', k), 'word7 word8', 1, true) then n = n + 1 end",
    },
    Shape {
        name: "filter by the name",
        gear: "GB().filter(lambda x: x['key'].endswith('77')).count().run()",
        lua: "if string.sub(k, -2) == '77' then n = n + 1 end",
    },
];

const LUA_WORDS: &str =
    "for word in string.gmatch(redis.call('GET', k), '%S+') do t[word] = true end";

const HASHES: [Shape; 2] = [
    Shape {
        name: "hashes, sums by a field",
        gear: "GB().aggregateby(lambda x: x['value']['city'], 0, lambda k, a, x: a + int(x['value']['number']), \
               lambda k, a, x: a + x).count().run()",
        lua: "local v = redis.call('HMGET', k, 'city', 'number') t[v[1]] = (t[v[1]] or 0) + tonumber(v[2])",
    },
    Shape {
        name: "hashes, filter by a field",
        gear: "GB().filter(lambda x: x['value']['city'] == 'city7').count().run()",
        lua: "if redis.call('HGET', k, 'city') == 'city7' then n = n + 1 end",
    },
];

/// Prints a table of all shapes.
pub(crate) fn compare(count: usize, rounds: usize) -> Outcome {
    println!("{count} keys with texts or with hashes of four fields, median of {rounds} rounds");
    println!(
        "{:<28} {:>10} {:>10} {:>9}",
        "job", "gear, ms", "Lua, ms", "to Lua"
    );
    let texts = pieces(count).map(|piece| {
        let mut set = redis::cmd("MSET");
        for (key, value) in &piece {
            set.arg(key).arg(value);
        }
        vec![set]
    });
    table(texts, &TEXTS, rounds)?;
    let hashes = pieces(count).map(|piece| {
        let hash = |(number, (key, _)): (usize, &(String, String))| {
            let mut set = redis::cmd("HSET");
            set.arg(key).arg("city").arg(format!("city{}", number % 50));
            set.arg("number").arg(number % 7);
            set.arg("name").arg(format!("name{number}"));
            set.arg("street").arg(format!("some street {number}"));
            set
        };
        piece.iter().enumerate().map(hash).collect()
    });
    table(hashes, &HASHES, rounds)?;
    println!();
    Ok(())
}

fn table(data: impl Iterator<Item = Vec<redis::Cmd>>, shapes: &[Shape], rounds: usize) -> Outcome {
    let server = Server::start().map_err(|error| error.to_string())?;
    let mut client = Client::connect(server.url(), BOUND)?;
    for commands in data {
        let mut pipe = redis::pipe();
        for command in commands {
            pipe.add_command(command).ignore();
        }
        pipe.exec(client.connection())
            .map_err(|error| error.to_string())?;
    }
    for shape in shapes {
        let lua = format!(
            "local n, t, cursor = 0, {{}}, '0'
             repeat
               local reply = redis.call('SCAN', cursor, 'COUNT', 1000)
               cursor = reply[1]
               for _, k in ipairs(reply[2]) do {} end
             until cursor == '0'
             for _ in pairs(t) do n = n + 1 end
             return n",
            shape.lua
        );
        let (gear, of_gear) = timed(&mut client, &["RG.PYEXECUTE", shape.gear], rounds)?;
        let (lua, of_lua) = timed(&mut client, &["EVAL", &lua, "0"], rounds)?;
        // A count of nothing is no record.
        let of_gear = of_gear.replace("[[], []]", "[[0], []]");
        if of_gear != format!("[[{of_lua}], []]") {
            return Err(format!(
                "{}: {of_gear} by the gear, {of_lua} in Lua",
                shape.name
            ));
        }
        println!(
            "{:<28} {:>10.1} {:>10.1} {:>9.2}",
            shape.name,
            gear.as_secs_f64() * 1000.0,
            lua.as_secs_f64() * 1000.0,
            lua.as_secs_f64() / gear.as_secs_f64()
        );
    }
    Ok(())
}

/// The median time of a command, and its reply.
fn timed(client: &mut Client, words: &[&str], rounds: usize) -> Outcome<(Duration, String)> {
    let mut times = Vec::new();
    let mut reply = String::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        reply = text_of(&client.call(words)?);
        times.push(begun.elapsed());
    }
    Ok((median(times), reply))
}

use crate::common::{eventually, with_gears};
use redis::Commands;

// recipe
use redgrease::prelude::*;

python_module! {
    searching {
        import re

        def words_of(text):
            return set(re.findall(r"\w+", text.lower()))
    }
}

/// Keeps an index of the words of each document: `doc:*` are texts. It runs behind the change, which does not wait for it.
#[gear_keys(prefix = "doc:*", read_value = false, module = searching)]
pub fn index_words(record: KeyRecord) {
    python! {
        with atomic():
            text = cmd.get(record.key) if cmd.type(record.key) == b"string" else None
            after = words_of(text.decode("utf-8", "replace")) if text is not None else set()
            before = {word.decode() for word in cmd.smembers("words:of:" + record.key)}
            for word in before - after:
                cmd.srem("word:" + word, record.key)
                if not cmd.exists("word:" + word):
                    cmd.zrem("words", word)
            for word in after - before:
                cmd.sadd("word:" + word, record.key)
                cmd.zadd("words", {word: 0})
            cmd.delete("words:of:" + record.key)
            if after:
                cmd.sadd("words:of:" + record.key, *after)
    }
}

/// The documents that contain all words of a text.
#[gear_command(mode = "sync", module = searching)]
pub fn search(text: &str) -> Vec<String> {
    python! {
        words = ["word:" + word for word in words_of(text)]
        return sorted(key.decode() for key in cmd.sinter(words)) if words else []
    }
}

/// The words that begin like this.
#[gear_command(mode = "sync")]
pub fn complete(start: &str) -> Vec<String> {
    python! {
        first = start.lower().encode()
        return [word.decode() for word in cmd.zrangebylex("words", b"[" + first, b"[" + first + b"\xff", 0, 10)]
    }
}
// end of the recipe

#[test]
fn documents_are_found_by_their_words() {
    let (_server, mut con) = with_gears(&[index_words::GEAR, search::GEAR, complete::GEAR]);
    let () = con.set("doc:1", "Tea from Ceylon, green tea").unwrap();
    let () = con.set("doc:2", "Green Coffee").unwrap();
    eventually("both documents are indexed", || {
        search(&mut con, "GREEN").unwrap().len() == 2
    });
    assert_eq!(search(&mut con, "tea green").unwrap(), ["doc:1"]);
    assert!(search(&mut con, "tea coffee").unwrap().is_empty());
    assert!(search(&mut con, "").unwrap().is_empty());
    assert_eq!(complete(&mut con, "C").unwrap(), ["ceylon", "coffee"]);

    let () = con.set("doc:1", "Black tea").unwrap();
    let () = con.del("doc:2").unwrap();
    eventually("the changes are indexed", || {
        search(&mut con, "black").unwrap() == ["doc:1"]
            && search(&mut con, "green").unwrap().is_empty()
    });
    assert!(complete(&mut con, "c").unwrap().is_empty());
    assert_eq!(complete(&mut con, "t").unwrap(), ["tea"]);
}

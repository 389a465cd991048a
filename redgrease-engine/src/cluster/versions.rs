//! The log's entries about servers that run another version.

use super::heartbeat::{Heartbeat, Hello};
use super::topology::{self, NodeId};
use crate::redis::{Level, log};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the log of each server that runs another engine or another Python, once for each version.
pub(super) fn watch(heartbeat: &Arc<Heartbeat>) {
    let mine = heartbeat.mine();
    let told = Mutex::new(Told::default());
    heartbeat.on_hello(move |id, hello| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_news(id, &mine, hello) {
            let name = topology::current().name_of(id);
            log(Level::Warning, &warning(&name, &mine, hello));
        }
    });
}

/// The versions that the log has told of: engine and Python.
#[derive(Debug, Default)]
struct Told(HashMap<NodeId, (String, String)>);

impl Told {
    /// `true` if a server has other versions than this one, and they are not the ones of its last heartbeat.
    fn is_news(&mut self, id: NodeId, mine: &Hello, hello: &Hello) -> bool {
        let is_same = hello.engine == mine.engine && hello.python == mine.python;
        if is_same {
            self.0.remove(&id);
            return false;
        }
        if let Some((engine, python)) = self.0.get(&id)
            && (*engine == hello.engine && *python == hello.python)
        {
            return false;
        }
        let versions = (hello.engine.clone(), hello.python.clone());
        self.0.insert(id, versions);
        true
    }
}

fn warning(name: &str, mine: &Hello, hello: &Hello) -> String {
    let consequence = if hello.python == mine.python {
        "it may not understand all messages of this server"
    } else {
        "functions cannot run on both"
    };
    format!(
        "{name} runs RedGrease engine {} with Python {}, and this server runs {} with Python {}: {consequence}. Use the same versions on \
         all shards",
        hello.engine, hello.python, mine.engine, mine.python
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(engine: &str, python: &str) -> Hello {
        Hello {
            engine: engine.into(),
            python: python.into(),
            ..Hello::default()
        }
    }

    #[test]
    fn each_other_version_is_told_once() {
        let id = |digit: u8| NodeId::parse(&[digit; 40]).expect("an id");
        let mine = hello("0.1.0", "3.11");
        let mut told = Told::default();
        for (from, engine, python, is_news) in [
            (b'a', "0.1.0", "3.11", false),
            (b'b', "0.2.0", "3.11", true),
            (b'b', "0.2.0", "3.11", false),
            (b'c', "0.2.0", "3.11", true),
            (b'b', "0.2.0", "3.12", true),
            (b'b', "0.1.0", "3.11", false),
            (b'b', "0.2.0", "3.12", true),
        ] {
            let other = hello(engine, python);
            let news = told.is_news(id(from), &mine, &other);
            assert_eq!(news, is_news, "{engine} {python}");
        }
    }

    #[test]
    fn the_warning_says_what_differs() {
        let mine = hello("0.1.0", "3.11");
        let text = warning("the shard x", &mine, &hello("0.1.0", "3.12"));
        let start = "the shard x runs RedGrease engine 0.1.0 with Python 3.12, and this server runs 0.1.0 with Python 3.11";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("functions cannot run on both"), "{text}");
        let text = warning("the shard x", &mine, &hello("0.2.0", "3.11"));
        assert!(text.contains("may not understand"), "{text}");
    }
}

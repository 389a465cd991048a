//! Commands of keys in several slots, of which each slot gets its part.
//!
//! A node refuses a command with keys of several slots, also of its own ones. These commands mean the same in parts, but not at
//! one moment: other clients may come in between, and if a part fails, the others have had their effect.

use super::key::slot_of;
use crate::connection::packed::words;
use redis::{Cmd, RedisResult, Value};

/// A command in parts, one for each slot.
#[derive(Debug)]
pub(super) struct Split {
    parts: Vec<Part>,
    merge: Merge,
}

#[derive(Debug)]
struct Part {
    slot: u16,
    cmd: Cmd,
    /// The positions of its keys in the whole command.
    keys: Vec<usize>,
}

/// How the answers of the parts become one.
#[derive(Debug, Clone, Copy)]
enum Merge {
    /// A number: of keys that are there, or that were deleted.
    Sum,
    /// A value for each key.
    Values,
    Done,
}

impl Split {
    /// The parts of a command; `None` if it has one only.
    pub(super) fn of(cmd: &Cmd) -> Option<Self> {
        let mut words = words(cmd);
        let name = words.next()?;
        let (merge, step) = match &*name.to_ascii_uppercase() {
            b"DEL" | b"UNLINK" | b"EXISTS" | b"TOUCH" => (Merge::Sum, 1),
            b"MGET" => (Merge::Values, 1),
            b"MSET" => (Merge::Done, 2),
            _ => return None,
        };
        let words: Vec<_> = words.collect();
        let mut parts = Vec::<Part>::new();
        for (at, words) in words.chunks(step).enumerate() {
            let slot = slot_of(words[0]);
            let known = parts.iter().position(|part| part.slot == slot);
            let part = known.unwrap_or_else(|| {
                let (mut cmd, keys) = (Cmd::new(), Vec::new());
                cmd.arg(name);
                parts.push(Part { slot, cmd, keys });
                parts.len() - 1
            });
            parts[part].cmd.arg(words);
            parts[part].keys.push(at);
        }
        (parts.len() > 1).then_some(Split { parts, merge })
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Cmd> {
        self.parts.iter().map(|part| &part.cmd)
    }

    /// The answer of the whole: that of a part which failed, if there is one.
    pub(super) fn merged(&self, answers: Vec<Value>) -> RedisResult<Value> {
        if let Some(failed) = answers
            .iter()
            .find(|it| matches!(it, Value::ServerError(_)))
        {
            return Ok(failed.clone());
        }
        match self.merge {
            Merge::Done => Ok(Value::Okay),
            Merge::Sum => {
                let numbers: Result<Vec<i64>, _> =
                    answers.into_iter().map(redis::from_redis_value).collect();
                Ok(Value::Int(numbers?.into_iter().sum()))
            }
            Merge::Values => {
                let count = self.parts.iter().map(|part| part.keys.len()).sum();
                let mut all = vec![Value::Nil; count];
                for (part, answer) in self.parts.iter().zip(answers) {
                    let values: Vec<Value> = redis::from_redis_value(answer)?;
                    for (at, value) in part.keys.iter().zip(values) {
                        all[*at] = value;
                    }
                }
                Ok(Value::Array(all))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cmd(line: &str) -> Cmd {
        let mut cmd = Cmd::new();
        for word in line.split(' ') {
            cmd.arg(word);
        }
        cmd
    }

    fn parts(line: &str) -> Option<Vec<String>> {
        let split = Split::of(&cmd(line))?;
        let line = |cmd: &Cmd| {
            let words: Vec<_> = words(cmd).map(String::from_utf8_lossy).collect();
            words.join(" ")
        };
        Some(split.parts().map(line).collect())
    }

    #[test]
    fn each_slot_gets_its_part() {
        let expected = |parts: &[&str]| Some(parts.iter().map(ToString::to_string).collect());
        assert_eq!(
            parts("mget {a}1 b {a}2"),
            expected(&["mget {a}1 {a}2", "mget b"])
        );
        assert_eq!(
            parts("MSET {a}1 x b y {a}2 z"),
            expected(&["MSET {a}1 x {a}2 z", "MSET b y"])
        );
        assert_eq!(parts("DEL a b"), expected(&["DEL a", "DEL b"]));
        for whole in [
            "DEL",
            "DEL a",
            "DEL {a}1 {a}2",
            "MSETNX a x b y",
            "SINTER a b",
        ] {
            assert_eq!(parts(whole), None, "{whole}");
        }
    }

    #[test]
    fn answers_of_parts_become_one() {
        let merged = |line: &str, answers| Split::of(&cmd(line)).unwrap().merged(answers);
        let list = |numbers: &[i64]| {
            Value::Array(numbers.iter().map(|number| Value::Int(*number)).collect())
        };
        assert_eq!(
            merged("MGET {a}1 b {a}2", vec![list(&[1, 3]), list(&[2])]),
            Ok(list(&[1, 2, 3]))
        );
        assert_eq!(
            merged("DEL a b", vec![Value::Int(1), Value::Int(2)]),
            Ok(Value::Int(3))
        );
        assert_eq!(
            merged("MSET a x b y", vec![Value::Okay, Value::Okay]),
            Ok(Value::Okay)
        );
        let failed = redis::parse_redis_value(b"-OOM no memory\r\n").unwrap();
        assert_eq!(
            merged("MSET a x b y", vec![Value::Okay, failed.clone()]),
            Ok(failed)
        );
    }
}

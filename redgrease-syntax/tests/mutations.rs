//! Checks randomly damaged Python: the check ends for every text, and it does not panic.
//!
//! The test runs for a few seconds. `MUTATIONS_SECONDS=600 MUTATIONS_SEED=1 cargo test -p redgrease-syntax
//! --all-features --release --test mutations -- --nocapture` runs longer and with another seed. It prints the seed.

use redgrease_syntax::{Problem, Source, check_requirement, examine, parse_duration};
use std::time::{Duration, Instant};
use std::{env, panic};

const SEEDS: &[&str] = &[
    "\n    import requests\n    if cmd.exists(url):\n        return bytes(cmd.get(url))\n    return f\"{url!r:>{5}}\"\n",
    "\n    async def inner(x, *, y=1, **z):\n        async for a in x: yield await a\n    return [i async for i in inner(url)]\n",
    "\n    match url:\n        case {\"a\": [x, *y], **rest} if x := 1:\n            nonlocal z\n        case A(b=1) | None as c: pass\n",
    "\n    try:\n        global a, b\n        del a[0], b.c\n    except* (ValueError, TypeError) as e:\n        raise e from None\n    finally:\n        continue\n",
    "\n    class C[T: int = str](object, metaclass=type):\n        type X = int\n        def f[**P](self, /, a: \"b\", *args: *T) -> None: return super().f()\n",
    "\n    x = lambda a, *b, c=(yield): {**a, 'b': [*b]}[c:, ::2, ...]\n    return x if x else not x <= 1 < 2 is not None\n",
    "\n    s = rb'\\xff' b\"\\\"\" + u'''it's''' + \"\"\"\n two\"\"\" + t\"{x=}\" \\\n  + '\\N{DEGREE SIGN}'\n    print(s, file=log); return 0x_ff + 1_000.5e-3j\n",
    "def f(url):\n    return url\n\n@f\n@g.h(1)\nclass D: pass\nfrom x import *\nfrom . import (a as b,)\nimport a.b.c as d\n",
    "lambda record: int(record[\"age\"]) >= _min_age # why",
];

const PIECES: &[&str] = &[
    "\n",
    "    ",
    "\t",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ";",
    "\\",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "f\"",
    "f'{",
    "}}",
    "#",
    "=",
    ":=",
    "->",
    "**",
    "//",
    "@",
    "...",
    "!",
    "?",
    "$",
    "\u{0}",
    "\u{1}",
    "\u{feff}",
    "é",
    "😀",
    "\u{2028}",
    "\r",
    "\r\n",
    "\u{c}",
    "await ",
    "yield ",
    "return ",
    "lambda ",
    "def f():",
    "async ",
    "match ",
    "case ",
    "type ",
    "import ",
    "from ",
    "global ",
    "nonlocal ",
    "del ",
    "not ",
    "in ",
    "is ",
    "if ",
    "else ",
    "for ",
    "while ",
    "with ",
    "as ",
    "try:",
    "except ",
    "finally:",
    "class ",
    "0x",
    "1e",
    "0_",
    "1__0",
    "%",
    "print ",
    "exec ",
    "cmd.blpop(",
    "execute(\"BLPOP\"",
    "redgrease",
    "*",
    "a.b.c",
    "x",
    "_",
    "None",
];

/// A small random number generator without dependencies.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() % limit.max(1)
    }

    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn damaged(&mut self) -> String {
        let mut text = SEEDS[self.below(SEEDS.len())].to_owned();
        for _ in 0..=self.below(6) {
            let (a, b) = (self.place(&text), self.place(&text));
            let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 40));
            let end = (end..=text.len())
                .find(|at| text.is_char_boundary(*at))
                .unwrap_or(text.len());
            match self.below(5) {
                0 => text.replace_range(start..end, ""),
                1 => {
                    let part = text[start..end].to_owned();
                    let times = 1 + self.below(30);
                    text.insert_str(start, &part.repeat(times));
                }
                2 => {
                    let other = SEEDS[self.below(SEEDS.len())];
                    let from = self.place(other);
                    text.insert_str(start, &other[from..]);
                }
                _ => text.insert_str(start, PIECES[self.below(PIECES.len())]),
            }
        }
        text
    }
}

fn examine_in_every_way(text: &str) {
    for source in [
        Source::body("f", &["url"], text),
        Source::module("f", &["url"], text).known(&["x"]),
        Source::shared("m", text),
        Source::callback(text).has_unknown_names(true),
    ] {
        for python in ["3.7", "3.15"] {
            let report = examine(&source.python(python.parse().expect("a version")));
            for finding in &report.findings {
                assert_ne!(finding.problem, Problem::NotChecked, "{text:?}");
                assert!(
                    text.get(finding.range.clone()).is_some(),
                    "{finding:?} {text:?}"
                );
                assert!(!finding.to_string().is_empty());
            }
            for unknown in &report.unknown_names {
                assert!(
                    text.get(unknown.range.clone()).is_some(),
                    "{unknown:?} {text:?}"
                );
            }
        }
    }
    let line = text.lines().next_back().unwrap_or("");
    let _ = check_requirement(line);
    let _ = parse_duration(line);
}

#[test]
fn nothing_panics() {
    let number = |name: &str, default| {
        env::var(name)
            .ok()
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let seed = number("MUTATIONS_SEED", 20);
    let until = Instant::now() + Duration::from_secs(number("MUTATIONS_SECONDS", 3));
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut texts = 0_u64;
    while Instant::now() < until {
        let text = random.damaged();
        let result = panic::catch_unwind(|| examine_in_every_way(&text));
        assert!(result.is_ok(), "seed {seed}, text {texts}: {text:?}");
        texts += 1;
    }
    println!("{texts} texts from seed {seed}");
}

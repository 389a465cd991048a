//! Compares this crate with pyflakes, on a corpus of Python functions.
//!
//! The test needs a corpus, which a script makes with Python and pyflakes:
//!
//! ```text
//! python tests/corpus/functions.py /usr/lib/python3.11 3000 /tmp/corpus
//! CORPUS=/tmp/corpus CORPUS_PYTHON=3.11 cargo test -p redgrease-syntax --features validate --test corpus -- --ignored --nocapture
//! ```

#![cfg(feature = "validate")]

use redgrease_syntax::{Generators, Problem, RUNTIME_NAMES, Source, examine};
use std::collections::BTreeSet;
use std::{env, fs};

#[test]
#[ignore = "needs a corpus, see above"]
fn agrees_with_pyflakes() {
    let path = env::var("CORPUS").expect("CORPUS names the file of functions.py");
    let python = env::var("CORPUS_PYTHON").map_or("3.11".to_owned(), |version| version);
    let python = python.parse().expect("a Python version");
    let corpus = fs::read_to_string(path).expect("a file");
    let (mut functions, mut names, mut missed) = (0, 0, 0);
    let mut wrong: Vec<String> = Vec::new();
    for record in corpus.split_terminator('\u{1}') {
        let fields: Vec<&str> = record.split('\0').collect();
        let [name, parameters, undefined, compiles, body] = fields[..] else {
            panic!("not a record: {record}");
        };
        let parameters: Vec<&str> = list(parameters).collect();
        let source = Source::body(name, &parameters, body)
            .python(python)
            .generators(Generators::Listed);
        let report = examine(&source);
        functions += 1;
        let mut ours = BTreeSet::new();
        for finding in &report.findings {
            match &finding.problem {
                Problem::UndefinedName { name, .. } => {
                    ours.insert(name.as_str());
                }
                // Python compiles both, but a gear cannot use them.
                Problem::AsyncGenerator | Problem::BlockingCommand { .. } => {}
                _ if compiles == "no" => {}
                other => wrong.push(format!(
                    "{name}: Python compiles it, and here: {other}\n{body}"
                )),
            }
        }
        let theirs: BTreeSet<&str> = list(undefined)
            .filter(|name| !RUNTIME_NAMES.contains(name))
            .collect();
        names += theirs.len();
        let more: Vec<_> = ours.difference(&theirs).collect();
        if !more.is_empty() {
            wrong.push(format!("{name}: only here undefined {more:?}\n{body}"));
        }
        if compiles == "yes" {
            // pyflakes also checks annotations of local variables, which Python does not evaluate.
            missed += theirs.difference(&ours).count();
        }
    }
    println!(
        "{functions} functions, {names} undefined names, {missed} of them not found here, {} false alarms",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

fn list(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').filter(|name| !name.is_empty())
}

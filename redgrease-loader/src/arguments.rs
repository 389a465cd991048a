//! The module argument that chooses the Python: `Python PATH` or `Python VERSION`. The setting `PythonExecutable PATH` means
//! the same. The engine does not see it.

use crate::failure::Failure;

const NAMES: [&str; 2] = ["Python", "PythonExecutable"];

/// The argument that chooses the Python.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Where its name stands among the arguments. Its value stands behind it.
    pub(crate) at: usize,
    /// As the user wrote it.
    pub(crate) name: String,
    pub(crate) value: Vec<u8>,
}

/// Finds the argument that chooses the Python. Arguments are names and values in turn.
pub(crate) fn chosen(arguments: &[&[u8]]) -> Result<Option<Chosen>, Failure> {
    let mut found: Option<Chosen> = None;
    for (pair, words) in arguments.chunks(2).enumerate() {
        let Some(name) = words.first().map(|name| String::from_utf8_lossy(name)) else {
            continue;
        };
        if !NAMES.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            continue;
        }
        let value = match words.get(1) {
            Some(value) if !value.is_empty() => value.to_vec(),
            _ => {
                return Err(Failure::new(
                    format!("the module argument {name} has no value"),
                    "give it the path of a Python, or a version such as 3.12",
                ));
            }
        };
        if let Some(first) = found {
            return Err(Failure::new(
                format!(
                    "the Python is given twice, with the module arguments {} {} and {name} {}",
                    first.name,
                    String::from_utf8_lossy(&first.value),
                    String::from_utf8_lossy(&value)
                ),
                "give one of them",
            ));
        }
        found = Some(Chosen {
            at: pair * 2,
            name: name.into_owned(),
            value,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(words: &[&str]) -> Result<Option<Chosen>, Failure> {
        let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        chosen(&words)
    }

    #[test]
    fn the_argument_is_found_among_others() {
        assert_eq!(look(&[]), Ok(None));
        assert_eq!(look(&["ExecutionThreads", "Python"]), Ok(None));
        for name in ["Python", "python", "PythonExecutable"] {
            let found = look(&["A", "1", name, "3.12", "B", "2"]).unwrap().unwrap();
            assert_eq!((found.at, &found.value[..]), (2, &b"3.12"[..]));
            assert_eq!(found.name, name);
        }
    }

    #[test]
    fn a_missing_value_and_a_second_one_are_refused() {
        for words in [&["A", "1", "Python"][..], &["Python", ""]] {
            let line = look(words).unwrap_err().line();
            assert!(
                line.contains("argument Python has no value: give"),
                "{line}"
            );
        }
        for second in ["Python", "PythonExecutable", "PYTHON"] {
            let line = look(&["Python", "3.12", second, "/x"]).unwrap_err().line();
            let both =
                format!("given twice, with the module arguments Python 3.12 and {second} /x");
            assert!(line.contains(&both), "{line}");
        }
    }
}

//! Refuses schemas in which one value of Python stands for two values in Rust.

use super::codec::Codec;

impl Codec {
    /// Refuses an `Option` of what can be `None` itself, and a `Result` in a `Result`, while the gear compiles. The compiler
    /// shows the place of the call, which is the type in the gear.
    #[doc(hidden)]
    #[track_caller]
    pub const fn refuse_ambiguous(&self) {
        match self {
            Codec::Opt(inner) => {
                match inner {
                    Codec::Opt(_) => panic!(
                        "in this type, an `Option` is directly inside of an `Option`, and Python has one `None` for both: use one `Option`"
                    ),
                    Codec::Unit => panic!(
                        "in this type, `()` is directly inside of an `Option`, and Python has one `None` for both: use `bool`"
                    ),
                    Codec::Result(value, _) if value.has_none() => panic!(
                        "in this type, Python has one `None` for both `Some(Ok(..))` and `None`: remove the `Option` around the `Result`"
                    ),
                    _ => {}
                }
                inner.refuse_ambiguous();
            }
            Codec::Result(value, error) => {
                assert!(
                    !value.is_result() && !error.is_result(),
                    "in this type, a `Result` is directly inside of a `Result`, and Python has one `Err` for both: use one `Result`"
                );
                value.refuse_ambiguous();
                error.refuse_ambiguous();
            }
            Codec::List(inner) | Codec::Set(inner) => inner.refuse_ambiguous(),
            Codec::Map(key, value) => {
                key.refuse_ambiguous();
                value.refuse_ambiguous();
            }
            Codec::Tuple(items) => {
                let mut rest: &[Codec] = items;
                while let [first, others @ ..] = rest {
                    first.refuse_ambiguous();
                    rest = others;
                }
            }
            _ => {}
        }
    }

    /// Whether one of the values is `None` in Python.
    const fn has_none(&self) -> bool {
        match self {
            Codec::Unit | Codec::Opt(_) => true,
            Codec::Result(value, _) => value.has_none(),
            _ => false,
        }
    }

    /// Whether the value itself can be an `Err`.
    const fn is_result(&self) -> bool {
        match self {
            Codec::Result(..) => true,
            Codec::Opt(inner) => inner.is_result(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Codec, GearResult};
    use std::panic::catch_unwind;

    fn is_refused<T: GearResult>() -> bool {
        let codec: Codec = T::CODEC;
        catch_unwind(|| codec.refuse_ambiguous()).is_err()
    }

    #[test]
    fn one_value_of_python_is_one_value_in_rust() {
        assert!(is_refused::<Option<Option<i64>>>());
        assert!(is_refused::<Option<Box<Option<i64>>>>());
        assert!(is_refused::<Vec<(i64, Option<()>)>>());
        assert!(is_refused::<Option<Result<Option<i64>, String>>>());
        assert!(is_refused::<Option<Result<(), String>>>());
        assert!(is_refused::<Result<Result<i64, String>, String>>());
        assert!(is_refused::<Result<i64, Option<Result<i64, String>>>>());
    }

    #[test]
    fn other_types_are_accepted() {
        assert!(!is_refused::<Option<Vec<Option<i64>>>>());
        assert!(!is_refused::<Option<Result<i64, Option<i64>>>>());
        assert!(!is_refused::<Result<Option<i64>, ()>>());
        assert!(!is_refused::<Result<Vec<Result<i64, String>>, String>>());
    }
}

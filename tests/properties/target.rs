//! Compares Rust values with values of Python.

use crate::python::Py;
use redgrease::Json;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;

/// A type of results that can be compared with a value of Python.
pub(crate) trait Target: Debug {
    /// Whether the values are equal, as `==` in Python. In addition, a text equals its bytes in UTF-8,
    /// and any sequence equals a list.
    fn is(&self, python: &Py) -> bool;

    /// Whether the value has exactly this type, so that decoding must not refuse it.
    fn has(python: &Py) -> bool;
}

macro_rules! ints {
    ($($type:ty)*) => {$(
        impl Target for $type {
            fn is(&self, python: &Py) -> bool {
                match python {
                    Py::Int(number) => <$type>::try_from(*number).is_ok_and(|number| number == *self),
                    Py::Bool(value) => *self == <$type>::from(*value),
                    _ => false,
                }
            }
            fn has(python: &Py) -> bool {
                matches!(python, Py::Int(number) if <$type>::try_from(*number).is_ok())
            }
        }
    )*};
}

ints!(i8 u16 i32 i64 u64 i128 u128);

/// A number as a float, if it can be converted exactly.
fn exact(python: &Py) -> Option<f64> {
    match python {
        Py::Float(number) => Some(*number),
        Py::Bool(value) => Some(f64::from(u8::from(*value))),
        Py::Int(number) => {
            let float = *number as f64;
            // A cast of a number out of range returns the nearest number.
            (float < 2_f64.powi(127) && float as i128 == *number).then_some(float)
        }
        Py::Power { negative, exponent } => {
            let float = 2_f64.powi(i32::from(*exponent));
            float
                .is_finite()
                .then_some(if *negative { -float } else { float })
        }
        _ => None,
    }
}

impl Target for f64 {
    fn is(&self, python: &Py) -> bool {
        // The bits distinguish the zeros. The bits of NaN are not compared.
        exact(python)
            .is_some_and(|f| f.to_bits() == self.to_bits() || (f.is_nan() && self.is_nan()))
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Float(_))
    }
}

/// The nearest `f32`; a finite number stays finite.
impl Target for f32 {
    fn is(&self, python: &Py) -> bool {
        exact(python).is_some_and(|f| {
            let near = f as f32;
            (f.is_nan() && self.is_nan())
                || (near.to_bits() == self.to_bits() && near.is_finite() == f.is_finite())
        })
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Float(f) if (*f as f32).is_finite() || !f.is_finite())
    }
}

impl Target for bool {
    fn is(&self, python: &Py) -> bool {
        match python {
            Py::Bool(value) => value == self,
            Py::Int(number) => *number == i128::from(*self),
            _ => false,
        }
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Bool(_))
    }
}

impl Target for String {
    fn is(&self, python: &Py) -> bool {
        match python {
            Py::Bytes(bytes) | Py::ByteArray(bytes) => bytes == self.as_bytes(),
            other => other.as_text().as_ref() == Some(self),
        }
    }
    fn has(python: &Py) -> bool {
        python.as_text().is_some()
    }
}

impl Target for char {
    fn is(&self, python: &Py) -> bool {
        self.to_string().is(python)
    }
    fn has(python: &Py) -> bool {
        python
            .as_text()
            .is_some_and(|text| text.chars().count() == 1)
    }
}

impl Target for Vec<u8> {
    fn is(&self, python: &Py) -> bool {
        match python {
            Py::Bytes(bytes) | Py::ByteArray(bytes) => bytes == self,
            other => other.as_text().is_some_and(|text| text.as_bytes() == self),
        }
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Bytes(_))
    }
}

impl Target for () {
    fn is(&self, python: &Py) -> bool {
        *python == Py::None
    }
    fn has(python: &Py) -> bool {
        *python == Py::None
    }
}

impl<T: Target> Target for Option<T> {
    fn is(&self, python: &Py) -> bool {
        match self {
            Some(value) => value.is(python),
            None => *python == Py::None,
        }
    }
    fn has(python: &Py) -> bool {
        *python == Py::None || T::has(python)
    }
}

fn are<T: Target>(values: &[T], python: &Py) -> bool {
    match python {
        Py::List(items) | Py::Tuple(items) => {
            values.len() == items.len()
                && values.iter().zip(items).all(|(value, item)| value.is(item))
        }
        // The order is not compared.
        Py::Set(items) => {
            values.len() == items.len()
                && items
                    .iter()
                    .all(|item| values.iter().any(|value| value.is(item)))
        }
        _ => false,
    }
}

impl<T: Target> Target for Vec<T> {
    fn is(&self, python: &Py) -> bool {
        are(self, python)
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::List(items) if items.iter().all(T::has))
    }
}

impl<T: Target, const N: usize> Target for [T; N] {
    fn is(&self, python: &Py) -> bool {
        are(self, python)
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::List(items) if items.len() == N && items.iter().all(T::has))
    }
}

/// The items of a list as a set of Python would have them.
impl<T: Target + Ord> Target for BTreeSet<T> {
    fn is(&self, python: &Py) -> bool {
        match python {
            Py::List(items) | Py::Tuple(items) => {
                items
                    .iter()
                    .all(|item| self.iter().any(|value| value.is(item)))
                    && self
                        .iter()
                        .all(|value| items.iter().any(|item| value.is(item)))
            }
            Py::Set(items) => {
                self.len() == items.len()
                    && items
                        .iter()
                        .all(|item| self.iter().any(|value| value.is(item)))
            }
            _ => false,
        }
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Set(items) if items.iter().all(T::has))
    }
}

fn are_entries<'a, K: Target + 'a, V: Target + 'a>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
    python: &Py,
) -> bool {
    let entries: Vec<_> = entries.collect();
    match python {
        Py::Dict(wanted) => {
            entries.len() == wanted.len()
                && wanted.iter().all(|(k, v)| {
                    let mut entries = entries.iter();
                    entries.any(|(key, value)| key.is(k) && value.is(v))
                })
        }
        _ => false,
    }
}

fn has_entries<K: Target, V: Target>(python: &Py) -> bool {
    matches!(python, Py::Dict(entries) if entries.iter().all(|(k, v)| K::has(k) && V::has(v)))
}

impl<K: Target + Ord, V: Target> Target for BTreeMap<K, V> {
    fn is(&self, python: &Py) -> bool {
        are_entries(self.iter(), python)
    }
    fn has(python: &Py) -> bool {
        has_entries::<K, V>(python)
    }
}

impl<K: Target + Eq + Hash, V: Target> Target for HashMap<K, V> {
    fn is(&self, python: &Py) -> bool {
        are_entries(self.iter(), python)
    }
    fn has(python: &Py) -> bool {
        has_entries::<K, V>(python)
    }
}

impl<A: Target, B: Target> Target for (A, B) {
    fn is(&self, python: &Py) -> bool {
        match python {
            Py::Tuple(items) | Py::List(items) => {
                items.len() == 2 && self.0.is(&items[0]) && self.1.is(&items[1])
            }
            _ => false,
        }
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Tuple(items) if items.len() == 2 && A::has(&items[0]) && B::has(&items[1]))
    }
}

/// The text of a key in JSON.
fn json_key(key: &Py) -> Option<String> {
    match key {
        Py::Bool(value) => Some(value.to_string()),
        Py::Int(number) => Some(number.to_string()),
        Py::Float(number) => Some(format!("{number:?}")),
        Py::None => Some("null".to_owned()),
        other => other.as_text(),
    }
}

impl Target for Value {
    fn is(&self, python: &Py) -> bool {
        match (self, python) {
            (Value::Null, Py::None) => true,
            (Value::Bool(value), Py::Bool(wanted)) => value == wanted,
            (Value::Number(number), Py::Int(wanted)) => number.as_i128() == Some(*wanted),
            (Value::Number(number), Py::Float(_)) => {
                number.is_f64() && number.as_f64().is_some_and(|number| number.is(python))
            }
            (Value::String(text), Py::Text(_)) => text.is(python),
            (Value::Array(items), Py::List(_) | Py::Tuple(_)) => are(items, python),
            (Value::Object(entries), Py::Dict(wanted)) => {
                entries.len() == wanted.len()
                    && wanted.iter().all(|(key, value)| {
                        let got = json_key(key).and_then(|key| entries.get(&key));
                        got.is_some_and(|got| got.is(value))
                    })
            }
            _ => false,
        }
    }
    fn has(python: &Py) -> bool {
        match python {
            Py::None | Py::Bool(_) => true,
            Py::Int(number) => i64::try_from(*number).is_ok() || u64::try_from(*number).is_ok(),
            Py::Float(number) => number.is_finite(),
            Py::Text(_) => String::has(python),
            Py::List(items) => items.iter().all(Self::has),
            Py::Dict(entries) => entries
                .iter()
                .all(|(key, value)| String::has(key) && Self::has(value)),
            _ => false,
        }
    }
}

impl Target for Json<Vec<Option<i64>>> {
    fn is(&self, python: &Py) -> bool {
        matches!(python, Py::List(_) | Py::Tuple(_)) && are(&self.0, python)
    }
    fn has(python: &Py) -> bool {
        Vec::<Option<i64>>::has(python)
    }
}

impl Target for Json<BTreeMap<String, String>> {
    fn is(&self, python: &Py) -> bool {
        let Py::Dict(wanted) = python else {
            return false;
        };
        self.0.len() == wanted.len()
            && wanted.iter().all(|(key, value)| {
                let got = json_key(key).and_then(|key| self.0.get(&key));
                got.is_some_and(|got| matches!(value, Py::Text(_)) && got.is(value))
            })
    }
    fn has(python: &Py) -> bool {
        matches!(python, Py::Dict(entries) if entries.iter().all(|(k, v)| String::has(k) && String::has(v)))
    }
}

//! Rust values as Python source. Texts and bytes are written as numbers.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A type of arguments that can be written as Python source.
pub(crate) trait Literal {
    /// An expression with the expected value.
    fn literal(&self) -> String;

    /// The expression for a key of a dict or a member of a set.
    fn frozen(&self) -> String {
        self.literal()
    }
}

macro_rules! ints {
    ($($type:ty)*) => {$(
        impl Literal for $type {
            fn literal(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

ints!(i8 u16 i32 i64 u64 i128 u128);

impl Literal for f64 {
    fn literal(&self) -> String {
        // The bits of the float, so that nothing is rounded.
        format!(
            "__import__('struct').unpack('>d', bytes({:?}))[0]",
            self.to_be_bytes()
        )
    }
}

impl Literal for f32 {
    fn literal(&self) -> String {
        format!(
            "__import__('struct').unpack('>f', bytes({:?}))[0]",
            self.to_be_bytes()
        )
    }
}

impl Literal for bool {
    fn literal(&self) -> String {
        if *self { "True" } else { "False" }.to_owned()
    }
}

impl Literal for str {
    fn literal(&self) -> String {
        let points: Vec<u32> = self.chars().map(u32::from).collect();
        format!("''.join(map(chr, {points:?}))")
    }
}

impl Literal for String {
    fn literal(&self) -> String {
        self.as_str().literal()
    }
}

impl Literal for char {
    fn literal(&self) -> String {
        format!("chr({})", u32::from(*self))
    }
}

impl Literal for Vec<u8> {
    fn literal(&self) -> String {
        format!("bytes({self:?})")
    }
}

impl<T: Literal> Literal for Option<T> {
    fn literal(&self) -> String {
        self.as_ref().map_or_else(|| "None".to_owned(), T::literal)
    }
    fn frozen(&self) -> String {
        self.as_ref().map_or_else(|| "None".to_owned(), T::frozen)
    }
}

/// The items, each followed by a comma.
fn items<'a, T: Literal + 'a>(
    items: impl IntoIterator<Item = &'a T>,
    one: fn(&T) -> String,
) -> String {
    items.into_iter().map(|item| one(item) + ", ").collect()
}

impl<T: Literal> Literal for Vec<T> {
    fn literal(&self) -> String {
        format!("[{}]", items(self, T::literal))
    }
    fn frozen(&self) -> String {
        format!("tuple([{}])", items(self, T::frozen))
    }
}

impl<T: Literal, const N: usize> Literal for [T; N] {
    fn literal(&self) -> String {
        format!("[{}]", items(self, T::literal))
    }
}

impl<T: Literal> Literal for BTreeSet<T> {
    fn literal(&self) -> String {
        format!("set([{}])", items(self, T::frozen))
    }
}

fn entries<'a, K: Literal + 'a, V: Literal + 'a>(
    map: impl IntoIterator<Item = (&'a K, &'a V)>,
) -> String {
    let entry = |(key, value): (&K, &V)| format!("{}: {}, ", key.frozen(), value.literal());
    format!("{{{}}}", map.into_iter().map(entry).collect::<String>())
}

impl<K: Literal, V: Literal> Literal for BTreeMap<K, V> {
    fn literal(&self) -> String {
        entries(self)
    }
}

impl<K: Literal, V: Literal> Literal for HashMap<K, V> {
    fn literal(&self) -> String {
        entries(self)
    }
}

impl<A: Literal, B: Literal> Literal for (A, B) {
    fn literal(&self) -> String {
        format!("({}, {})", self.0.literal(), self.1.literal())
    }
    fn frozen(&self) -> String {
        format!("({}, {})", self.0.frozen(), self.1.frozen())
    }
}

impl<T: Literal + ?Sized> Literal for Box<T> {
    fn literal(&self) -> String {
        (**self).literal()
    }
}

impl Literal for Value {
    fn literal(&self) -> String {
        match self {
            Value::Null => "None".to_owned(),
            Value::Bool(value) => value.literal(),
            Value::Number(number) => match (number.as_i128(), number.as_f64()) {
                (Some(int), _) if !number.is_f64() => int.to_string(),
                (_, float) => float.unwrap().literal(),
            },
            Value::String(text) => text.literal(),
            Value::Array(items) => items.literal(),
            Value::Object(map) => entries(map),
        }
    }
}

//! Values of Python as a Rust type, and strategies that generate them.

use proptest::prelude::*;
use std::collections::HashSet;
use std::fmt;

/// A value of Python.
#[derive(Clone, PartialEq)]
pub(crate) enum Py {
    None,
    Bool(bool),
    Int(i128),
    /// A power of two or its negative, with more than 128 bits.
    Power {
        negative: bool,
        exponent: u16,
    },
    Float(f64),
    /// A text, as code points that may be lone surrogates.
    Text(Vec<u32>),
    Bytes(Vec<u8>),
    ByteArray(Vec<u8>),
    List(Vec<Py>),
    Tuple(Vec<Py>),
    Set(Vec<Py>),
    Dict(Vec<(Py, Py)>),
}

impl Py {
    pub(crate) fn text(text: &str) -> Self {
        Py::Text(text.chars().map(u32::from).collect())
    }

    /// The text, if it can be encoded as UTF-8.
    pub(crate) fn as_text(&self) -> Option<String> {
        match self {
            Py::Text(points) => points.iter().map(|&point| char::from_u32(point)).collect(),
            _ => None,
        }
    }

    /// A value that is equal for keys that are equal in Python.
    fn identity(&self) -> String {
        match self {
            Py::Bool(value) => i128::from(*value).to_string(),
            other => other.to_string(),
        }
    }
}

/// Formats the value as an expression of Python.
impl fmt::Display for Py {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Py]| {
            items.iter().try_for_each(|item| write!(f, "{item}, "))
        };
        match self {
            Py::None => f.write_str("None"),
            Py::Bool(true) => f.write_str("True"),
            Py::Bool(false) => f.write_str("False"),
            Py::Int(number) => write!(f, "{number}"),
            Py::Power { negative, exponent } => {
                write!(f, "({}1 << {exponent})", if *negative { "-" } else { "" })
            }
            Py::Float(number) if number.is_finite() => write!(f, "{number:?}"),
            Py::Float(number) => write!(f, "float('{number}')"),
            Py::Text(points) => {
                f.write_str("'")?;
                for &point in points {
                    match char::from_u32(point) {
                        Some(c) if (c.is_ascii_alphanumeric() || c == ' ') => write!(f, "{c}")?,
                        _ => write!(f, "\\U{point:08x}")?,
                    }
                }
                f.write_str("'")
            }
            Py::Bytes(bytes) => write!(f, "bytes({bytes:?})"),
            Py::ByteArray(bytes) => write!(f, "bytearray({bytes:?})"),
            Py::List(items) => {
                f.write_str("[")?;
                list(f, items)?;
                f.write_str("]")
            }
            Py::Tuple(items) if items.is_empty() => f.write_str("()"),
            Py::Tuple(items) => {
                f.write_str("(")?;
                list(f, items)?;
                f.write_str(")")
            }
            Py::Set(items) => {
                f.write_str("set([")?;
                list(f, items)?;
                f.write_str("])")
            }
            Py::Dict(entries) => {
                f.write_str("{")?;
                for (key, value) in entries {
                    write!(f, "{key}: {value}, ")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl fmt::Debug for Py {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Integers, often at the limits of Rust's types.
pub(crate) fn ints() -> impl Strategy<Value = i128> {
    let edges = [7, 8, 15, 16, 31, 32, 53, 63, 64, 127].map(|bits| 1_i128.wrapping_shl(bits));
    let edge = (
        prop::sample::select(edges.to_vec()),
        -1..=1_i128,
        any::<bool>(),
    );
    prop_oneof![
        -3..300_i128,
        edge.prop_map(|(edge, add, negate)| {
            let edge = if negate { edge.wrapping_neg() } else { edge };
            edge.wrapping_add(add)
        }),
        any::<i64>().prop_map(i128::from),
        any::<i128>(),
    ]
}

/// Floats, often special ones.
pub(crate) fn floats() -> impl Strategy<Value = f64> {
    let special = [
        0.0,
        -0.0,
        0.1,
        1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
        9_007_199_254_740_993.0,
    ];
    prop_oneof![
        prop::num::f64::ANY.prop_map(|f| if f.is_nan() { f64::NAN } else { f }),
        any::<f32>().prop_map(f64::from),
        prop::sample::select(special.to_vec()),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        (-1000..1000_i32).prop_map(|n| f64::from(n) / 8.0),
    ]
}

/// Texts, often with a meaning in a protocol, a format or a language.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let words = [
        "",
        "+",
        "-",
        "-7",
        "+x",
        "-ERR x\r\ny",
        "OK",
        "MOVED 1 x",
        "nan",
        "NaN",
        "inf",
        "null",
        "None",
        "true",
        "1",
        "0",
        "1.5",
        "[]",
        "[1]",
        "{}",
        "\"",
        "AAA=",
        "\u{1}0",
        "\0",
        "\u{feff}",
        "PY RECORD",
    ];
    let special = "\0\u{1}01+-[]{}\"'\\\r\n\u{7f}\u{80}é\u{2028}\u{ffff}😀".chars();
    let c = prop_oneof![
        prop::sample::select(special.collect::<Vec<_>>()),
        any::<char>()
    ];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(str::to_owned),
        prop::collection::vec(c, 0..8).prop_map(String::from_iter),
    ]
}

/// Bytes, mostly not UTF-8.
pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![any::<u8>(), 0..2_u8, Just(b'0'), Just(0xff)];
    prop_oneof![
        prop::collection::vec(byte, 0..8),
        texts().prop_map(String::into_bytes),
    ]
}

fn surrogates() -> impl Strategy<Value = Py> {
    let point = prop_oneof![0xd800..0xe000_u32, any::<char>().prop_map(u32::from)];
    prop::collection::vec(point, 1..4).prop_map(Py::Text)
}

fn leaves() -> impl Strategy<Value = Py> {
    prop_oneof![
        1 => Just(Py::None),
        2 => any::<bool>().prop_map(Py::Bool),
        6 => ints().prop_map(Py::Int),
        1 => (any::<bool>(), 128..1100_u16).prop_map(|(negative, exponent)| Py::Power { negative, exponent }),
        6 => floats().prop_map(Py::Float),
        5 => texts().prop_map(|text| Py::text(&text)),
        1 => any::<char>().prop_map(|c| Py::Text(vec![u32::from(c)])),
        1 => surrogates(),
        3 => bytes().prop_map(Py::Bytes),
        1 => bytes().prop_map(Py::ByteArray),
    ]
}

/// Keys of dicts and members of sets. Texts and bytes are often equal, and often look like numbers.
fn hashable() -> impl Strategy<Value = Py> {
    let words = ["1", "0", "1.5", "true", "null", "a", ""];
    let word = || prop::sample::select(words.to_vec());
    let simple = prop_oneof![
        3 => (-2..3_i128).prop_map(Py::Int),
        3 => word().prop_map(Py::text),
        2 => word().prop_map(|word| Py::Bytes(word.into())),
        2 => texts().prop_map(|text| Py::text(&text)),
        1 => any::<bool>().prop_map(Py::Bool),
        1 => Just(Py::None),
        1 => Just(Py::Float(1.5)),
    ];
    prop_oneof![
        5 => simple,
        1 => (-2..3_i128, word()).prop_map(|(n, word)| Py::Tuple(vec![Py::Int(n), Py::text(word)])),
    ]
}

/// A dict of the entries; of equal keys, only the first one is kept.
fn dict(entries: Vec<(Py, Py)>) -> Py {
    let mut seen = HashSet::new();
    let entries = entries.into_iter();
    Py::Dict(
        entries
            .filter(|(key, _)| seen.insert(key.identity()))
            .collect(),
    )
}

fn set(items: Vec<Py>) -> Py {
    let mut seen = HashSet::new();
    let items = items.into_iter();
    Py::Set(items.filter(|item| seen.insert(item.identity())).collect())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "proptest passes the strategy by value"
)]
fn containers(item: BoxedStrategy<Py>) -> impl Strategy<Value = Py> {
    let keyed =
        |key: BoxedStrategy<Py>| prop::collection::vec((key, item.clone()), 0..4).prop_map(dict);
    let texts_only = texts().prop_map(|text| Py::text(&text)).boxed();
    prop_oneof![
        3 => prop::collection::vec(item.clone(), 0..4).prop_map(Py::List),
        2 => prop::collection::vec(item.clone(), 0..4).prop_map(Py::Tuple),
        2 => keyed(hashable().boxed()),
        2 => keyed(texts_only),
        1 => keyed((-2..3_i128).prop_map(Py::Int).boxed()),
        2 => prop::collection::vec(hashable(), 0..4).prop_map(set),
    ]
}

/// Keys that differ in Python and may be equal in Rust: a word as text, as bytes and as a number.
fn similar() -> impl Strategy<Value = Py> {
    let words = ["1", "true", "null"];
    let word = prop::sample::select(words.to_vec());
    (word, 0..3_u8).prop_map(|(word, kind)| match (kind, word) {
        (0, word) => Py::text(word),
        (1, word) => Py::Bytes(word.into()),
        (_, "1") => Py::Int(1),
        (_, "true") => Py::Bool(true),
        _ => Py::None,
    })
}

/// Containers whose items have one type, as Rust requires.
fn alike() -> impl Strategy<Value = Py> {
    let list = |item: BoxedStrategy<Py>| prop::collection::vec(item, 0..4).prop_map(Py::List);
    let or_none = |item: BoxedStrategy<Py>| prop_oneof![item, Just(Py::None)].boxed();
    let text = || texts().prop_map(|text| Py::text(&text)).boxed();
    let entries = |key: BoxedStrategy<Py>, item: BoxedStrategy<Py>| {
        prop::collection::vec((key, item), 0..4).prop_map(dict)
    };
    prop_oneof![
        list(ints().prop_map(Py::Int).boxed()),
        list(or_none((0..9_i128).prop_map(Py::Int).boxed())),
        list(floats().prop_map(Py::Float).boxed()),
        list(text()),
        list(or_none(bytes().prop_map(Py::Bytes).boxed())),
        list(similar().boxed()),
        (-2..9_i128, text()).prop_map(|(n, text)| Py::Tuple(vec![Py::Int(n), text])),
        prop::collection::vec(text(), 0..3).prop_map(set),
        prop::collection::vec(similar(), 0..3).prop_map(set),
        entries(text(), floats().prop_map(Py::Float).boxed()),
        entries((-2..3_i128).prop_map(Py::Int).boxed(), or_none(text())),
        entries(similar().boxed(), text()),
        entries(similar().boxed(), floats().prop_map(Py::Float).boxed()),
    ]
}

/// Any value that a gear can return.
pub(crate) fn anything() -> impl Strategy<Value = Py> {
    let nested = prop_oneof![4 => leaves(), 1 => alike()]
        .boxed()
        .prop_recursive(3, 12, 4, containers);
    prop_oneof![3 => leaves(), 3 => alike(), 4 => nested]
}

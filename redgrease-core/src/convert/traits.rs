//! The traits that generated code requires of the types of arguments and results.

use super::codec::Codec;
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use redis::Value;
use serde_json::value::RawValue;

/// A Rust type that can be an argument of a gear.
///
/// | Rust | Python | Cargo feature |
/// |---|---|---|
/// | `&str`, `String`, `char` | `str` | |
/// | `&[u8]`, `Vec<u8>`, `[u8; N]` | `bytes` | |
/// | integers of any size | `int` | |
/// | `f64`, `f32` | `float` | |
/// | `bool` | `bool` | |
/// | `Option<T>` | the value or `None` | |
/// | `Vec<T>`, `[T; N]`, `&[T]` | `list` | |
/// | `HashSet<T>`, `BTreeSet<T>` | `set` | |
/// | `HashMap<K, V>`, `BTreeMap<K, V>` | `dict` | |
/// | tuples of one to twelve items | `tuple` | |
/// | [`Duration`](std::time::Duration) | `timedelta` | |
/// | [`SystemTime`](std::time::SystemTime) | `datetime` in UTC | |
/// | `serde_json::Value`, [`Json<T>`](crate::Json), `#[derive(GearValue)]` | what JSON has | |
/// | `uuid::Uuid` | `uuid.UUID` | `uuid` |
/// | `bytes::Bytes` | `bytes` | `bytes` |
/// | `chrono::DateTime<Tz>` | `datetime` with the offset | `chrono` |
/// | `chrono::NaiveDateTime`, `NaiveDate`, `NaiveTime` | `datetime` without a time zone, `date`, `time` | `chrono` |
/// | `chrono::TimeDelta` | `timedelta` | `chrono` |
/// | `time::OffsetDateTime`, `UtcDateTime` | `datetime` with the offset | `time` |
/// | `time::PrimitiveDateTime`, `Date`, `Time` | `datetime` without a time zone, `date`, `time` | `time` |
/// | `time::Duration` | `timedelta` | `time` |
///
/// Also references and smart pointers to these: `&T`, `Box<T>`, `Rc<T>`, `Arc<T>`, `Cow<T>`. Keys of maps and members of sets
/// must be values that Python can hash.
///
/// Python counts whole microseconds: dates, times and durations are rounded down to one. Values that Python does not have are
/// errors: years before 1 or after 9999, leap seconds, durations of more than 999999999 days. In a type with
/// `#[derive(GearValue)]`, a date or a UUID is what its serde implementation makes of it, a text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a gear",
    label = "no conversion to a Python value",
    note = "arguments can be: &str, String, &[u8], Vec<u8>, bool, char, integers, floats, Duration, SystemTime, Option, Vec, arrays, sets, maps, tuples, serde_json::Value",
    note = "for a type of `uuid`, `chrono`, `time` or `bytes`: add this name to the `features` of redgrease in Cargo.toml",
    note = "for a type of your own: `#[derive(GearValue)]` next to serde's derives, or take `Json<{Self}>`",
    note = "a connection or a pool is no argument: the generated function takes one in front of its arguments"
)]
pub trait GearArg {
    /// The schema of the value, which determines its wire format and its Python type.
    const CODEC: Codec;

    /// The schema of a list of this type. `u8` overrides it with bytes.
    #[doc(hidden)]
    const SLICE: Codec = Codec::List(&Self::CODEC);

    /// Encodes the value.
    ///
    /// # Errors
    ///
    /// If the value cannot be represented in Python.
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError>;

    #[doc(hidden)]
    fn encode_slice(items: &[Self], w: &mut Writer) -> Result<(), EncodeError>
    where
        Self: Sized,
    {
        w.list(items)
    }

    #[doc(hidden)]
    fn as_argument(&self) -> &dyn Argument
    where
        Self: Sized,
    {
        self
    }
}

/// A [`GearArg`] of any type: all calls with a result of one type share their code, which makes gears fast to compile.
#[doc(hidden)]
pub trait Argument {
    /// Encodes the value.
    ///
    /// # Errors
    ///
    /// If the value cannot be represented in Python.
    fn encode_value(&self, w: &mut Writer) -> Result<(), EncodeError>;
}

impl<T: GearArg> Argument for T {
    fn encode_value(&self, w: &mut Writer) -> Result<(), EncodeError> {
        self.encode(w)
    }
}

/// A Rust type that a gear can return.
///
/// The Rust value is equal to the value that Python returned; otherwise the conversion fails. Some close types are
/// accepted: `str` for bytes and UTF-8 `bytes` for a string, any sequence for a list, a list for a set, an integer for a
/// float that can represent it exactly. `f32` rounds to the nearest number. Two items of a set, or two keys of a dict,
/// must not become equal in Rust.
///
/// The types are those of [`GearArg`] that borrow nothing, and `()` for a function that returns `None`. A `datetime` with any
/// time zone is the same moment as a `DateTime<Utc>`, a `UtcDateTime` or a `SystemTime`; `DateTime<FixedOffset>` and
/// `OffsetDateTime` keep its offset. A `datetime` without a time zone is refused for these types, and one with a time zone for
/// the others.
///
/// # `Result<T, E>`
///
/// A gear with the result `Result<T, E>` returns its value as usual, which Rust receives as an `Ok`. For an `Err`, it returns or
/// raises `Err(value)`. Both types are types of results; an enum with `#[derive(GearValue)]` is a good `E`. The generated
/// function returns a [`redgrease::Result`](crate::Result) around it: its error is a failure, such as another exception or a
/// lost connection.
///
/// ```ignore
/// #[derive(Debug, Serialize, Deserialize, GearValue)]
/// enum Refusal { SoldOut, OnlyLeft(u32) }
///
/// #[gear_command]
/// fn buy(item: &str, count: u32) -> Result<u32, Refusal> {
///     python! {
///         with atomic():
///             left = int(execute("GET", "stock:" + item) or 0)
///             if left == 0:
///                 raise Err("SoldOut")
///             if left < count:
///                 return Err({"OnlyLeft": left})
///             return execute("DECRBY", "stock:" + item, count)
///     }
/// }
///
/// match buy(&mut con, "lamp", 2)? {
///     Ok(left) => println!("{left} left"),
///     Err(Refusal::SoldOut) => println!("sold out"),
///     Err(Refusal::OnlyLeft(left)) => println!("only {left}"),
/// }
/// ```
///
/// To the server, a call with an `Err` has succeeded. What the gear wrote before stays written, also inside of `atomic()`:
/// the server undoes nothing. Other clients receive the list `["Ok", value]` or `["Err", value]`.
/// For a hook (`hook = "DECR"`), the clients of the command receive the value itself, or an error with the text of the `Err`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a gear",
    label = "no conversion from a Python value",
    note = "results can be: (), String, Vec<u8>, bool, char, integers, floats, Duration, SystemTime, Option, Vec, arrays, sets, maps, tuples, serde_json::Value, and Result<T, E> of these",
    note = "for a type of `uuid`, `chrono`, `time` or `bytes`: add this name to the `features` of redgrease in Cargo.toml",
    note = "for a type of your own, also the `E` of a `Result<T, E>`: `#[derive(GearValue)]` next to serde's `Serialize` and `Deserialize`, or return `Json<{Self}>`"
)]
pub trait GearResult: Sized {
    /// The schema of the value, which determines its wire format and the type that Python has to return.
    const CODEC: Codec;

    #[doc(hidden)]
    const SLICE: Codec = Codec::List(&Self::CODEC);

    /// Decodes Python's `None`, which is sent as an empty list at the top level and as `null` inside a container.
    #[doc(hidden)]
    fn from_null() -> Result<Self, DecodeError> {
        Err(DecodeError::mismatch::<Self>("None"))
    }

    /// Decodes a value at the top level, where it is the whole record.
    ///
    /// # Errors
    ///
    /// If the bytes are not a value of this type.
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError>;

    /// Decodes a value at the top level that is sent as several items: a `Result`.
    #[doc(hidden)]
    fn from_items(items: Vec<Value>) -> Result<Self, DecodeError> {
        Err(DecodeError::mismatch::<Self>(format!(
            "a list of {} items",
            items.len()
        )))
    }

    /// Decodes a value inside a list, set, map or tuple.
    ///
    /// # Errors
    ///
    /// If the JSON is not a value of this type.
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError>;

    #[doc(hidden)]
    fn vec_from_bare(bytes: Vec<u8>) -> Result<Vec<Self>, DecodeError> {
        raw_list(&bytes)?.into_iter().map(nested).collect()
    }

    #[doc(hidden)]
    fn vec_from_json(raw: &RawValue) -> Result<Vec<Self>, DecodeError> {
        raw_list(raw.get().as_bytes())?
            .into_iter()
            .map(nested)
            .collect()
    }
}

/// The items of a JSON list, as raw JSON.
pub(super) fn raw_list(json: &[u8]) -> Result<Vec<&RawValue>, DecodeError> {
    serde_json::from_slice(json).map_err(|e| DecodeError::json::<Vec<serde_json::Value>>(&e))
}

/// Decodes one item of a list, set, map or tuple.
pub(super) fn nested<T: GearResult>(raw: &RawValue) -> Result<T, DecodeError> {
    if raw.get() == "null" {
        T::from_null()
    } else {
        T::from_json(raw)
    }
}

/// A return type of a gear: a [`GearResult`], or [`PerShard`] of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a gear",
    label = "no conversion from a Python value",
    note = "results can be: (), String, Vec<u8>, bool, char, integers, floats, Duration, SystemTime, Option, Vec, arrays, sets, maps, tuples, serde_json::Value, and Result<T, E> of these",
    note = "for a type of `uuid`, `chrono`, `time` or `bytes`: add this name to the `features` of redgrease in Cargo.toml",
    note = "for a type of your own: `#[derive(GearValue)]` next to serde's `Serialize` and `Deserialize`, or put it into `Json<..>`"
)]
pub trait GearReply: Sized {
    /// The schema of each record of the reply.
    const CODEC: Codec;

    /// `true` if every shard sends a record.
    const PER_SHARD: bool;

    /// Decodes the reply of the server.
    ///
    /// # Errors
    ///
    /// If the reply does not have this type.
    fn from_reply(value: Value) -> Result<Self, DecodeError>;
}

/// One value per shard: the result of a gear with `mode = "async"`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PerShard<T>(pub Vec<T>);

impl<T> PerShard<T> {
    /// Iterates over the values in the order in which the shards replied.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> IntoIterator for PerShard<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a PerShard<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: GearResult> GearReply for T {
    const CODEC: Codec = T::CODEC;
    const PER_SHARD: bool = false;
    fn from_reply(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Array(mut records) if records.len() == 1 => record(records.remove(0)),
            Value::Array(records) => Err(DecodeError::new(
                format!("{} records", records.len()),
                "one record",
            )),
            other => Err(DecodeError::new(shape(&other), "one record")),
        }
    }
}

impl<T: GearResult> GearReply for PerShard<T> {
    const CODEC: Codec = T::CODEC;
    const PER_SHARD: bool = true;
    fn from_reply(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Array(records) => records
                .into_iter()
                .map(record)
                .collect::<Result<_, _>>()
                .map(PerShard),
            other => Err(DecodeError::new(shape(&other), "a list of records")),
        }
    }
}

/// Decodes one record. Servers can send text and numbers as different RESP types.
pub(super) fn record<T: GearResult>(value: Value) -> Result<T, DecodeError> {
    match value {
        Value::BulkString(bytes) => T::from_bare(bytes),
        Value::Array(items) if items.is_empty() => T::from_null(),
        Value::Array(items) => T::from_items(items),
        Value::Nil => T::from_null(),
        Value::Int(number) => T::from_bare(number.to_string().into_bytes()),
        Value::SimpleString(text) => T::from_bare(text.into_bytes()),
        Value::Okay => T::from_bare(b"OK".to_vec()),
        other => Err(DecodeError::mismatch::<T>(shape(&other))),
    }
}

/// Describes the type and size of a reply for an error message, without the content of strings and lists.
fn shape(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Int(number) => format!("the integer {number}"),
        Value::BulkString(bytes) => format!("a string of {} bytes", bytes.len()),
        Value::Array(items) => format!("a list of {} items", items.len()),
        Value::SimpleString(text) => format!("the status {text:?}"),
        Value::Okay => "the status \"OK\"".to_owned(),
        _ => "a reply of an unexpected type".to_owned(),
    }
}

//! Numbers, texts and byte strings as the engine stores them: in the RDB, in the AOF and on the way to replicas.
//!
//! Numbers are eight bytes, little endian. Byte strings are their length and the bytes. Nothing here trusts its input:
//! [`Input`] reads damaged bytes without a panic and without reserving memory for a length that was only claimed.

use std::cmp::Ordering;

/// The reason why stored bytes cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damaged {
    /// A newer engine wrote the bytes.
    Newer,
    /// The bytes end too early.
    Cut,
    /// The bytes have a value that no engine writes.
    Wrong,
}

impl Damaged {
    pub(crate) fn message(self) -> String {
        let why = match self {
            Damaged::Newer => "they were written by a newer engine: use that one",
            Damaged::Cut => "they are cut short: use an undamaged copy",
            Damaged::Wrong => "they are damaged: use an undamaged copy",
        };
        format!("the stored registrations could not be read: {why}")
    }
}

pub(crate) fn write_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(crate) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(crate) fn write_optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    write_flag(out, bytes.is_some());
    if let Some(bytes) = bytes {
        write_bytes(out, bytes);
    }
}

pub(crate) fn write_flag(out: &mut Vec<u8>, flag: bool) {
    out.push(u8::from(flag));
}

/// The part of some stored bytes that was not read yet.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Input<'a> {
        Input(bytes)
    }

    /// Reads the first byte, which is the version of the format, and refuses any version but `format`.
    pub(crate) fn of_format(bytes: &'a [u8], format: u8) -> Result<Input<'a>, Damaged> {
        let (&first, rest) = bytes.split_first().ok_or(Damaged::Cut)?;
        match first.cmp(&format) {
            Ordering::Equal => Ok(Input(rest)),
            Ordering::Greater => Err(Damaged::Newer),
            Ordering::Less => Err(Damaged::Wrong),
        }
    }

    /// Returns `value` if all bytes were read.
    pub(crate) fn end<T>(&self, value: T) -> Result<T, Damaged> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(Damaged::Wrong)
        }
    }

    /// All bytes that were not read yet.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damaged::Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    /// So many bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Damaged> {
        self.take(N)?.try_into().map_err(|_| Damaged::Cut)
    }

    pub(crate) fn number(&mut self) -> Result<u64, Damaged> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.number()?).map_err(|_| Damaged::Cut)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<String, Damaged> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| Damaged::Wrong)
    }

    /// One byte that says which kind of value follows.
    pub(crate) fn tag(&mut self) -> Result<u8, Damaged> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn flag(&mut self) -> Result<bool, Damaged> {
        match self.tag()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged::Wrong),
        }
    }

    pub(crate) fn optional(&mut self) -> Result<Option<&'a [u8]>, Damaged> {
        if self.flag()? {
            self.bytes().map(Some)
        } else {
            Ok(None)
        }
    }

    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, Damaged> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| Damaged::Wrong);
        self.optional()?.map(text).transpose()
    }

    /// A count and as many items.
    pub(crate) fn many<T, E: From<Damaged>>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let count = self.number()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(one(self)?);
        }
        Ok(items)
    }
}

impl From<Damaged> for String {
    fn from(damaged: Damaged) -> String {
        damaged.message()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_come_back() {
        let mut out = vec![7];
        write_number(&mut out, u64::MAX);
        write_bytes(&mut out, b"\xff\0");
        write_optional(&mut out, None);
        write_optional(&mut out, Some(b"x"));
        write_flag(&mut out, true);
        let mut input = Input::of_format(&out, 7).unwrap();
        assert_eq!(input.number(), Ok(u64::MAX));
        assert_eq!(input.bytes(), Ok(&b"\xff\0"[..]));
        assert_eq!(input.optional(), Ok(None));
        assert_eq!(input.optional_text(), Ok(Some("x".to_owned())));
        assert_eq!(input.end(()), Err(Damaged::Wrong));
        assert_eq!(input.flag(), Ok(true));
        assert_eq!(input.end(5), Ok(5));
    }

    #[test]
    fn other_formats_are_refused() {
        assert_eq!(Input::of_format(&[2], 1).err(), Some(Damaged::Newer));
        assert_eq!(Input::of_format(&[0], 1).err(), Some(Damaged::Wrong));
        assert_eq!(Input::of_format(&[], 1).err(), Some(Damaged::Cut));
    }

    #[test]
    fn a_claimed_length_reserves_no_memory() {
        let mut out = Vec::new();
        write_number(&mut out, u64::MAX);
        assert_eq!(Input::new(&out).bytes(), Err(Damaged::Cut));
        let many: Result<Vec<u64>, Damaged> = Input::new(&out).many(Input::number);
        assert_eq!(many, Err(Damaged::Cut));
    }

    #[test]
    fn a_flag_is_zero_or_one() {
        assert_eq!(Input::new(&[2]).flag(), Err(Damaged::Wrong));
        assert_eq!(Input::new(&[]).tag(), Err(Damaged::Cut));
        let mut not_utf8 = Vec::new();
        write_bytes(&mut not_utf8, b"\xff");
        assert_eq!(Input::new(&not_utf8).text(), Err(Damaged::Wrong));
    }

    #[test]
    fn each_reason_says_what_to_do() {
        let start = "the stored registrations could not be read: they ";
        for (damaged, end) in [
            (Damaged::Newer, "use that one"),
            (Damaged::Cut, "use an undamaged copy"),
            (Damaged::Wrong, "use an undamaged copy"),
        ] {
            let message = String::from(damaged);
            assert!(
                message.starts_with(start) && message.ends_with(end),
                "{message}"
            );
        }
    }

    #[test]
    fn the_first_error_of_an_item_ends_the_list() {
        let mut out = Vec::new();
        write_number(&mut out, 3);
        out.extend([1, 7, 1]);
        let mut input = Input::new(&out);
        assert_eq!(input.many(Input::flag), Err(Damaged::Wrong));
        assert_eq!(input.flag(), Ok(true), "the third item was not read");
    }

    /// A value of any kind that the engine stores.
    #[derive(Debug, Clone, PartialEq, Eq)]
    enum Value {
        Number(u64),
        Bytes(Vec<u8>),
        Optional(Option<Vec<u8>>),
        Text(Option<String>),
        Flag(bool),
    }

    impl Value {
        fn write(&self, out: &mut Vec<u8>) {
            match self {
                Value::Number(number) => write_number(out, *number),
                Value::Bytes(bytes) => write_bytes(out, bytes),
                Value::Optional(bytes) => write_optional(out, bytes.as_deref()),
                Value::Text(text) => write_optional(out, text.as_deref().map(str::as_bytes)),
                Value::Flag(flag) => write_flag(out, *flag),
            }
        }

        /// Reads a value of the same kind.
        fn read(&self, input: &mut Input<'_>) -> Result<Value, Damaged> {
            Ok(match self {
                Value::Number(_) => Value::Number(input.number()?),
                Value::Bytes(_) => Value::Bytes(input.bytes()?.to_vec()),
                Value::Optional(_) => Value::Optional(input.optional()?.map(<[u8]>::to_vec)),
                Value::Text(_) => Value::Text(input.optional_text()?),
                Value::Flag(_) => Value::Flag(input.flag()?),
            })
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..8);
        prop_oneof![
            any::<u64>().prop_map(Value::Number),
            bytes().prop_map(Value::Bytes),
            proptest::option::of(bytes()).prop_map(Value::Optional),
            proptest::option::of(any::<String>()).prop_map(Value::Text),
            any::<bool>().prop_map(Value::Flag),
        ]
    }

    fn read_all(values: &[Value], bytes: &[u8]) -> Result<Vec<Value>, Damaged> {
        let mut input = Input::new(bytes);
        let read: Result<Vec<Value>, Damaged> =
            values.iter().map(|value| value.read(&mut input)).collect();
        input.end(read?)
    }

    proptest! {
        #[test]
        fn any_values_come_back(values in proptest::collection::vec(value(), 0..8)) {
            let mut out = Vec::new();
            for value in &values {
                value.write(&mut out);
            }
            prop_assert_eq!(read_all(&values, &out), Ok(values.clone()));
            out.push(0);
            prop_assert_eq!(read_all(&values, &out), Err(Damaged::Wrong));
        }

        #[test]
        fn every_cut_is_noticed(values in proptest::collection::vec(value(), 1..5)) {
            let mut out = Vec::new();
            for value in &values {
                value.write(&mut out);
            }
            for cut in 0..out.len() {
                prop_assert_eq!(read_all(&values, &out[..cut]), Err(Damaged::Cut));
            }
        }

        /// Damaged bytes are refused or read as other values, and nothing panics.
        #[test]
        fn random_bytes_do_no_harm(
            values in proptest::collection::vec(value(), 0..5),
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            if let Ok(read) = read_all(&values, &bytes) {
                let mut out = Vec::new();
                for value in &read {
                    value.write(&mut out);
                }
                prop_assert_eq!(out, bytes);
            }
        }
    }
}

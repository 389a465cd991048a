//! [`Codec`]: the schema of a value.

/// The schema of a value: its wire format and its Python type.
///
/// A codec is a tree of constants, so that it can be stored in a `static` and written into a registration script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// No value: `()` in Rust, `None` in Python.
    Unit,
    /// Text, `str` in Python.
    Str,
    /// Bytes, `bytes` in Python.
    Bytes,
    /// An integer of any size, `int` in Python.
    Int,
    /// A floating point number including NaN and the infinities, `float` in Python.
    Float,
    /// `bool` on both sides.
    Bool,
    /// Any JSON value.
    Json,
    /// A `uuid.UUID` in Python.
    Uuid,
    /// A `datetime` with a time zone in Python.
    DateTime,
    /// A `datetime` without a time zone in Python.
    NaiveDateTime,
    /// A `date` in Python.
    Date,
    /// A `time` without a time zone in Python.
    Time,
    /// A `timedelta` in Python.
    TimeDelta,
    /// A value or `None`.
    Opt(&'static Codec),
    /// A `list` in Python.
    List(&'static Codec),
    /// A `set` in Python.
    Set(&'static Codec),
    /// A `dict` in Python. Keys can be of any type that Python can hash.
    Map(&'static Codec, &'static Codec),
    /// A `tuple` in Python.
    Tuple(&'static [Codec]),
    /// A value, or another one that Python wraps in `Err`.
    Result(&'static Codec, &'static Codec),
}

impl Codec {
    /// Whether a value of the codec has a place for an `Err`.
    #[doc(hidden)]
    #[must_use]
    pub const fn has_result(&self) -> bool {
        match self {
            Codec::Result(..) => true,
            Codec::Opt(inner) | Codec::List(inner) | Codec::Set(inner) => inner.has_result(),
            Codec::Map(key, value) => key.has_result() || value.has_result(),
            Codec::Tuple(items) => {
                let mut rest: &[Codec] = items;
                while let [first, others @ ..] = rest {
                    if first.has_result() {
                        return true;
                    }
                    rest = others;
                }
                false
            }
            _ => false,
        }
    }

    /// Appends the Python expression for this codec; the prelude defines its names.
    pub(crate) fn write_python(&self, out: &mut String) {
        let (name, parts): (&str, &[&Codec]) = match self {
            Codec::Unit => return out.push_str("_unit"),
            Codec::Str => return out.push_str("_str"),
            Codec::Bytes => return out.push_str("_bytes"),
            Codec::Int => return out.push_str("_int"),
            Codec::Float => return out.push_str("_float"),
            Codec::Bool => return out.push_str("_bool"),
            Codec::Json => return out.push_str("_json"),
            Codec::Uuid => return out.push_str("_uuid"),
            Codec::DateTime => return out.push_str("_datetime"),
            Codec::NaiveDateTime => return out.push_str("_naive_datetime"),
            Codec::Date => return out.push_str("_date"),
            Codec::Time => return out.push_str("_time"),
            Codec::TimeDelta => return out.push_str("_timedelta"),
            Codec::Opt(inner) => ("_opt", &[inner]),
            Codec::List(item) => ("_list", &[item]),
            Codec::Set(item) => ("_set", &[item]),
            Codec::Map(key, value) => ("_map", &[key, value]),
            Codec::Result(value, error) => ("_result", &[value, error]),
            Codec::Tuple(items) => {
                out.push_str("_tuple(");
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    item.write_python(out);
                }
                return out.push(')');
            }
        };
        out.push_str(name);
        out.push('(');
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            part.write_python(out);
        }
        out.push(')');
    }

    /// The prelude function that decodes a value stored in Redis to this codec.
    pub(crate) fn stored_python(&self) -> String {
        match self {
            Codec::Str => "_stored_str".to_owned(),
            Codec::Bytes => "_stored_bytes".to_owned(),
            Codec::Int => "_stored_int".to_owned(),
            Codec::Float => "_stored_float".to_owned(),
            Codec::Bool => "_stored_bool".to_owned(),
            Codec::Json => "_stored_json".to_owned(),
            Codec::Opt(inner) => inner.stored_python(),
            Codec::List(item) => format!("_stored_list({})", item.stored_python()),
            Codec::Map(key, value) => {
                format!(
                    "_stored_map({}, {})",
                    key.stored_python(),
                    value.stored_python()
                )
            }
            // Unreachable: no `StoredValue` has these codecs.
            _ => "None".to_owned(),
        }
    }

    /// Visits the codec and the codecs in it.
    pub(crate) fn each(&self, visit: &mut dyn FnMut(&Codec)) {
        visit(self);
        match self {
            Codec::Opt(inner) | Codec::List(inner) | Codec::Set(inner) => inner.each(visit),
            Codec::Map(first, second) | Codec::Result(first, second) => {
                first.each(visit);
                second.each(visit);
            }
            Codec::Tuple(items) => items.iter().for_each(|item| item.each(visit)),
            _ => {}
        }
    }

    /// The expression of [`write_python`](Self::write_python) as a string.
    pub(crate) fn python(&self) -> String {
        let mut out = String::new();
        self.write_python(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_codecs_print_as_python() {
        const ITEMS: &[Codec] = &[Codec::Int, Codec::Opt(&Codec::Bytes)];
        assert_eq!(Codec::Unit.python(), "_unit");
        assert_eq!(
            Codec::Map(&Codec::Str, &Codec::Tuple(ITEMS)).python(),
            "_map(_str, _tuple(_int, _opt(_bytes)))"
        );
        assert_eq!(Codec::Tuple(&[]).python(), "_tuple()");
        assert_eq!(
            Codec::Result(&Codec::List(&Codec::Uuid), &Codec::TimeDelta).python(),
            "_result(_list(_uuid), _timedelta)"
        );
    }

    #[test]
    fn every_nested_codec_is_visited() {
        const ITEMS: &[Codec] = &[Codec::Int, Codec::Opt(&Codec::Date)];
        let mut seen = Vec::new();
        Codec::Map(
            &Codec::Uuid,
            &Codec::Result(&Codec::Tuple(ITEMS), &Codec::Set(&Codec::Time)),
        )
        .each(&mut |codec| seen.push(*codec));
        for codec in [Codec::Uuid, Codec::Int, Codec::Date, Codec::Time] {
            assert!(seen.contains(&codec), "{codec:?}");
        }
    }
}

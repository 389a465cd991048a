//! The `Serializer` of serde for [`Writer`].

use super::text;
use super::writer::{Entries, Failed, Items, Writer, Written, literal};
use serde::ser::{self, Serialize};

macro_rules! numbers {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Written {
            self.display(value)
        }
    )*};
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    numbers! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.put(if value { "True" } else { "False" });
        Ok(())
    }
    fn serialize_f32(self, value: f32) -> Written {
        self.float(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Written {
        self.float(value)
    }
    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Written {
        self.text(value);
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.bytes(value);
        Ok(())
    }
    fn serialize_none(self) -> Written {
        self.put("None");
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        self.serialize_none()
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_none()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.put("}");
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Failed> {
        if self.key {
            // A list cannot be the key of a dict, a tuple can.
            return Ok(self.tuple(""));
        }
        self.put("[");
        Ok(Items {
            out: self,
            count: 0,
            is_tuple: false,
            suffix: "",
        })
    }
    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Failed> {
        Ok(self.tuple(""))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Failed> {
        Ok(self.tuple(""))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Failed> {
        self.variant(variant)?;
        Ok(self.tuple("}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Failed> {
        self.refuse_key("a map")?;
        Ok(Entries {
            out: self,
            sorted: true,
            done: Vec::new(),
            suffix: "",
        })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Failed> {
        self.refuse_key("a struct")?;
        Ok(Entries {
            out: self,
            sorted: false,
            done: Vec::new(),
            suffix: "",
        })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Failed> {
        self.variant(variant)?;
        Ok(Entries {
            out: self,
            sorted: false,
            done: Vec::new(),
            suffix: "}",
        })
    }
}

macro_rules! items {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.item(value)
            }
            fn end(self) -> Written {
                self.finish()
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Entries<'_> {
            type Ok = ();
            type Error = Failed;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                self.entry(text(name), value)
            }
            fn end(self) -> Written {
                self.finish()
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.done.push((literal(key, true)?, String::new()));
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let (key, _) = self.done.pop().unwrap_or_default();
        self.entry(key, value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}

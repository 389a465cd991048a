//! Tuples of one to twelve items.

use super::codec::Codec;
use super::traits::{GearArg, GearResult, nested, raw_list};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use serde_json::value::RawValue;

macro_rules! tuple {
    ($($name:ident $index:tt)*) => {
        impl<$($name: GearArg),*> GearArg for ($($name,)*) {
            const CODEC: Codec = Codec::Tuple(&[$($name::CODEC),*]);
            fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
                w.seq(|w| {
                    $( w.item(); self.$index.encode(w)?; )*
                    Ok(())
                })
            }
        }
        impl<$($name: GearResult),*> GearResult for ($($name,)*) {
            const CODEC: Codec = Codec::Tuple(&[$($name::CODEC),*]);
            fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                let items = raw_list(&bytes)?;
                if items.len() != [$($index),*].len() {
                    return Err(DecodeError::mismatch::<Self>(format!("{} items", items.len())));
                }
                Ok(($( nested::<$name>(items[$index])?, )*))
            }
            fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
                Self::from_bare(raw.get().as_bytes().to_vec())
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0 B 1);
tuple!(A 0 B 1 C 2);
tuple!(A 0 B 1 C 2 D 3);
tuple!(A 0 B 1 C 2 D 3 E 4);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10);
tuple!(A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11);

//! References and smart pointers: encoded as their target.

use super::codec::Codec;
use super::traits::{GearArg, GearResult};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use redis::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

macro_rules! forward_arg {
    ($($type:ty),*) => {$(
        impl<T: GearArg + ?Sized> GearArg for $type {
            const CODEC: Codec = T::CODEC;
            fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
                (**self).encode(w)
            }
        }
    )*};
}

forward_arg!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<T: GearArg + ToOwned + ?Sized> GearArg for Cow<'_, T> {
    const CODEC: Codec = T::CODEC;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        (**self).encode(w)
    }
}

macro_rules! forward_result {
    ($([$($generics:tt)*] $type:ty as $inner:ty => $wrap:expr;)*) => {$(
        impl<$($generics)*> GearResult for $type {
            const CODEC: Codec = <$inner as GearResult>::CODEC;
            fn from_null() -> Result<Self, DecodeError> {
                <$inner>::from_null().map($wrap)
            }
            fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                <$inner>::from_bare(bytes).map($wrap)
            }
            fn from_items(items: Vec<Value>) -> Result<Self, DecodeError> {
                <$inner>::from_items(items).map($wrap)
            }
            fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
                <$inner>::from_json(raw).map($wrap)
            }
        }
    )*};
}

forward_result! {
    [T: GearResult] Box<T> as T => Box::new;
    [T: GearResult] Rc<T> as T => Rc::new;
    [T: GearResult] Arc<T> as T => Arc::new;
    [T: GearResult] Box<[T]> as Vec<T> => Vec::into_boxed_slice;
    [T: GearResult] Arc<[T]> as Vec<T> => Arc::from;
    [] Box<str> as String => String::into_boxed_str;
    [] Arc<str> as String => Arc::from;
    [T: ToOwned<Owned: GearResult> + ?Sized] Cow<'_, T> as T::Owned => Cow::Owned;
}

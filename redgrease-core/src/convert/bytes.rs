//! `Bytes` of the crate `bytes`.

use super::codec::Codec;
use super::traits::{GearArg, GearResult};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use bytes::Bytes;
use serde_json::value::RawValue;

impl GearArg for Bytes {
    const CODEC: Codec = Codec::Bytes;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.bytes(self);
        Ok(())
    }
}

impl GearResult for Bytes {
    const CODEC: Codec = Codec::Bytes;
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        Ok(bytes.into())
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        u8::vec_from_json(raw).map(Bytes::from)
    }
}

//! The parts of the prelude that a codec needs.

use crate::convert::Codec;
use crate::prelude::{Part, Uses};

/// Adds the parts that define the names of a codec.
pub(crate) fn of_codec(codec: &Codec, uses: &mut Uses<'_>) {
    uses.part(Part::Codec);
    codec.each(&mut |codec| match codec {
        Codec::Uuid => uses.part(Part::Uuid),
        Codec::DateTime | Codec::NaiveDateTime | Codec::Date | Codec::Time | Codec::TimeDelta => {
            uses.part(Part::Moment);
        }
        Codec::Result(..) => uses.part(Part::Outcome),
        _ => {}
    });
}

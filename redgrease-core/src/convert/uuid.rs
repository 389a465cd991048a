//! `Uuid` of the crate `uuid`.

use super::text::written_as_text;
use uuid::Uuid;

written_as_text!(
    Uuid,
    Uuid,
    |value| Ok(value.hyphenated().to_string()),
    |text| Uuid::try_parse(text).ok()
);

//! Durations with a unit, such as `"5m"`.

use crate::{Mistake, quoted};
use std::time::Duration;

const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1000),
    ("m", 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
];

/// The longest duration in seconds. Servers count seconds with 32 bits.
const LONGEST: u64 = u32::MAX as u64;

/// Parses a whole number with a unit: `500ms`, `5s`, `10m`, `2h`, `1d`.
///
/// ```
/// use redgrease_syntax::parse_duration;
/// use std::time::Duration;
///
/// assert_eq!(parse_duration("90s"), Ok(Duration::from_secs(90)));
/// let error = parse_duration("90").unwrap_err().to_string();
/// assert!(error.contains("write `\"90s\"`"), "{error}");
/// ```
///
/// # Errors
///
/// When the unit is missing, when the text is not a duration, or when the duration is longer than 136 years.
pub fn parse_duration(text: &str) -> Result<Duration, Mistake> {
    let trimmed = text.trim();
    let split = trimmed
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let unit = unit.trim();
    if !number.is_empty() && unit.is_empty() {
        return Err(Mistake::NoUnit {
            text: text.to_owned(),
            example: format!("{number}s"),
        });
    }
    let not_a_duration = || Mistake::NotADuration { text: quoted(text) };
    let (_, factor) = UNITS
        .iter()
        .find(|(known, _)| *known == unit)
        .ok_or_else(not_a_duration)?;
    if number.is_empty() {
        return Err(not_a_duration());
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*factor))
        .filter(|milliseconds| *milliseconds <= LONGEST * 1000)
        .map(Duration::from_millis)
        .ok_or_else(|| Mistake::DurationTooLong {
            text: text.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::parse_duration;
    use std::time::Duration;

    #[test]
    fn every_unit() {
        for (text, seconds) in [
            ("1s", 1),
            ("5m", 300),
            ("2h", 7200),
            ("1d", 86400),
            (" 3 s ", 3),
            ("4294967295s", 4_294_967_295),
        ] {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, code) in [
            ("5", "no-unit"),
            ("", "not-a-duration"),
            ("s", "not-a-duration"),
            ("5 min", "not-a-duration"),
            ("1.5s", "not-a-duration"),
            ("-1s", "not-a-duration"),
            ("1w", "not-a-duration"),
            ("4294967296s", "duration-too-long"),
            ("99999999999999999999d", "duration-too-long"),
            ("999999999999999999d", "duration-too-long"),
        ] {
            assert_eq!(parse_duration(text).unwrap_err().code(), code, "{text}");
        }
    }
}

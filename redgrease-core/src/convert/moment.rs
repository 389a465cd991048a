//! Dates, times and durations as text, and `SystemTime` and `Duration` of the standard library.
//!
//! Dates and times are written in the form of ISO 8601 that Python's `isoformat` has, durations as decimal seconds.
//! Python counts whole microseconds: a time is rounded down to its microsecond.

use super::text::written_as_text;
use crate::error::EncodeError;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// A day of the calendar.
#[allow(clippy::struct_field_names, reason = "the words of the calendar")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) year: i32,
    pub(super) month: u8,
    pub(super) day: u8,
}

/// A time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) micro: u32,
}

impl Day {
    /// The text of the day.
    pub(super) fn text(self) -> Result<String, EncodeError> {
        let Day { year, month, day } = self;
        if !(1..=9999).contains(&year) {
            return Err(EncodeError::new(format!(
                "the year is {year}: dates of Python have the years 1 to 9999, so pass a number or a text"
            )));
        }
        Ok(format!("{year:04}-{month:02}-{day:02}"))
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        Some(Day {
            year: digits(year, 4)?.try_into().ok()?,
            month: two(month)?,
            day: two(day)?,
        })
    }

    /// Days since 1970-01-01, for a day that the calendar has.
    fn number(self) -> i64 {
        // Years begin in March, so that a leap day is the last day of its year.
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
            - 719_468
    }

    /// The day with a [`number`](Self::number).
    fn numbered(number: i64) -> Option<Self> {
        let since_march = number.checked_add(719_468)?;
        let (era, day_of_era) = (
            since_march.div_euclid(146_097),
            since_march.rem_euclid(146_097),
        );
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = (shifted + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Some(Day {
            year: year.try_into().ok()?,
            month: month.try_into().ok()?,
            day: (day_of_year - (153 * shifted + 2) / 5 + 1)
                .try_into()
                .ok()?,
        })
    }
}

impl Clock {
    /// The text of the time.
    pub(super) fn text(self) -> String {
        let Clock {
            hour,
            minute,
            second,
            micro,
        } = self;
        let mut text = format!("{hour:02}:{minute:02}:{second:02}");
        if micro > 0 {
            let _ = write!(text, ".{micro:06}");
        }
        text
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let (whole, micro) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, digits(fraction, 6)?),
            None => (text, 0),
        };
        let mut parts = whole.split(':');
        let clock = Clock {
            hour: two(parts.next()?)?,
            minute: two(parts.next()?)?,
            second: two(parts.next()?)?,
            micro,
        };
        let fits = clock.hour < 24 && clock.minute < 60 && clock.second < 60;
        (fits && parts.next().is_none()).then_some(clock)
    }
}

/// The text of a day and a time without a time zone.
pub(super) fn naive_text(day: Day, clock: Clock) -> Result<String, EncodeError> {
    Ok(format!("{}T{}", day.text()?, clock.text()))
}

#[cfg(any(feature = "chrono", feature = "time"))]
pub(super) fn read_naive(text: &str) -> Option<(Day, Clock)> {
    let (day, clock) = text.split_once('T')?;
    Some((Day::read(day)?, Clock::read(clock)?))
}

/// The text of a day and a time that are `offset` seconds ahead of UTC.
pub(super) fn aware_text(day: Day, clock: Clock, offset: i32) -> Result<String, EncodeError> {
    let ahead = offset.unsigned_abs();
    if ahead >= 86_400 {
        return Err(EncodeError::new(format!(
            "its offset from UTC is {offset} seconds: offsets of Python are shorter than a day, so convert it to UTC"
        )));
    }
    let sign = if offset < 0 { '-' } else { '+' };
    let (hour, minute, second) = (ahead / 3_600, ahead / 60 % 60, ahead % 60);
    let mut text = naive_text(day, clock)?;
    let _ = write!(text, "{sign}{hour:02}:{minute:02}");
    if second > 0 {
        let _ = write!(text, ":{second:02}");
    }
    Ok(text)
}

/// Reads a day, a time, and the seconds that they are ahead of UTC.
pub(super) fn read_aware(text: &str) -> Option<(Day, Clock, i32)> {
    let (day, rest) = text.split_once('T')?;
    let at = rest.find(['+', '-'])?;
    let (clock, offset) = rest.split_at(at);
    let (sign, offset) = offset.split_at(1);
    // The seconds of an offset are left out if there are none.
    let offset = Clock::read(offset).or_else(|| Clock::read(&format!("{offset}:00")))?;
    let seconds =
        i32::from(offset.hour) * 3_600 + i32::from(offset.minute) * 60 + i32::from(offset.second);
    let seconds = if sign == "-" { -seconds } else { seconds };
    (offset.micro == 0).then_some((Day::read(day)?, Clock::read(clock)?, seconds))
}

/// A number of at most `most` digits.
fn digits(text: &str, most: usize) -> Option<u32> {
    let fits = text.len() == most && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

fn two(text: &str) -> Option<u8> {
    digits(text, 2)?.try_into().ok()
}

const SECOND: i128 = 1_000_000;

/// The longest `timedelta` has 999999999 days, 86399 seconds and 999999 microseconds.
const LONGEST: i128 = 1_000_000_000 * 86_400 * SECOND - 1;
const SHORTEST: i128 = -999_999_999 * 86_400 * SECOND;

/// The text of a duration, from its nanoseconds.
pub(super) fn delta_text(nanos: i128) -> Result<String, EncodeError> {
    let micros = nanos.div_euclid(1_000);
    if !(SHORTEST..=LONGEST).contains(&micros) {
        return Err(EncodeError::new(format!(
            "it is {} than a timedelta of Python, which has -999999999 to 999999999 days: pass a number",
            if micros < 0 { "less" } else { "longer" }
        )));
    }
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, fraction) = (micros.abs() / SECOND, micros.abs() % SECOND);
    if fraction == 0 {
        return Ok(format!("{sign}{whole}"));
    }
    let text = format!("{sign}{whole}.{fraction:06}");
    Ok(text.trim_end_matches('0').to_owned())
}

/// The microseconds of a duration.
pub(super) fn read_delta(text: &str) -> Option<i128> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || fraction.len() > 6 {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = format!("{fraction:0<6}").parse().ok()?;
    Some(sign * whole.checked_mul(SECOND)?.checked_add(fraction)?)
}

/// The nanoseconds of a duration, if they fit.
fn nanos(duration: Duration) -> i128 {
    duration.as_nanos().try_into().unwrap_or(i128::MAX)
}

written_as_text!(
    Duration,
    TimeDelta,
    |value| delta_text(nanos(*value)),
    |text| {
        let micros: u128 = read_delta(text)?.try_into().ok()?;
        let seconds = (micros / 1_000_000).try_into().ok()?;
        let nanos = u32::try_from(micros % 1_000_000).ok()? * 1_000;
        Some(Duration::new(seconds, nanos))
    },
    |text| {
        let advice = "it has no sign, so return `max(.., timedelta(0))`, or choose a type with a sign, such as `f64` or \
                      `chrono::TimeDelta`";
        text.starts_with('-').then_some(advice)
    }
);

written_as_text!(
    SystemTime,
    DateTime,
    |value| {
        let since = match value.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => nanos(since),
            Err(before) => -nanos(before.duration()),
        };
        let micros = since.div_euclid(1_000);
        let (seconds, micro) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
        let day = i64::try_from(seconds.div_euclid(86_400))
            .ok()
            .and_then(Day::numbered)
            .ok_or_else(|| EncodeError::new("the year is not one of a calendar: pass a number"))?;
        let second = u32::try_from(seconds.rem_euclid(86_400)).unwrap_or_default();
        let small = |number: u32| u8::try_from(number).unwrap_or_default();
        let clock = Clock {
            hour: small(second / 3_600),
            minute: small(second / 60 % 60),
            second: small(second % 60),
            micro: u32::try_from(micro).unwrap_or_default(),
        };
        aware_text(day, clock, 0)
    },
    |text| {
        let (day, clock, offset) = read_aware(text)?;
        if Day::numbered(day.number())? != day {
            return None;
        }
        let seconds = day.number() * 86_400
            + i64::from(clock.hour) * 3_600
            + i64::from(clock.minute) * 60
            + i64::from(clock.second)
            - i64::from(offset);
        let micro = Duration::from_micros(clock.micro.into());
        let whole = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 {
            SystemTime::UNIX_EPOCH
                .checked_sub(whole)?
                .checked_add(micro)
        } else {
            SystemTime::UNIX_EPOCH
                .checked_add(whole)?
                .checked_add(micro)
        }
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_numbers() {
        let day = |year, month, day| Day { year, month, day };
        assert_eq!(day(1970, 1, 1).number(), 0);
        assert_eq!(day(2000, 2, 29).number(), 11_016);
        assert_eq!(day(1, 1, 1).number(), -719_162);
        assert_eq!(day(9999, 12, 31).number(), 2_932_896);
        for number in (-719_162..=2_932_896).step_by(29) {
            assert_eq!(Day::numbered(number).unwrap().number(), number);
        }
        assert_eq!(Day::numbered(-1).unwrap(), day(1969, 12, 31));
        assert_eq!(Day::numbered(59).unwrap(), day(1970, 3, 1));
    }

    #[test]
    fn texts_are_those_of_python() {
        let (day, clock, offset) = read_aware("2024-02-29T23:59:59.000100-09:30").unwrap();
        assert_eq!(offset, -34_200);
        assert_eq!(
            aware_text(day, clock, offset).unwrap(),
            "2024-02-29T23:59:59.000100-09:30"
        );
        assert_eq!(
            aware_text(day, Clock { micro: 0, ..clock }, 5_125).unwrap(),
            "2024-02-29T23:59:59+01:25:25"
        );
        assert_eq!(read_aware("0001-01-01T00:00:00+00:00:30").unwrap().2, 30);
        for text in [
            "",
            "T",
            "2024-02-29",
            "2024-02-29T23:59:59",
            "2024-02-29T23:59:59Z",
            "2024-02-29T24:00:00+00:00",
            "2024-02-29T23:59:60+00:00",
            "2024-02-29T23:59:59.1234567+00:00",
            "2024-02-29T23:59:59+00:00:00.000001",
            "2024-02-29T23:59+00:00",
            "10000-02-29T23:59:59+00:00",
            "+024-02-29T23:59:59+00:00",
        ] {
            assert_eq!(read_aware(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_seconds() {
        for (nanos, text) in [
            (0, "0"),
            (1_500_000_000, "1.5"),
            (-1_000, "-0.000001"),
            (-90_000_000_000, "-90"),
            (1_000_100_000, "1.0001"),
        ] {
            assert_eq!(delta_text(nanos).unwrap(), text);
            assert_eq!(read_delta(text), Some(nanos / 1_000), "{text}");
        }
        // Cut down to the microsecond.
        assert_eq!(delta_text(1_999).unwrap(), "0.000001");
        assert_eq!(delta_text(-1).unwrap(), "-0.000001");
        assert!(delta_text(LONGEST * 1_000 + 999).is_ok());
        assert!(delta_text((LONGEST + 1) * 1_000).is_err());
        assert!(delta_text(SHORTEST * 1_000).is_ok());
        assert!(delta_text(SHORTEST * 1_000 - 1).is_err());
        for text in ["", "-", "1.", ".5", "1.1234567", "+1", "1e3", "--1", " 1"] {
            assert_eq!(read_delta(text), None, "{text}");
        }
    }
}

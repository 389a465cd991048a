//! The types of the crate `chrono`.

use super::codec::Codec;
use super::moment::{
    Clock, Day, aware_text, delta_text, naive_text, read_aware, read_delta, read_naive,
};
use super::text::{json_text, text, written_as_text};
use super::traits::{GearArg, GearResult};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Timelike, Utc,
};
use serde_json::value::RawValue;

fn day(date: NaiveDate) -> Day {
    Day {
        year: date.year(),
        month: small(date.month()),
        day: small(date.day()),
    }
}

fn clock(time: NaiveTime) -> Result<Clock, EncodeError> {
    // In chrono, a leap second is the second 59 with more than 999999999 nanoseconds.
    if time.nanosecond() >= 1_000_000_000 {
        return Err(EncodeError::new(
            "it is in a leap second, which times of Python do not have: subtract a second",
        ));
    }
    Ok(Clock {
        hour: small(time.hour()),
        minute: small(time.minute()),
        second: small(time.second()),
        micro: time.nanosecond() / 1_000,
    })
}

/// A month, a day or a part of a time, which are all below 60.
fn small(number: u32) -> u8 {
    number.try_into().unwrap_or_default()
}

fn date_of(day: Day) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year, day.month.into(), day.day.into())
}

fn time_of(clock: Clock) -> Option<NaiveTime> {
    let (hour, minute, second) = (clock.hour, clock.minute, clock.second);
    NaiveTime::from_hms_micro_opt(hour.into(), minute.into(), second.into(), clock.micro)
}

/// Any time zone: Python receives the offset that it has at this time.
impl<Z: TimeZone> GearArg for DateTime<Z> {
    const CODEC: Codec = Codec::DateTime;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        let utc = self.naive_utc();
        // Also keeps the local time in the range of chrono.
        if !(0..=10_000).contains(&utc.year()) {
            return day(utc.date()).text().map(drop);
        }
        let offset = self.offset().fix();
        let local = utc + offset;
        w.str(&aware_text(
            day(local.date()),
            clock(local.time())?,
            offset.local_minus_utc(),
        )?);
        Ok(())
    }
}

fn read_moment(text: &str) -> Option<DateTime<FixedOffset>> {
    let (day, clock, offset) = read_aware(text)?;
    let local = NaiveDateTime::new(date_of(day)?, time_of(clock)?);
    FixedOffset::east_opt(offset)?
        .from_local_datetime(&local)
        .single()
}

macro_rules! moment {
    ($($zone:ty => $convert:expr;)*) => {$(
        impl GearResult for DateTime<$zone> {
            const CODEC: Codec = Codec::DateTime;
            fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                let text = text::<Self>(bytes)?;
                let moment = read_moment(&text).map($convert);
                moment.ok_or_else(|| DecodeError::mismatch::<Self>(text))
            }
            fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
                Self::from_bare(json_text(raw)?.into_bytes())
            }
        }
    )*};
}

moment! {
    FixedOffset => |moment| moment;
    Utc => |moment| moment.with_timezone(&Utc);
}

written_as_text!(
    NaiveDateTime,
    NaiveDateTime,
    |value| naive_text(day(value.date()), clock(value.time())?),
    |text| {
        let (day, clock) = read_naive(text)?;
        Some(NaiveDateTime::new(date_of(day)?, time_of(clock)?))
    }
);

written_as_text!(NaiveDate, Date, |value| day(*value).text(), |text| date_of(
    Day::read(text)?
));

written_as_text!(NaiveTime, Time, |value| Ok(clock(*value)?.text()), |text| {
    time_of(Clock::read(text)?)
});

written_as_text!(
    TimeDelta,
    TimeDelta,
    |value| {
        let (seconds, nanos) = (value.num_seconds(), value.subsec_nanos());
        delta_text(i128::from(seconds) * 1_000_000_000 + i128::from(nanos))
    },
    |text| {
        let micros = read_delta(text)?;
        let seconds = micros.div_euclid(1_000_000).try_into().ok()?;
        let micros = u32::try_from(micros.rem_euclid(1_000_000)).ok()?;
        TimeDelta::new(seconds, micros * 1_000)
    }
);

//! The types of the crate `time`.

use super::moment::{
    Clock, Day, aware_text, delta_text, naive_text, read_aware, read_delta, read_naive,
};
use super::text::written_as_text;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

fn day(date: Date) -> Day {
    Day {
        year: date.year(),
        month: date.month().into(),
        day: date.day(),
    }
}

fn clock(time: Time) -> Clock {
    Clock {
        hour: time.hour(),
        minute: time.minute(),
        second: time.second(),
        micro: time.microsecond(),
    }
}

fn date_of(day: Day) -> Option<Date> {
    Date::from_calendar_date(day.year, day.month.try_into().ok()?, day.day).ok()
}

fn time_of(clock: Clock) -> Option<Time> {
    Time::from_hms_micro(clock.hour, clock.minute, clock.second, clock.micro).ok()
}

fn moment_of(text: &str) -> Option<OffsetDateTime> {
    let (day, clock, offset) = read_aware(text)?;
    let offset = UtcOffset::from_whole_seconds(offset).ok()?;
    Some(PrimitiveDateTime::new(date_of(day)?, time_of(clock)?).assume_offset(offset))
}

written_as_text!(
    OffsetDateTime,
    DateTime,
    |value| {
        let offset = value.offset().whole_seconds();
        aware_text(day(value.date()), clock(value.time()), offset)
    },
    moment_of
);

written_as_text!(
    UtcDateTime,
    DateTime,
    |value| aware_text(day(value.date()), clock(value.time()), 0),
    |text| {
        let utc = moment_of(text)?.checked_to_offset(UtcOffset::UTC)?;
        Some(UtcDateTime::new(utc.date(), utc.time()))
    }
);

written_as_text!(
    PrimitiveDateTime,
    NaiveDateTime,
    |value| naive_text(day(value.date()), clock(value.time())),
    |text| {
        let (day, clock) = read_naive(text)?;
        Some(PrimitiveDateTime::new(date_of(day)?, time_of(clock)?))
    }
);

written_as_text!(Date, Date, |value| day(*value).text(), |text| date_of(
    Day::read(text)?
));

written_as_text!(
    Time,
    Time,
    |value| Ok(clock(*value).text()),
    |text| time_of(Clock::read(text)?)
);

written_as_text!(
    Duration,
    TimeDelta,
    |value| delta_text(value.whole_nanoseconds()),
    |text| {
        let micros = read_delta(text)?;
        let seconds = (micros / 1_000_000).try_into().ok()?;
        let nanos = i32::try_from(micros % 1_000_000).ok()? * 1_000;
        Some(Duration::new(seconds, nanos))
    }
);

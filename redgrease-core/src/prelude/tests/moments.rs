//! Dates, times, durations, UUIDs and `Bytes`, in Python and back.

use super::python::{Python, call, gear, spec};
use super::round_trip::round_trip;
use super::types::{returned, shown};
use crate::GearArg;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// Microseconds since 1970, of the years that Python has.
fn micros() -> impl Strategy<Value = i64> {
    const FIRST: i64 = -62_135_596_800_000_000;
    const LAST: i64 = 253_402_300_799_999_999;
    prop_oneof![
        FIRST..=LAST,
        (FIRST / 1_000_000..=LAST / 1_000_000).prop_map(|s| s * 1_000_000),
        Just(FIRST),
        Just(LAST),
        -2_000_000..2_000_000_i64,
    ]
}

/// Microseconds of a `timedelta`.
fn delta_micros() -> impl Strategy<Value = i128> {
    const SHORTEST: i128 = -999_999_999 * 86_400_000_000;
    const LONGEST: i128 = 1_000_000_000 * 86_400_000_000 - 1;
    prop_oneof![
        SHORTEST..=LONGEST,
        -2_000_000..2_000_000_i128,
        Just(SHORTEST),
        Just(LONGEST),
        (-100_000..100_000_i128).prop_map(|s| s * 1_000_000),
    ]
}

fn durations() -> impl Strategy<Value = Duration> {
    delta_micros().prop_map(|micros| {
        let micros = micros.unsigned_abs().min(999_999_999 * 86_400_000_000);
        let whole = u64::try_from(micros / 1_000_000).unwrap();
        Duration::new(whole, u32::try_from(micros % 1_000_000).unwrap() * 1_000)
    })
}

fn system_times() -> impl Strategy<Value = SystemTime> {
    micros().prop_map(|micros| {
        let since = Duration::from_micros(micros.unsigned_abs());
        if micros < 0 {
            SystemTime::UNIX_EPOCH - since
        } else {
            SystemTime::UNIX_EPOCH + since
        }
    })
}

#[test]
fn types_of_the_standard_library() {
    round_trip::<Duration, _>(durations());
    round_trip::<SystemTime, _>(system_times());
    round_trip::<Option<Vec<Duration>>, _>(proptest::option::of(proptest::collection::vec(
        durations(),
        0..4,
    )));
    round_trip::<BTreeMap<Duration, SystemTime>, _>(proptest::collection::btree_map(
        durations(),
        system_times(),
        0..4,
    ));
}

#[test]
fn what_python_receives_for_a_duration_and_a_system_time() {
    let p = &mut Python::start();
    let is = |value: String, python: &str| assert_eq!(value, python);
    is(
        shown(p, &Duration::from_millis(1_500)),
        "datetime.timedelta(seconds=1, microseconds=500000)",
    );
    // Cut down to the microsecond.
    is(
        shown(p, &Duration::from_nanos(1_999)),
        "datetime.timedelta(microseconds=1)",
    );
    is(
        shown(p, &SystemTime::UNIX_EPOCH),
        "datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)",
    );
    is(
        shown(p, &(SystemTime::UNIX_EPOCH - Duration::from_nanos(1))),
        "datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=datetime.timezone.utc)",
    );
    is(
        shown(p, &vec![Some(Duration::from_hours(24)), None]),
        "[datetime.timedelta(days=1), None]",
    );
    is(
        shown(p, &BTreeSet::from([Duration::ZERO])),
        "{datetime.timedelta(0)}",
    );
}

/// The message of an argument that Python does not have.
fn refused<T: GearArg>(value: &T) -> String {
    let mut w = crate::Writer::default();
    value.encode(&mut w).unwrap_err().to_string()
}

#[test]
fn arguments_that_python_does_not_have_are_refused() {
    assert!(refused(&Duration::MAX).contains("999999999 days"));
    let far = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 9_500);
    assert!(refused(&far).contains("the year is 1146"));
}

fn message<T: std::fmt::Debug>(result: crate::Result<T>) -> String {
    let error = result.unwrap_err();
    error
        .as_gear()
        .map_or_else(|| error.to_string(), |e| e.message.clone())
}

#[test]
fn results_of_another_type_are_refused() {
    let p = &mut Python::start();
    let delta = |p: &mut Python, body| message(returned::<Duration>(p, body));
    assert_eq!(
        delta(p, " return 1.5"),
        "result: float 1.5 is not a timedelta: `timedelta(seconds=..)` makes one"
    );
    assert_eq!(
        delta(
            p,
            " import datetime; return datetime.timedelta(seconds=-1.5)"
        ),
        "gear `returned` (src/gears.rs:9): got -1.5, expected a value of the Rust type `Duration`: it has no sign, so return \
         `max(.., timedelta(0))`, or choose a type with a sign, such as `f64` or `chrono::TimeDelta`"
    );
    let moment = |p: &mut Python, body| message(returned::<SystemTime>(p, body));
    assert!(
        moment(p, " import datetime; return datetime.datetime(2024, 5, 31)")
            .contains("has no time zone, which the Rust type has: `datetime.now(timezone.utc)`")
    );
    assert_eq!(
        moment(p, " import datetime; return datetime.date(2024, 5, 31)"),
        "result: date datetime.date(2024, 5, 31) is not a datetime"
    );
    assert!(
        moment(
            p,
            " import datetime as d; return d.datetime(2024, 5, 31, tzinfo=d.timezone(d.timedelta(microseconds=1)))"
        )
        .contains("an offset with a fraction of a second")
    );
}

#[test]
fn a_moment_is_the_same_in_every_zone() {
    let p = &mut Python::start();
    let body = " import datetime as d; return d.datetime(1969, 12, 31, 20, 0, 0, 5, tzinfo=d.timezone(-d.timedelta(hours=4)))";
    assert_eq!(
        returned::<SystemTime>(p, body).unwrap(),
        SystemTime::UNIX_EPOCH + Duration::from_micros(5)
    );
}

#[test]
fn texts_of_other_clients() {
    let p = &mut Python::start();
    let args: &[_] = &[("value", <Duration as GearArg>::CODEC)];
    let wait = gear(
        "wait",
        crate::gear::GearSpec {
            args,
            ret: crate::Codec::Str,
            ..spec("wait", " return repr(value)")
        },
    );
    p.register(&[wait]).unwrap();
    let mut sent = |text: &'static str| {
        p.call(&call::<_, String>(wait, &text), false)
            .map_err(|e| e.as_gear().unwrap().message.clone())
    };
    assert_eq!(
        sent("-0.5").unwrap(),
        "datetime.timedelta(days=-1, seconds=86399, microseconds=500000)"
    );
    assert_eq!(
        sent("1m").unwrap_err(),
        "argument `value`: str '1m' is not a duration in seconds, such as 1.5"
    );
    assert_eq!(
        sent("0.1234567").unwrap_err(),
        "argument `value`: str '0.1234567' has a fraction of a microsecond: round it to six decimals"
    );
    assert!(
        sent("99999999999999")
            .unwrap_err()
            .contains("longer than a timedelta")
    );

    let args: &[_] = &[("value", <SystemTime as GearArg>::CODEC)];
    let at = gear(
        "at",
        crate::gear::GearSpec {
            args,
            ret: crate::Codec::Str,
            ..spec("at", " return str(value)")
        },
    );
    p.register(&[at]).unwrap();
    let mut sent = |text: &'static str| {
        p.call(&call::<_, String>(at, &text), false)
            .map_err(|e| e.as_gear().unwrap().message.clone())
    };
    assert_eq!(
        sent("2024-05-31T12:30:00Z").unwrap(),
        "2024-05-31 12:30:00+00:00"
    );
    for text in ["2024-05-31T12:30:00", "2024-05-31", "soon", "1717158600"] {
        let message = sent(text).unwrap_err();
        assert!(
            message.contains("a date and time with an offset, such as"),
            "{message}"
        );
    }
}

#[cfg(feature = "uuid")]
#[test]
fn uuids() {
    use uuid::Uuid;
    let ids = || any::<u128>().prop_map(Uuid::from_u128);
    round_trip::<Uuid, _>(ids());
    round_trip::<BTreeMap<Uuid, Option<Uuid>>, _>(proptest::collection::btree_map(
        ids(),
        proptest::option::of(ids()),
        0..4,
    ));
    let p = &mut Python::start();
    assert_eq!(
        shown(p, &Uuid::nil()),
        "UUID('00000000-0000-0000-0000-000000000000')"
    );
    assert!(
        message(returned::<Uuid>(
            p,
            " return '00000000-0000-0000-0000-000000000000'"
        ))
        .ends_with("is not a UUID: return `uuid.UUID(..)`")
    );
    let body = " import uuid; return {uuid.UUID(int=1)}";
    assert_eq!(
        returned::<BTreeSet<Uuid>>(p, body).unwrap(),
        BTreeSet::from([Uuid::from_u128(1)])
    );
}

#[cfg(feature = "bytes")]
#[test]
fn shared_bytes() {
    use bytes::Bytes;
    let values = || any::<Vec<u8>>().prop_map(Bytes::from);
    round_trip::<Bytes, _>(values());
    round_trip::<Vec<Option<Bytes>>, _>(proptest::collection::vec(
        proptest::option::of(values()),
        0..4,
    ));
    let p = &mut Python::start();
    assert_eq!(shown(p, &Bytes::from_static(b"\xff")), r"b'\xff'");
    assert_eq!(returned::<Bytes>(p, " return 'text'").unwrap(), "text");
}

#[cfg(feature = "chrono")]
mod chrono {
    use super::*;
    use ::chrono::{
        DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
    };

    fn moments() -> impl Strategy<Value = DateTime<Utc>> {
        micros().prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
    }

    fn naive() -> impl Strategy<Value = NaiveDateTime> {
        moments().prop_map(|moment| moment.naive_utc())
    }

    fn offsets() -> impl Strategy<Value = FixedOffset> {
        prop_oneof![
            (-86_399..86_400_i32),
            (-95..96_i32).prop_map(|q| q * 900),
            Just(0)
        ]
        .prop_map(|seconds| FixedOffset::east_opt(seconds).unwrap())
    }

    #[test]
    fn values_come_back() {
        round_trip::<DateTime<Utc>, _>(moments());
        round_trip::<NaiveDateTime, _>(naive());
        round_trip::<DateTime<FixedOffset>, _>(
            (naive(), offsets())
                .prop_map(|(local, offset)| offset.from_local_datetime(&local).unwrap()),
        );
        round_trip::<NaiveDate, _>(naive().prop_map(|naive| naive.date()));
        round_trip::<NaiveTime, _>(naive().prop_map(|naive| naive.time()));
        round_trip::<TimeDelta, _>(delta_micros().prop_map(|micros| {
            let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
            let nanos = u32::try_from(micros).unwrap() * 1_000;
            TimeDelta::new(i64::try_from(seconds).unwrap(), nanos).unwrap()
        }));
        round_trip::<BTreeMap<NaiveDate, Vec<Option<DateTime<Utc>>>>, _>(
            proptest::collection::btree_map(
                naive().prop_map(|naive| naive.date()),
                proptest::collection::vec(proptest::option::of(moments()), 0..3),
                0..4,
            ),
        );
    }

    #[test]
    fn what_python_receives() {
        let p = &mut Python::start();
        let is = |value: String, python: &str| assert_eq!(value, python);
        let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
        is(shown(p, &day), "datetime.date(2024, 2, 29)");
        let time = NaiveTime::from_hms_nano_opt(12, 30, 5, 999_999_999).unwrap();
        is(shown(p, &time), "datetime.time(12, 30, 5, 999999)");
        is(
            shown(p, &day.and_time(time)),
            "datetime.datetime(2024, 2, 29, 12, 30, 5, 999999)",
        );
        let there = FixedOffset::west_opt(3 * 3_600 + 1_800).unwrap();
        is(
            shown(p, &there.from_utc_datetime(&day.and_time(time))),
            "datetime.datetime(2024, 2, 29, 9, 0, 5, 999999, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=73800)))",
        );
        is(
            shown(p, &TimeDelta::nanoseconds(-1)),
            "datetime.timedelta(days=-1, seconds=86399, microseconds=999999)",
        );
    }

    #[test]
    fn arguments_that_python_does_not_have_are_refused() {
        let year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        for day in [
            year(0),
            year(-44),
            year(10_000),
            NaiveDate::MAX,
            NaiveDate::MIN,
        ] {
            assert!(refused(&day).contains("years 1 to 9999"), "{day}");
            let moment = day.and_time(NaiveTime::MIN).and_utc();
            assert!(refused(&moment).contains("years 1 to 9999"), "{moment}");
        }
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        assert!(refused(&leap).contains("leap second"));
        assert!(refused(&year(2016).and_time(leap).and_utc()).contains("leap second"));
        assert!(refused(&TimeDelta::MAX).contains("longer than a timedelta"));
        assert!(refused(&TimeDelta::MIN).contains("less than a timedelta"));
        // The year of the local time counts.
        let ahead = FixedOffset::east_opt(3_600).unwrap();
        let last = year(9_999).and_hms_opt(23, 30, 0).unwrap() + TimeDelta::days(364);
        assert!(refused(&ahead.from_utc_datetime(&last)).contains("the year is 10000"));
    }

    #[test]
    fn results_of_another_type_are_refused() {
        let p = &mut Python::start();
        let aware = " import datetime as d; return d.datetime(2024, 5, 31, tzinfo=d.timezone.utc)";
        let naive = " import datetime as d; return d.datetime(2024, 5, 31)";
        assert!(
            message(returned::<NaiveDateTime>(p, aware))
                .contains("`.replace(tzinfo=None)` removes it")
        );
        assert!(message(returned::<DateTime<Utc>>(p, naive)).contains("has no time zone"));
        assert!(
            message(returned::<NaiveDate>(p, naive))
                .ends_with("is not a date: `.date()` makes one")
        );
        assert!(
            message(returned::<NaiveTime>(p, naive))
                .ends_with("is not a time: `.time()` makes one")
        );
        let time = " import datetime as d; return d.time(1, 2, tzinfo=d.timezone.utc)";
        assert!(message(returned::<NaiveTime>(p, time)).contains("has a time zone"));
        assert!(
            message(returned::<DateTime<Utc>>(p, " return '2024-05-31'"))
                .ends_with("is not a datetime")
        );
    }

    #[test]
    fn the_offset_is_kept_or_converted() {
        let p = &mut Python::start();
        let body = " import datetime as d; return d.datetime(1, 1, 1, 5, tzinfo=d.timezone(d.timedelta(hours=9)))";
        let kept: DateTime<FixedOffset> = returned(p, body).unwrap();
        assert_eq!(kept.to_string(), "0001-01-01 05:00:00 +09:00");
        // In UTC it is a day of the year 0, which Rust has and Python does not.
        let utc: DateTime<Utc> = returned(p, body).unwrap();
        assert_eq!(utc, kept);
    }
}

#[cfg(feature = "time")]
mod time {
    use super::*;
    use ::time::{
        Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset,
    };

    fn utc() -> impl Strategy<Value = OffsetDateTime> {
        micros().prop_map(|micros| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap()
        })
    }

    fn naive() -> impl Strategy<Value = PrimitiveDateTime> {
        utc().prop_map(|utc| PrimitiveDateTime::new(utc.date(), utc.time()))
    }

    #[test]
    fn values_come_back() {
        round_trip::<OffsetDateTime, _>(utc());
        round_trip::<OffsetDateTime, _>((naive(), -86_399..86_400_i32).prop_map(
            |(local, offset)| local.assume_offset(UtcOffset::from_whole_seconds(offset).unwrap()),
        ));
        round_trip::<UtcDateTime, _>(
            utc().prop_map(|utc| UtcDateTime::new(utc.date(), utc.time())),
        );
        round_trip::<PrimitiveDateTime, _>(naive());
        round_trip::<Date, _>(utc().prop_map(OffsetDateTime::date));
        round_trip::<Time, _>(utc().prop_map(OffsetDateTime::time));
        round_trip::<Duration, _>(delta_micros().prop_map(|micros| {
            let seconds = i64::try_from(micros / 1_000_000).unwrap();
            Duration::new(seconds, i32::try_from(micros % 1_000_000).unwrap() * 1_000)
        }));
        round_trip::<BTreeMap<Date, Option<Time>>, _>(proptest::collection::btree_map(
            utc().prop_map(OffsetDateTime::date),
            proptest::option::of(utc().prop_map(OffsetDateTime::time)),
            0..4,
        ));
    }

    #[test]
    fn arguments_that_python_does_not_have_are_refused() {
        let day = Date::from_calendar_date(-44, Month::March, 15).unwrap();
        assert!(refused(&day).contains("years 1 to 9999"));
        let far = UtcOffset::from_whole_seconds(86_400).unwrap();
        let moment = PrimitiveDateTime::new(Date::MAX, Time::MIDNIGHT).assume_offset(far);
        assert!(refused(&moment).contains("shorter than a day"));
        assert!(refused(&Duration::MAX).contains("999999999 days"));
    }
}

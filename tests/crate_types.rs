//! The types of the crates `uuid`, `chrono`, `time` and `bytes`, and times of the standard library, on a server.
#![cfg(all(
    feature = "macros",
    feature = "uuid",
    feature = "chrono",
    feature = "time",
    feature = "bytes"
))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use common::{started, untyped};
use proptest::prelude::*;
use redgrease::Con;
use redgrease::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// Microseconds of the years 1 to 9999.
const YEARS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// For each type, a gear that returns its argument and the name of its Python type, and a check of random values.
macro_rules! round_trips {
    ($($name:ident: $type:ty as $python:literal = $values:expr;)*) => {
        $(
            #[gear_command(mode = "sync")]
            fn $name(value: $type) -> ($type, String) {
                python!("return value, type(value).__name__")
            }
        )*

        /// Every value comes back as it was sent.
        #[test]
        fn values_come_back() {
            let (_server, con) = started();
            let con = RefCell::new(con);
            $(same($values, $python, |value| $name(&mut *con.borrow_mut(), value));)*
        }
    };
}

fn same<T: Debug + PartialEq + Clone>(
    values: impl Strategy<Value = T>,
    python: &str,
    echo: impl Fn(T) -> redgrease::Result<(T, String)>,
) {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 128,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&values, |value| {
            let (back, name) =
                echo(value.clone()).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(&back, &value);
            prop_assert_eq!(name, python);
            Ok(())
        })
        .unwrap();
}

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    prop_oneof![
        YEARS,
        Just(*YEARS.start()),
        Just(*YEARS.end()),
        -1_000_000..1_000_000_i64
    ]
    .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn local() -> impl Strategy<Value = NaiveDateTime> {
    moments().prop_map(|moment| moment.naive_utc())
}

fn zoned() -> impl Strategy<Value = DateTime<FixedOffset>> {
    (local(), -86_399..86_400_i32).prop_map(|(local, seconds)| {
        let offset = FixedOffset::east_opt(seconds).unwrap();
        local.and_local_timezone(offset).unwrap()
    })
}

fn deltas() -> impl Strategy<Value = TimeDelta> {
    any::<i64>().prop_map(TimeDelta::microseconds)
}

fn in_time() -> impl Strategy<Value = time::OffsetDateTime> {
    YEARS.prop_map(|micros| {
        time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap()
    })
}

fn ids() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

round_trips! {
    id: Uuid as "UUID" = ids();
    shared: bytes::Bytes as "bytes" = any::<Vec<u8>>().prop_map(bytes::Bytes::from);
    moment: DateTime<Utc> as "datetime" = moments();
    moment_there: DateTime<FixedOffset> as "datetime" = zoned();
    naive: NaiveDateTime as "datetime" = local();
    day: NaiveDate as "date" = local().prop_map(|local| local.date());
    clock: NaiveTime as "time" = local().prop_map(|local| local.time());
    delta: TimeDelta as "timedelta" = deltas();
    moment_of_time: time::OffsetDateTime as "datetime" = in_time();
    utc_of_time: time::UtcDateTime as "datetime" = in_time().prop_map(|at| time::UtcDateTime::new(at.date(), at.time()));
    naive_of_time: time::PrimitiveDateTime as "datetime" = in_time().prop_map(|at| time::PrimitiveDateTime::new(at.date(), at.time()));
    day_of_time: time::Date as "date" = in_time().prop_map(time::OffsetDateTime::date);
    clock_of_time: time::Time as "time" = in_time().prop_map(time::OffsetDateTime::time);
    delta_of_time: time::Duration as "timedelta" = any::<i64>().prop_map(time::Duration::microseconds);
    duration: Duration as "timedelta" = (0..=i64::MAX as u64).prop_map(Duration::from_micros);
    system_time: SystemTime as "datetime" = YEARS.prop_map(|micros| {
        let since = Duration::from_micros(micros.unsigned_abs());
        if micros < 0 { SystemTime::UNIX_EPOCH - since } else { SystemTime::UNIX_EPOCH + since }
    });
    maybe: Option<Vec<Option<Uuid>>> as "list" = proptest::collection::vec(proptest::option::of(ids()), 0..4).prop_map(Some);
    members: BTreeSet<NaiveDate> as "set" = proptest::collection::btree_set(local().prop_map(|local| local.date()), 0..4);
    table: BTreeMap<(Uuid, NaiveDate), Vec<DateTime<Utc>>> as "dict" = proptest::collection::btree_map(
        (ids(), local().prop_map(|local| local.date())),
        proptest::collection::vec(moments(), 0..3),
        0..4,
    );
}

#[gear_command]
fn shifted(at: DateTime<FixedOffset>, by: Duration) -> Result<DateTime<Utc>, TimeDelta> {
    python! {
        if at.utcoffset():
            raise Err(at.utcoffset())
        return at + by
    }
}

#[gear_command]
fn read(text: &str) -> DateTime<Utc> {
    python! {
        from datetime import datetime
        return datetime.fromisoformat(text)
    }
}

#[test]
fn python_computes_with_them() {
    let (server, mut con) = started();
    let con: &mut Con = &mut con;
    let at = "2024-02-28T23:00:00+00:00"
        .parse::<DateTime<FixedOffset>>()
        .unwrap();
    let hour = Duration::from_hours(1);
    let after = "2024-02-29T00:00:00Z".parse::<DateTime<Utc>>().unwrap();
    assert_eq!(shifted(con, at, hour).unwrap(), Ok(after));
    let there = at.with_timezone(&FixedOffset::west_opt(1_800).unwrap());
    assert_eq!(
        shifted(con, there, hour).unwrap(),
        Err(TimeDelta::minutes(-30))
    );

    let error = read(con, "2024-02-29T00:00:00").unwrap_err();
    assert!(error.to_string().contains("has no time zone"), "{error}");
    let far = "+12024-02-29T00:00:00+00:00"
        .parse::<DateTime<FixedOffset>>()
        .unwrap();
    let error = shifted(con, far, hour).unwrap_err();
    assert!(error.to_string().contains("the year is 12024"), "{error}");

    assert_eq!(
        untyped(
            &server,
            &["RG.TRIGGER", "shifted", "2024-02-28T23:00:00Z", "1.5"]
        ),
        "Ok\n2024-02-28T23:00:01.500000+00:00"
    );
    let answer = untyped(&server, &["RG.TRIGGER", "shifted", "yesterday", "1.5"]);
    assert!(
        answer.contains("such as 2024-05-31T12:30:00+00:00"),
        "{answer}"
    );
}

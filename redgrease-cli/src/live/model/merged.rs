//! The registrations of all shards as one list: counts and times are added up, last times and lags are the greatest.

use super::reply::text;
use redgrease_core::RegistrationInfo;
use redis::Value;
use std::collections::btree_map::{BTreeMap, Entry};

const STATUS_OK: &str = "OK";
/// The shard of the last error.
const ERROR_SHARD: &str = "lastErrorShard";
const LAGS: [&str; 2] = ["lastEstimatedLagMS", "avgEstimatedLagMS"];

/// Adds the registrations of a shard.
pub(super) fn add(
    all: &mut BTreeMap<String, RegistrationInfo>,
    shard: &str,
    rows: Vec<RegistrationInfo>,
) {
    for mut row in rows {
        if row.last_error.is_some() {
            let shard = Value::BulkString(shard.as_bytes().to_vec());
            row.extra.insert(ERROR_SHARD.to_owned(), shard);
        }
        row.shards = Some(1);
        match all.entry(row.id.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(row);
            }
            Entry::Occupied(mut entry) => combine(entry.get_mut(), row),
        }
    }
}

fn combine(sum: &mut RegistrationInfo, row: RegistrationInfo) {
    sum.triggered += row.triggered;
    sum.succeeded += row.succeeded;
    sum.failed += row.failed;
    sum.aborted += row.aborted;
    sum.last_run = sum.last_run.max(row.last_run);
    sum.total_run += row.total_run;
    let runs = sum.succeeded + sum.failed;
    if runs > 0 {
        #[allow(clippy::cast_precision_loss, reason = "a mean is not exact")]
        let mean = sum.total_run.as_secs_f64() * 1000.0 / runs as f64;
        sum.average_run_ms = mean;
    }
    sum.shards = Some(sum.shards.unwrap_or(1) + 1);
    if sum.last_error.is_none() {
        sum.last_error = row.last_error;
        let shard = row.extra.get(ERROR_SHARD);
        sum.extra
            .extend(shard.map(|it| (ERROR_SHARD.to_owned(), it.clone())));
    }
    if sum.status.as_deref().is_none_or(|it| it == STATUS_OK) {
        sum.status = row.status;
    }
    for name in LAGS {
        let (Some(old), Some(new)) = (sum.extra.get(name), row.extra.get(name)) else {
            continue;
        };
        if number(new) > number(old) {
            sum.extra.insert(name.to_owned(), new.clone());
        }
    }
}

/// The estimated lag of a stream, in milliseconds.
pub(super) fn lag(row: &RegistrationInfo) -> Option<f64> {
    row.extra.get(LAGS[0]).map(number)
}

fn number(value: &Value) -> f64 {
    text(value).parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn counts_are_added_up_and_lags_are_the_greatest() {
        let row = |runs, lag, status: &str, error: Option<&str>| {
            let mut row = RegistrationInfo::default();
            row.id = "a".to_owned();
            row.succeeded = runs;
            row.triggered = runs;
            row.total_run = Duration::from_millis(runs * 10);
            row.last_run = Duration::from_millis(lag);
            row.status = Some(status.to_owned());
            row.last_error = error.map(str::to_owned);
            let lag = Value::Int(i64::try_from(lag).unwrap());
            row.extra.insert(LAGS[0].to_owned(), lag);
            row
        };
        let mut all = BTreeMap::new();
        add(&mut all, "shard-number-1", vec![row(2, 5, "OK", None)]);
        add(
            &mut all,
            "shard-number-2",
            vec![row(4, 9, "PAUSED", Some("boom"))],
        );
        add(&mut all, "shard-number-3", vec![row(0, 1, "OK", None)]);
        let sum = &all["a"];
        assert_eq!((sum.triggered, sum.shards), (6, Some(3)));
        assert_eq!(lag(sum), Some(9.0));
        assert_eq!(sum.last_run, Duration::from_millis(9));
        assert!((sum.average_run_ms - 10.0).abs() < 1e-9);
        assert_eq!(sum.status.as_deref(), Some("PAUSED"));
        assert_eq!(sum.last_error.as_deref(), Some("boom"));
        assert_eq!(text(&sum.extra[ERROR_SHARD]), "shard-number-2");
    }
}

//! What moves between the shards of a cluster, by the number of shards, records and different keys.

use super::cluster::{FREELY, on_shards, spread};
use super::*;
use crate::steps::Collect;

/// Different keys.
const KEYS: i64 = 20;

fn count_by() -> [Step; 2] {
    [countby(&format!("lambda x: x % {KEYS}")), Collect.into()]
}

/// The records of a count by key that move: at most one of each shard for each key, and one for each key to the initiator. The records
/// that are read do not count.
#[test]
fn a_count_by_key_moves_its_counts() {
    println!("shards  records  moved by key (batches)  moved to the initiator (batches)");
    for shards in [3, 10, 30] {
        for records in [1000, 3000] {
            let numbers: Vec<i64> = (0..records).collect();
            let outcomes = on_shards(count_by(), &spread(&numbers, shards), FREELY);
            assert_eq!(outcomes.results.len(), usize::try_from(KEYS).unwrap());
            let (by_key, counts) = outcomes.moved[&0];
            let (gathered, results) = outcomes.moved[&1];
            println!(
                "{shards:>6} {records:>8} {counts:>14} ({by_key:>7}) {results:>24} ({gathered:>7})"
            );
            let keys = usize::try_from(KEYS).unwrap();
            assert!(counts <= shards * keys, "{counts}");
            assert!(by_key <= shards * (shards - 1), "{by_key}");
            assert!(results <= keys, "{results}");
            assert!(gathered < shards, "{gathered}");
        }
    }
}

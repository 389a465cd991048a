use super::siphash::hash;
use super::{FIRST_SIZE, Ordered};
use proptest::prelude::*;
use std::collections::HashMap;

type Map = Ordered<String, u32>;

/// Fills a map like the engine fills the dictionary of a record, and gives the keys in its order.
fn filled(keys: &[&str]) -> Vec<String> {
    let mut map: Ordered<String, ()> = Ordered::default();
    for key in keys {
        assert!(map.get_mut(*key).is_none());
        map.add((*key).to_owned(), ());
    }
    map.into_entries().map(|(key, ())| key).collect()
}

#[test]
fn fields_have_the_recorded_order() {
    assert_eq!(
        filled(&["name", "age", "city", "email", "id"]),
        ["age", "name", "city", "email", "id"]
    );
    let alphabet: Vec<String> = ('a'..='z').map(String::from).collect();
    let alphabet: Vec<&str> = alphabet.iter().map(String::as_str).collect();
    let recorded = "zbokpyefvglxidrwaqscunjtmh";
    assert_eq!(filled(&alphabet).concat(), recorded);
    let fields: Vec<String> = (0..12).map(|n| format!("field{n}")).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let numbers: Vec<String> = filled(&fields)
        .iter()
        .map(|name| name.replace("field", ""))
        .collect();
    assert_eq!(numbers.join(" "), "0 5 9 4 7 6 11 10 1 3 2 8");
}

#[test]
fn removal_keeps_the_other_entries() {
    let mut map: Ordered<String, usize> = Ordered::default();
    for n in 0..100 {
        map.add(n.to_string(), n);
    }
    for n in (0..100).step_by(2) {
        assert_eq!(map.remove(n.to_string().as_bytes()), Some(n));
    }
    assert_eq!(map.len(), 50);
    assert_eq!(map.peek(b"7"), Some(&7));
    assert_eq!(map.peek(b"8"), None);
    let mut left: Vec<usize> = map.iter().map(|(_, &n)| n).collect();
    left.sort_unstable();
    assert_eq!(left, (1..100).step_by(2).collect::<Vec<_>>());
}

#[test]
fn an_empty_map_answers_everything() {
    let mut map = Map::default();
    assert!(map.is_empty());
    assert_eq!(map.len(), 0);
    assert_eq!(map.peek(b"a"), None);
    assert_eq!(map.peek_mut(b"a"), None);
    assert_eq!(map.get_mut("a"), None);
    assert_eq!(map.remove(b"a"), None);
    assert_eq!(map.iter().count(), 0);
    assert_eq!(map.into_entries().count(), 0);
}

/// The expected values come from another implementation of `SipHash`, checked against the
/// published test vector of `SipHash-2-4`.
#[test]
fn hashes_are_those_of_siphash_1_2() {
    for (bytes, expected) in [
        (&b""[..], 0x3204_eeb5_9b3c_ccdd),
        (b"a", 0xadcc_c533_51ee_9412),
        (b"name", 0x7a11_f718_8ff7_df14),
        (b"1234567", 0x8cff_7b52_a417_8f40),
        (b"12345678", 0x3278_2745_dc6d_3f6f),
        (b"123456789", 0xe00f_4f11_d65f_8b0a),
        (&[0; 16], 0x845b_cd4e_aa7d_15bb),
        (&[b'x'; 256], 0x28d4_9afe_62c4_2435),
    ] {
        assert_eq!(hash(bytes), expected, "{bytes:?}");
    }
}

/// One call of the map.
#[derive(Debug, Clone)]
enum Operation {
    /// Replaces the value of the key, or adds the key.
    Set(String, u32),
    Get(String),
    PeekMut(String, u32),
    Remove(String),
}

/// Few different keys, so that operations meet the same key again; among them keys of many lengths.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0_u8..60).prop_map(|n| n.to_string()),
        1 => (0_usize..20).prop_map(|n| "x".repeat(n)),
    ]
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        5 => (key(), any::<u32>()).prop_map(|(key, value)| Operation::Set(key, value)),
        2 => key().prop_map(Operation::Get),
        1 => (key(), any::<u32>()).prop_map(|(key, value)| Operation::PeekMut(key, value)),
        2 => key().prop_map(Operation::Remove),
    ];
    prop::collection::vec(operation, 0..250)
}

/// Applies an operation and gives its result.
fn apply(map: &mut Map, operation: &Operation) -> Option<u32> {
    match operation {
        Operation::Set(key, value) => {
            let old = map.get_mut(key);
            if let Some(old) = old {
                return Some(std::mem::replace(old, *value));
            }
            map.add(key.clone(), *value);
            None
        }
        Operation::Get(key) => map.get_mut(key).copied(),
        Operation::PeekMut(key, value) => map
            .peek_mut(key.as_bytes())
            .map(|old| std::mem::replace(old, *value)),
        Operation::Remove(key) => map.remove(key.as_bytes()),
    }
}

fn apply_to_model(model: &mut HashMap<String, u32>, operation: &Operation) -> Option<u32> {
    match operation {
        Operation::Set(key, value) => model.insert(key.clone(), *value),
        Operation::Get(key) => model.get(key).copied(),
        Operation::PeekMut(key, value) => {
            model.get_mut(key).map(|old| std::mem::replace(old, *value))
        }
        Operation::Remove(key) => model.remove(key),
    }
}

fn entries(map: &Map) -> Vec<(String, u32)> {
    map.iter()
        .map(|(key, &value)| (key.clone(), value))
        .collect()
}

fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn contents_are_those_of_a_hash_map(operations in operations()) {
        let mut map = Map::default();
        let mut model = HashMap::new();
        for operation in &operations {
            let result = apply(&mut map, operation);
            prop_assert_eq!(result, apply_to_model(&mut model, operation), "{:?}", operation);
            prop_assert_eq!(map.len(), model.len());
            prop_assert_eq!(map.is_empty(), model.is_empty());
            prop_assert_eq!(map.iter().count(), model.len(), "each key is listed once");
        }
        for (key, value) in map.iter() {
            prop_assert_eq!(model.get(key), Some(value));
            prop_assert_eq!(map.peek(key.as_bytes()), Some(value));
        }
        let by_reference = entries(&map);
        let by_value: Vec<_> = map.into_entries().collect();
        prop_assert_eq!(by_reference, by_value);
    }

    #[test]
    fn the_same_operations_give_the_same_order(operations in operations()) {
        let mut one = Map::default();
        let mut other = Map::default();
        for operation in &operations.clone() {
            apply(&mut one, operation);
        }
        for operation in &operations {
            apply(&mut other, operation);
            // None of these moves a bucket.
            let before = entries(&other);
            for (key, _) in &before {
                prop_assert!(other.peek(key.as_bytes()).is_some());
                prop_assert!(other.peek_mut(key.as_bytes()).is_some());
            }
            prop_assert!(other.peek(b"absent").is_none());
            prop_assert_eq!(entries(&other), before);
        }
        prop_assert_eq!(entries(&one), entries(&other));
    }

    #[test]
    fn a_map_that_has_grown_lists_its_buckets_in_turn(operations in operations()) {
        let mut map = Map::default();
        for operation in &operations {
            apply(&mut map, operation);
        }
        // Look-ups end the growth, because each one moves a bucket.
        for _ in 0..1000 {
            map.get_mut("absent");
        }
        prop_assert!(map.large.is_none() || map.is_empty());
        if !map.is_empty() {
            let buckets = map.small.buckets.len();
            prop_assert!(buckets >= FIRST_SIZE && buckets.is_power_of_two());
            prop_assert!(map.len() <= buckets);
            let places: Vec<usize> =
                map.iter().map(|(key, _)| map.small.place(hash(key.as_bytes()))).collect();
            prop_assert!(places.is_sorted(), "{:?}", places);
        }
    }
}

//! Properties: random values pass through a server. Either an equal value arrives, or there is an
//! error.
//!
//! | file | purpose |
//! |---|---|
//! | `arguments.rs` | arguments of gears |
//! | `results.rs` | results of gears and chains |
//! | `captures.rs` | values that chains capture |
//! | `python.rs` | generates values of Python |
//! | `target.rs` | compares a Rust value with a value of Python |
//! | `literal.rs` | writes Rust values as Python source, without the code under test |
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "the tests check whether numbers survive conversions"
)]

#[path = "../common/mod.rs"]
mod common;

mod arguments;
mod captures;
mod literal;
mod python;
mod results;
mod target;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Checks a property for a number of values, which are the same in every run. Panics with the smallest
/// value that fails.
#[track_caller]
fn holds<S: Strategy>(
    cases: u32,
    values: &S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Err(failed) = runner.run(values, property) {
        panic!("{failed}");
    }
}

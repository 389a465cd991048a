//! Values of any kind through a real server: what arrives is what was sent, or there is an error; never another value.
//!
//! * `python`: values of Python, and how they are made up. `target`: when a Rust value is one of those.
//! * `results`: what gears and chains return. `arguments`: what gears are called with. `captures`: what chains contain.
//! * `literal`: Rust values as Python source, written without the code under test.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::float_cmp,
    reason = "whether numbers survive is what is tested"
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

/// Tries a property with so many values. They are the same in every run; the smallest one that fails is shown.
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

//! Types that no test can have. They do not compile: the feature `refused` is for this file alone.
#![cfg(feature = "refused")]

use rg::gear_test;

#[gear_test]
fn a_number(_count: i64) {}

#[gear_test]
fn async_in_sync(_con: &mut rg::AsyncCon) {}

#[gear_test]
async fn blocking_in_async(_con: &mut rg::Con) {}

#[gear_test]
async fn blocking_pool_in_async(_pool: rg::BlockingPool) {}

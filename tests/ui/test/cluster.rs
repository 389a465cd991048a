use redgrease::prelude::*;

#[gear_test(shards = 0)]
fn no_shards() {}

#[gear_test(shards = "3")]
fn text() {}

#[gear_test(shards =)]
fn nothing() {}

#[gear_test(shards = 3, shards = 4)]
fn twice() {}

#[gear_test(shards = 3, replicas = 11)]
fn too_many() {}

#[gear_test(replicas = 1)]
fn one_server() {}

fn main() {}

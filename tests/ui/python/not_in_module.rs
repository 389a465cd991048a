use redgrease::prelude::*;

#[gear_command]
fn read(key: &str) -> Vec<u8> {
    python! {
        from redgrease import cdm
        from redgrease.runtime import Err
        return cdm.get(key)
    }
}

fn main() {}

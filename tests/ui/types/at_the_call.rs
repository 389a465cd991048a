//! A mistake in the Python does not make the calls of the function wrong, nor hide mistakes in them.
use redgrease::prelude::*;

#[gear_command]
fn length(url: &str) -> i64 {
    python! {
        return len(ulr)
    }
}

#[gear_command]
fn refused(url: &str) -> redgrease::Result<i64> {
    python! {
        return len(url)
    }
}

fn call(con: &mut redgrease::Con) -> redgrease::Result<()> {
    let _: i64 = length(con, "a")?;
    let _ = length::call("a");
    let _: i64 = refused(con, "a")?;
    let _ = refused::call("a");
    let _: String = length(con, 7)?;
    Ok(())
}

fn main() {}

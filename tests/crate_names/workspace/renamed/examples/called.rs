//! An example of the crate.
use rg::prelude::*;

#[gear_command]
fn one() -> i64 {
    python! { return 1 }
}

fn main() -> rg::Result<()> {
    let mut con = rg::start("redis://127.0.0.1/")?;
    println!("{}", one(&mut con)? + renamed::double(&mut con, 2)?);
    Ok(())
}

//! Tests of the crate.
use rg::gear_test;

#[gear_test(gears = [renamed::double])]
fn doubles(con: &mut rg::Con) -> rg::Result<()> {
    assert_eq!(renamed::double(con, 4)?, 8);
    Ok(())
}

#[gear_test]
async fn doubles_later(mut con: rg::AsyncCon) {
    let double = renamed::double::call(4).on_async(&mut con).await;
    assert_eq!(double.expect("a number"), 8);
}

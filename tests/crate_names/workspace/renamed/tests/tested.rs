//! Tests of the crate.
use rg::gear_test;

#[gear_test(gears = [renamed::half])]
fn halves(con: &mut rg::Con) -> rg::Result<()> {
    assert_eq!(renamed::half(con, 4)?, 2);
    Ok(())
}

#[gear_test]
async fn halves_later(mut con: rg::AsyncCon) {
    let half = renamed::half::call(4).on_async(&mut con).await;
    assert_eq!(half.expect("a number"), 2);
}

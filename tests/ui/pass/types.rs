//! Arguments and results of every kind, and the signatures of the generated items.
use redgrease::prelude::*;
use redgrease::{Call, Gear};
use std::borrow::Cow;
use std::collections::HashMap;

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
struct Person<T, const N: usize = 1>
where
    T: Clone,
{
    name: String,
    rest: Vec<T>,
}

#[derive(serde::Serialize, serde::Deserialize, GearValue)]
enum Choice {
    One,
    Other(i64),
}

#[gear_command]
fn many<'a>(
    text: &str,
    lent: &'a str,
    cow: Cow<'_, str>,
    bytes: &[u8],
    map: HashMap<String, Option<i128>>,
    tuple: (i64, [u8; 4], bool),
    person: Person<i64>,
    json: Json<Vec<Choice>>,
) -> (Vec<u8>, Option<String>, HashMap<i64, f64>, Choice) {
    python! { return (bytes, text, {1: 1.5}, json[0]) }
}

#[gear_command]
fn nothing() {
    python! { pass }
}

#[gear_command]
fn unit() -> () {
    python! { pass }
}

/// An alias with the name of the standard library's type.
mod aliased {
    use redgrease::prelude::*;

    pub type Result<T> = std::result::Result<T, super::Choice>;

    #[gear_command]
    pub fn answer() -> Result<Option<i64>> {
        python! { raise Err("One") }
    }

    #[gear_command]
    pub fn answers() -> Vec<Option<Result<i64>>> {
        python! { return [1, None, Err("One")] }
    }
}

fn main() {
    let _: Call<Result<Option<i64>, Choice>> = aliased::answer::call();
    let _: Call<Vec<Option<aliased::Result<i64>>>> = aliased::answers::call();
    let _: &'static Gear = many::GEAR;
    let _: Call<()> = nothing::call();
    let _: Call<()> = unit::call();
    let person = Person::<i64> { name: "x".into(), rest: vec![] };
    let local = String::from("lent");
    let call = many::call(
        "a",
        &local,
        Cow::Borrowed("c"),
        b"d",
        HashMap::new(),
        (1, [0; 4], true),
        person,
        Json(vec![Choice::One, Choice::Other(2)]),
    );
    assert!(call.to_cmd().is_ok());
    let _: fn(&mut redgrease::Con) -> redgrease::Result<()> = |con| nothing(con);
    let _ = |con: &mut dyn redis::ConnectionLike| nothing(con);
}

//! `python!` as an expression, and gears that are built.
use redgrease::prelude::*;
use redgrease::{AnyCallback, Callback, KeysRegister};
use std::collections::BTreeMap;

/// Sessions end.
#[gear]
pub fn expire() -> Registration {
    KeysReader::new("session:*")
        .foreach(python!(lambda record: cmd.expire(record["key"], 3600)))
        .register(KeysRegister::new())
}

#[gear(handle = Fallible)]
fn fallible() -> redgrease::Result<Registration> {
    let seconds = 5;
    Ok(KeysReader::new("x:*")
        .foreach(python!(lambda record: cmd.expire(record["key"], 'seconds)))
        .register(KeysRegister::new()))
}

fn main() {
    let _: Callback<0> = python!(lambda: 1);
    let _: Callback<1> = python! {
        lambda x: x // 2
    };
    let _: Callback<2> = python![lambda a, b: a + b];
    let _: Callback<1> = redgrease::python!(r#"lambda x: x['it\'s']"#);
    let _: AnyCallback = python!(str.split);
    let _: AnyCallback = python!(lambda *a: a);
    let _: AnyCallback = python!(lambda a, b=1: a);
    let _: Callback<1> = python! {
        # why
        def first(x):
            y = x * 2  # a comment
            return y
    };
    let _: Callback<1> = python! {
        async def later(x):
            return await x
    };

    let min_age = 18;
    let name = String::from("it's \"quoted\"");
    let map = BTreeMap::from([("a", 1)]);
    let captured: Callback<1> = python!(lambda p: p["age"] >= 'min_age and p["n"] == 'name or 'map or 'min_age);
    let shown = format!("{captured:?}");
    assert!(shown.contains("_min_age") && shown.contains("18"), "{shown}");
    assert!(!shown.contains("'min_age"), "{shown}");
    // Still there: a capture only borrows.
    assert_eq!((min_age, name.len(), map.len()), (18, 13, 1));

    let bytes = Bytes(b"\xff");
    let chain = KeysReader::new("person:*")
        .values()
        .filter(python!(lambda p: p["b"] != 'bytes))
        .map_to::<i64>(python!(lambda p: int(p["age"])));
    let _ = chain.aggregate(0, python!(lambda a, x: a + x));

    let registration: Registration = expire();
    assert!(format!("{registration:?}").contains("session"));
    assert!(fallible().is_ok());
    assert_eq!(expire::GEAR.name(), "expire");
    assert_eq!(expire::GEAR.spec().doc, "Sessions end.");
    assert_eq!(Fallible::GEAR.trigger(), None);
}

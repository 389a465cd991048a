//! `gears!` as a list and as a wrapper.
use redgrease::prelude::*;

gears! {
    use std::collections::{BTreeMap, HashMap};
    const LIMIT: [usize; 1] = { let x = 3; [x] };

    /// With a documented trigger.
    #[gear_command(trigger = "doubled")]
    #[must_use]
    pub fn double(x: i64) -> i64 {
        python!<
            # comments // and all
            y = x << 1 if x > 0 else x >> 1
            return f "{y}" and y
        >
    }

    #[redgrease::gear_command]
    fn plain() -> i64 { python! { return 1 } }

    fn rust() -> usize { LIMIT[0] }

    mod inner {
        use redgrease::prelude::*;

        #[gear_keys(prefix = "a*")]
        pub fn react(record: KeyRecord) {
            python!< log(record.key) >
        }

        #[gear_every("1m")]
        pub(super) fn tick() {
            python!<pass>
        }
    }

    #[cfg(any())]
    #[gear_command]
    fn absent() -> Missing { python!< return 1 > }

    #[gear_command]
    fn map() -> HashMap<String, i64> {
        python!<
            return {"a": 1 > 0}
        >
    }
}

fn main() {
    assert_eq!(double::GEAR.trigger(), Some("doubled"));
    assert_eq!(double::GEAR.spec().doc, "With a documented trigger.");
    assert!(double::GEAR.spec().source.contains("y = x << 1 if x > 0 else x >> 1\n"));
    assert!(double::GEAR.spec().source.contains("return  f\"{y}\" and y\n"));
    assert_eq!(double::GEAR.spec().source_line, 12);
    assert_eq!(inner::react::GEAR.spec().source, " log(record.key) ");
    assert_eq!(inner::tick::GEAR.spec().source, "pass");
    assert!(map::GEAR.spec().source.contains("1 > 0"));
    assert_eq!(rust(), 3);
    let _: BTreeMap<i64, i64> = BTreeMap::new();

    let none: &[&redgrease::Gear] = gears![];
    assert_eq!(none.len(), 0);
    let some: &'static [&'static redgrease::Gear] = gears![plain, self::inner::react, inner::tick, Renamed,];
    let names: Vec<_> = some.iter().map(|gear| gear.name()).collect();
    assert_eq!(names, ["plain", "react", "tick", "renamed"]);
    let _: fn(i64) -> redgrease::Call<i64> = double::call;
}

#[gear_command(handle = Renamed)]
fn renamed() {
    python! { pass }
}

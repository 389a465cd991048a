//! Gears in all places of a crate.
use redgrease::prelude::*;

mod inner {
    use redgrease::prelude::*;

    pub mod deeper {
        redgrease::__rt::inventory::submit! { redgrease::Entry(super::sibling::GEAR) }
    }

    #[gear_command]
    pub(in crate::inner) fn sibling() -> i64 {
        python! { return 1 }
    }

    #[gear_command]
    pub(super) fn for_the_parent() -> i64 {
        python! { return 1 }
    }
}

#[cfg(any())]
#[gear_command]
fn switched_off_above() -> Missing {
    python! { return 1 }
}

#[gear_command]
#[cfg(any())]
fn switched_off_below() -> Missing {
    python! { return 1 }
}

#[gear_command]
#[cfg_attr(all(), cfg(any()))]
fn switched_off_indirectly() -> Missing {
    python! { return 1 }
}

// The same name twice. Only one of the functions exists.
#[gear_command]
#[cfg(all())]
fn one_of_two() -> i64 {
    python! { return 1 }
}

#[gear_command]
#[cfg(not(all()))]
fn one_of_two() -> i64 {
    python! { return 2 }
}

#[gear_command]
#[deprecated = "for the test"]
#[inline]
fn attributes_are_kept() -> i64 {
    python! { return 1 }
}

/// A module with the name of its gear.
mod cache_get {
    use redgrease::prelude::*;

    #[gear_command(handle = CacheGet)]
    pub fn cache_get(url: &str) -> Vec<u8> {
        python! { return cmd.get(url) }
    }
}
pub use cache_get::cache_get;

macro_rules! gears {
    ($($name:ident: $ty:ty = $python:literal;)*) => {
        $(
            #[gear_command(trigger = $python, description = $python)]
            fn $name(value: $ty) -> $ty {
                python!($python)
            }
        )*
    };
}

gears! {
    first: i64 = "return value";
    second: Option<String> = "return value";
}

macro_rules! whole {
    ($item:item) => {
        #[gear_command]
        $item
    };
}

whole! {
    fn through_a_variable(value: i64) -> i64 {
        python! {
            return value // 2
        }
    }
}

macro_rules! fixed {
    ($name:ident) => {
        #[gear_command]
        fn $name() -> i64 {
            python! {
                # a comment
                return 7 // 2
            }
        }
    };
}
fixed!(from_a_macro);

fn main() {
    #[derive(serde::Serialize, serde::Deserialize, GearValue)]
    struct Local {
        _x: i64,
    }

    #[gear_command]
    fn in_a_body(value: Local) -> Local {
        python! { return value }
    }

    assert_eq!(in_a_body::GEAR.name(), "in_a_body");
    assert_eq!(inner::for_the_parent::GEAR.name(), "for_the_parent");
    assert_eq!(one_of_two::GEAR.spec().source, " return 1 ");
    assert_eq!(first::GEAR.spec().source, "return value");
    assert_eq!(second::GEAR.trigger(), Some("return value"));
    assert_eq!(through_a_variable::GEAR.spec().source.trim(), "return value // 2");
    assert!(from_a_macro::GEAR.spec().source.contains("# a comment\n"));
    assert_eq!(from_a_macro::GEAR.location().line, 113);
    let _ = |con: &mut redgrease::Con| {
        let _: redgrease::Result<Vec<u8>> = cache_get(con, "url");
        #[allow(deprecated)]
        let _: redgrease::Result<i64> = attributes_are_kept(con);
    };
}

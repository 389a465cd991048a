//! A crate that has `redgrease` from a library: through its prelude, and by its path.
#![deny(warnings)]

/// With the prelude, nothing else is needed.
pub mod with_the_prelude {
    use library::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize, GearValue)]
    pub struct Person {
        pub name: String,
    }

    python_module! {
        /// Shared.
        pub shared { def twice(x): return 2 * x }
    }

    #[gear_command(module = shared)]
    pub fn named(person: Person, times: i64) -> String {
        python! { return person["name"] * twice(times) }
    }

    #[gear_every("5m")]
    fn regularly() {
        python! { log("tick") }
    }

    #[gear]
    fn expire() -> Registration {
        let seconds = 60;
        KeysReader::new("session:*")
            .foreach(python!(lambda record: cmd.expire(record["key"], 'seconds)))
            .register(library::redgrease::KeysRegister::new())
    }

    pub fn all() -> &'static [&'static library::redgrease::Gear] {
        gears![named, library::length]
    }

    mod inside {
        use super::*;

        #[gear_command]
        fn deeper() -> i64 {
            python! { return 1 }
        }

        #[allow(dead_code)]
        fn function() {
            #[gear_command]
            fn deepest() -> i64 {
                python! { return 1 }
            }
        }
    }
}

/// Without the prelude, attributes have the key `crate`.
pub mod with_the_path {
    #[library::redgrease::gear_command(crate = library::redgrease)]
    pub fn by_path() -> i64 {
        python! { return 1 }
    }

    #[library::redgrease::gear_keys(prefix = "a:*", crate = "library::redgrease")]
    fn by_text(record: library::redgrease::KeyRecord) {
        python! { log(record.key) }
    }

    #[library::redgrease::gear(crate = library::redgrease)]
    fn by_function() -> library::redgrease::Registration {
        library::redgrease::KeysReader::new("*").register(library::redgrease::KeysRegister::new())
    }

    #[derive(serde::Serialize, serde::Deserialize, library::redgrease::GearValue)]
    #[gear_value(crate = library::redgrease)]
    pub struct Value {
        pub name: String,
    }

    library::constant!(constant);

    pub fn calls(con: &mut library::redgrease::Con) -> library::redgrease::Result<i64> {
        Ok(by_path(con)? + constant(con)? + library::length(con, "x")?)
    }
}

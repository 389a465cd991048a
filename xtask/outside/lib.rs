//! A crate whose developer has run `pip install redgrease-engine` in a virtual environment, and nothing
//! else. `cargo xtask outside` puts it into a folder outside of the workspace, and runs its test.

use redgrease::prelude::*;

/// The prefix of the Python, the value of a module of the environment, and the files of the engine.
#[gear_command]
pub fn surroundings() -> (String, String, Vec<String>) {
    python! {
        import sys
        import outside_neighbour  # redgrease: allow(unknown-import)

        with open("/proc/self/maps") as maps:
            names = {line.split(maxsplit=5)[-1].strip() for line in maps}
        return sys.prefix, outside_neighbour.NAME, sorted(name for name in names if "redgrease" in name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[gear_test]
    fn the_engine_of_the_environment_runs(con: &mut redgrease::Con) -> redgrease::Result<()> {
        let venv = std::env::var("VIRTUAL_ENV").expect("the variable of an active environment");
        let (prefix, neighbour, libraries) = surroundings(con)?;
        assert_eq!(prefix, venv);
        assert_eq!(neighbour, "beside the engine");
        for name in ["/redgrease.so", "/redgrease-engine-3."] {
            assert!(
                libraries.iter().any(|path| path.contains(name)),
                "{name}: {libraries:?}"
            );
        }
        for library in libraries {
            assert!(library.starts_with(&venv), "{library} is not in {venv}");
        }
        Ok(())
    }
}

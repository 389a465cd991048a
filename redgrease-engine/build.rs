//! Tells the engine the version of its Python. In an engine for one Python of this machine it also writes down the directory of
//! libpython, so that the engine finds the library at run time.

fn main() {
    let python = pyo3_build_config::get();
    println!(
        "cargo:rustc-env=REDGREASE_PYTHON_MINOR={}",
        python.version().minor
    );
    // An engine without libpython among its libraries is for the loader, which has opened one.
    if !python.suppress_build_script_link_lines()
        && let Some(directory) = python.lib_dir()
    {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{directory}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}

//! Writes the directory of libpython into the engine, so that the engine finds the library at run time.

fn main() {
    let python = pyo3_build_config::get();
    if let Some(directory) = python.lib_dir() {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{directory}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}

//! Lets the engine find the libpython it was built for, wherever that stands.

fn main() {
    let python = pyo3_build_config::get();
    if let Some(directory) = python.lib_dir() {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{directory}");
    }
    println!("cargo:rerun-if-changed=build.rs");
}

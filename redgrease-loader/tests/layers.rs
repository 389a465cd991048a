//! The floors of the loader: which file may name which.
//!
//! The table is the architecture. The test reads the sources and fails with the line that climbs.

#[path = "../../tools/layers.rs"]
mod layers;

use std::path::Path;

/// Every file (or folder) of `src`, bottom first, with those that it may name.
const FLOORS: &layers::Layers = &[
    ("failure", &[]),
    ("marker", &[]),
    ("elf", &[]),
    ("files", &[]),
    ("answer", &[]),
    ("versions", &[]),
    ("system", &["failure"]),
    ("arguments", &["failure"]),
    ("environment", &["failure"]),
    ("installed", &["environment"]),
    (
        "engines",
        &["elf", "failure", "files", "installed", "marker", "versions"],
    ),
    ("interpreter", &["failure", "answer", "system"]),
    (
        "suitable",
        &["elf", "failure", "files", "interpreter", "versions"],
    ),
    ("places", &["installed", "system", "versions"]),
    (
        "choice",
        &[
            "arguments",
            "engines",
            "environment",
            "failure",
            "installed",
            "interpreter",
            "places",
            "suitable",
            "versions",
        ],
    ),
    (
        "load",
        &[
            "arguments",
            "choice",
            "engines",
            "failure",
            "places",
            "system",
        ],
    ),
];

#[test]
fn the_table_goes_down_only() {
    layers::assert_table_goes_down(FLOORS);
}

#[test]
fn no_line_climbs() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    layers::assert_no_line_climbs(&src, FLOORS, &[]);
}

//! The layers of this crate: a folder of `src` names only folders below it.

#[path = "../../tools/layers.rs"]
mod layers;

use std::path::Path;

/// Each folder (or file) of `src`, and the folders that it may name.
const LAYERS: &layers::Layers = &[
    ("location", &[]),
    ("prelude", &[]),
    ("error", &["location"]),
    ("keyword", &["error"]),
    ("convert", &["error"]),
    ("event", &["convert"]),
    ("requirement", &["error"]),
    ("gear", &["convert", "error", "keyword", "location"]),
    ("profile", &["error", "gear"]),
    ("connection", &["error", "gear", "profile"]),
    ("trace", &["error", "gear", "profile"]),
    ("request", &["convert", "error", "gear", "profile"]),
    (
        "commands",
        &[
            "connection",
            "error",
            "gear",
            "keyword",
            "request",
            "requirement",
        ],
    ),
    (
        "builder",
        &[
            "commands",
            "connection",
            "convert",
            "error",
            "gear",
            "keyword",
            "prelude",
            "profile",
            "requirement",
            "trace",
        ],
    ),
    (
        "registry",
        &[
            "builder",
            "commands",
            "connection",
            "convert",
            "error",
            "gear",
            "prelude",
            "profile",
            "requirement",
            "trace",
        ],
    ),
    (
        "call",
        &[
            "commands",
            "connection",
            "error",
            "gear",
            "profile",
            "registry",
            "request",
            "trace",
        ],
    ),
];

#[test]
fn the_table_goes_down_only() {
    layers::assert_table_goes_down(LAYERS);
}

#[test]
fn no_folder_names_a_folder_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    layers::assert_no_line_climbs(&src, LAYERS, &["misuse.rs"]);
}

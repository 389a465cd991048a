//! The floors of the engine: which folder may name which.
//!
//! The table is the architecture. The test reads the sources and fails with the line that climbs.

#[path = "../../tools/layers.rs"]
mod layers;

use std::path::Path;

/// Every folder (or file) of `src`, bottom first, with the folders that it may name.
const FLOORS: &layers::Layers = &[
    ("encoding", &[]),
    ("order", &[]),
    ("requirements", &[]),
    ("config", &[]),
    ("redis", &[]),
    ("id", &["redis", "encoding"]),
    ("cluster", &["redis", "id", "config", "encoding"]),
    ("slots", &["cluster", "encoding"]),
    ("python", &["redis", "config"]),
    ("scope", &["python", "id", "redis", "encoding"]),
    ("steps", &["python", "order", "encoding"]),
    ("plan", &["steps", "python", "redis", "encoding"]),
    (
        "readers",
        &[
            "plan", "scope", "slots", "cluster", "python", "redis", "order",
        ],
    ),
    (
        "execution",
        &[
            "readers", "plan", "steps", "scope", "python", "id", "redis", "config", "order",
        ],
    ),
    (
        "distribution",
        &[
            "execution",
            "readers",
            "plan",
            "steps",
            "scope",
            "slots",
            "python",
            "cluster",
            "id",
            "redis",
            "config",
            "encoding",
        ],
    ),
    (
        "registration",
        &[
            "distribution",
            "execution",
            "plan",
            "steps",
            "scope",
            "python",
            "id",
            "cluster",
            "redis",
            "config",
            "order",
            "encoding",
            // The summary of a session masks the addresses of its requirements.
            "requirements",
        ],
    ),
    (
        "gears",
        &[
            "registration",
            "distribution",
            "execution",
            "plan",
            "steps",
            "scope",
            "python",
            "id",
            "cluster",
            "redis",
            "config",
            "encoding",
            "requirements",
        ],
    ),
    (
        "agreement",
        &[
            "gears",
            "registration",
            "scope",
            "id",
            "cluster",
            "redis",
            "config",
            "encoding",
            "requirements",
        ],
    ),
    (
        "commands",
        &[
            "agreement",
            "gears",
            "registration",
            "distribution",
            "execution",
            "plan",
            "steps",
            "scope",
            "python",
            "id",
            "cluster",
            "redis",
            "config",
            "encoding",
            "requirements",
        ],
    ),
    (
        "engine",
        &[
            "agreement",
            "commands",
            "gears",
            "registration",
            "distribution",
            "execution",
            "python",
            "cluster",
            "redis",
            "config",
            "requirements",
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
    layers::assert_no_line_climbs(&src, FLOORS, &["testing.rs"]);
}

//! The recipes of book/src/recipes.md: each block of the page is the part of a file here between its two marks, and the tests of
//! the file run it.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod clean_up;
mod expiring_values;
mod fraud_score;
mod leaderboard;
mod postgresql;
mod rate_limit;
mod search_index;
mod secondary_index;
mod write_behind_postgresql;
mod write_behind_sqlite;

const PAGE: &str = include_str!("../../book/src/recipes.md");

/// The files with recipes. A block of the page names its file.
const RECIPES: &[(&str, &str)] = &[
    ("expiring_values", include_str!("expiring_values.rs")),
    ("secondary_index", include_str!("secondary_index.rs")),
    ("rate_limit", include_str!("rate_limit.rs")),
    ("leaderboard", include_str!("leaderboard.rs")),
    ("fraud_score", include_str!("fraud_score.rs")),
    ("search_index", include_str!("search_index.rs")),
    ("clean_up", include_str!("clean_up.rs")),
    (
        "write_behind_sqlite",
        include_str!("write_behind_sqlite.rs"),
    ),
    (
        "write_behind_postgresql",
        include_str!("write_behind_postgresql.rs"),
    ),
];

/// The code of a file between `// recipe` and `// end of the recipe`.
fn code(source: &str) -> &str {
    let (_, rest) = source.split_once("// recipe\n").unwrap();
    rest.split_once("// end of the recipe\n").unwrap().0.trim()
}

#[test]
fn the_page_shows_the_code_that_is_tested() {
    let blocks: Vec<&str> = PAGE.split("```rust").skip(1).collect();
    assert_eq!(blocks.len(), RECIPES.len());
    for (name, source) in RECIPES {
        let mark = format!("```rust,ignore (run by tests/recipes/{name}.rs)\n");
        let (_, rest) = PAGE.split_once(&mark).expect(name);
        let shown = rest.split("```").next().unwrap().trim();
        assert_eq!(shown, code(source), "{name}");
    }
}

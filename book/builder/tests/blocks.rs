//! Every block of code in the book is compiled or run, or says why it is not.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_book::blocks::{self, Block};
use redgrease_book::pages::{Page, all, root};

/// Languages of code. All others are data, output or drawings.
const CODE: [&str; 5] = ["console", "lua", "python", "rust", "sh"];

/// Blocks that are not run. Each one more is a line that a reader may find wrong: think twice.
const NOT_RUN: usize = 30;

/// Blocks whose output depends on the machine: they are run, and what they print is not compared.
const EXAMPLES: usize = 6;

/// The files that compile pages as documentation.
const DOCUMENTATION: [&str; 2] = ["src/book.rs", "examples/web/src/lib.rs"];

fn code() -> Vec<(Page, Block)> {
    let pages = all().unwrap().into_iter();
    pages
        .flat_map(|page| {
            let blocks = blocks::of(&page.text).into_iter();
            let code: Vec<_> = blocks
                .filter(|block| CODE.contains(&block.language.as_str()))
                .map(|block| (page.clone(), block))
                .collect();
            code
        })
        .collect()
}

fn place(page: &Page, block: &Block) -> String {
    format!("{}:{}", page.origin.display(), block.line)
}

#[test]
fn blocks_that_are_not_run_are_counted() {
    let reasons: Vec<String> = code()
        .iter()
        .filter_map(|(page, block)| {
            Some(format!(
                "{}: {}",
                place(page, block),
                block.not_run.as_ref()?
            ))
        })
        .collect();
    assert_eq!(reasons.len(), NOT_RUN, "{}", reasons.join("\n"));
}

#[test]
fn blocks_whose_output_is_not_compared_are_counted() {
    let examples = code();
    let examples = examples.iter().filter(|(_, block)| block.has("sample"));
    let places: Vec<String> = examples.map(|(page, block)| place(page, block)).collect();
    assert_eq!(places.len(), EXAMPLES, "{}", places.join("\n"));
}

#[test]
fn rust_is_compiled() {
    let compiled: String = DOCUMENTATION
        .iter()
        .map(|file| std::fs::read_to_string(root().join(file)).unwrap())
        .collect();
    for (page, block) in code() {
        if block.language != "rust" || block.not_run.is_some() || block.run_by.is_some() {
            continue;
        }
        let place = place(&page, &block);
        assert!(
            !block.has("ignore"),
            "{place}: a block that is ignored needs a reason"
        );
        assert!(
            compiled.contains(&format!("{}\")", page.origin.display())),
            "{place}: add the page to src/book.rs"
        );
    }
}

#[test]
fn tests_that_run_blocks_read_the_page() {
    for (page, block) in code() {
        let Some(test) = &block.run_by else { continue };
        let folder = root().join(test);
        let main = folder.with_file_name("main.rs");
        let texts = [folder, main].map(|file| std::fs::read_to_string(file).unwrap_or_default());
        assert!(
            !texts[0].is_empty(),
            "{}: there is no {test}",
            place(&page, &block)
        );
    }
}

#[test]
fn lines_of_other_files_are_still_there() {
    for page in all().unwrap() {
        for block in blocks::of(&page.text) {
            let Some(file) = &block.shown_in else {
                continue;
            };
            let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            let place = place(&page, &block);
            assert!(
                text.contains(&block.text),
                "{place}: {file} has other lines"
            );
        }
    }
}

#[test]
fn other_code_is_run_by_the_test_of_the_console() {
    for (page, block) in code() {
        let is_known = match block.language.as_str() {
            "rust" | "console" | "python" | "lua" => true,
            // Write `console`, whose commands are run.
            _ => block.not_run.is_some(),
        };
        assert!(is_known, "{}: {}", place(&page, &block), block.language);
    }
}

#[test]
fn settings_in_toml_are_toml() {
    for page in all().unwrap() {
        for block in blocks::of(&page.text) {
            if block.language == "toml" {
                let read = block.text.parse::<toml::Table>();
                assert!(read.is_ok(), "{}: {read:?}", place(&page, &block));
            }
        }
    }
}

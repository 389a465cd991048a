//! Builds the book in `book/`, and reads its pages for the tests.
//!
//! | file | purpose |
//! |---|---|
//! | `pages.rs` | the pages, with the files that they include |
//! | `blocks.rs` | the blocks of code of a page |
//! | `links.rs` | the links of a page, and where they lead |
//! | `api.rs` | the items of the documentation that rustdoc has written |
//! | `items.rs` | the list of all public items, with the pages that name them |
//! | `drawings.rs` | puts drawings into the page, so that they have its colours |
//! | `sources.rs` | pages of the source files that the book links to |
//! | `rendered.rs` | follows every link of the finished book |
//! | `build.rs` | all of it, in order |

mod api;
pub mod blocks;
mod build;
mod drawings;
mod items;
pub mod links;
pub mod pages;
mod rendered;
mod sources;

pub use build::{Request, build};

/// Everything that is wrong with the book, a line for each.
#[derive(Debug, Default)]
pub struct Problems(Vec<String>);

impl Problems {
    /// One problem, after which nothing else can be found out.
    pub(crate) fn one(problem: impl Into<String>) -> Self {
        Problems(vec![problem.into()])
    }

    pub(crate) fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// An error, if there is a problem.
    pub(crate) fn checked(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl std::fmt::Display for Problems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

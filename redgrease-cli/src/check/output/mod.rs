//! The formats of mistakes.

mod github;
mod sarif;
mod text;

pub(super) use github::github;
pub(super) use sarif::sarif;
pub(super) use text::text;

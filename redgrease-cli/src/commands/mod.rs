//! The commands of every day, one file each. Each has its arguments (`Args`) and a function `run`.

pub(crate) mod ls;

//! Tests with a real interpreter, and mostly with a real pip. Packages are generated, so that no
//! test needs a network.

mod exchange;
mod install;
mod pip;
mod process;
mod sandbox;
mod sharing;
mod uv_tool;
mod wheelhouse;

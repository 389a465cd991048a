//! Tests with a real interpreter, and mostly with a real pip and a real uv. Packages are generated, so that no
//! test needs a network, except once for uv itself.

mod bad_days;
mod exchange;
mod install;
mod pip;
mod process;
mod sandbox;
mod sharing;
mod uv;
mod uv_tool;
mod wheelhouse;

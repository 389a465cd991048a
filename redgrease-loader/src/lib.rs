//! The Redis module that users load. It finds a Python, opens its libpython, checks that an engine fits, and hands the call of
//! the server on to that engine. It contains no Python, and it writes nothing to the disk.
//!
//! The test `tests/layers.rs` holds which file may name which.
//!
//! | file | purpose |
//! |---|---|
//! | `system/` | everything that is `unsafe`: the server's functions, the dynamic linker, child processes |
//! | `load` | the decision: from the module's arguments to the Python and the engine that are opened |
//! | `choice` | which Python: the order of the places |
//! | `places` | the programs and directories of one place |
//! | `installed` | the place in which an installer has put the loader |
//! | `environment` | the Python of a virtual environment |
//! | `interpreter` | asking a Python about itself |
//! | `answer` | reading its answer |
//! | `suitable` | the reasons why a Python cannot be used |
//! | `engines` | the engine files beside the loader |
//! | `marker` | the text in an engine file that says what it was built for |
//! | `files` | opening files that may be pipes, devices or huge |
//! | `elf` | whether a file is a whole library for this machine |
//! | `versions` | the versions of Python that engines are built for |
//! | `arguments` | the module argument that chooses the Python |
//! | `failure` | the one line that a failure writes |

#[macro_use]
mod system;
mod answer;
mod arguments;
mod choice;
mod elf;
mod engines;
mod environment;
mod failure;
mod files;
mod installed;
mod interpreter;
mod load;
mod marker;
mod places;
mod suitable;
mod versions;

entry_points!(load::decide);

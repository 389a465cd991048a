//! New crates, and what editors need.
//!
//! | file | purpose |
//! |---|---|
//! | `new.rs` | `redgrease new`: a crate with a gear and its test |
//! | `name.rs` | the names that a package can have |
//! | `place.rs` | the folders that a crate can be made in |
//! | `template.rs` | the files of a new crate, from the folder `template` |
//! | `clone.rs` | the clone of the project that the program was built in |
//! | `stubs.rs` | `redgrease stubs`: the names that a server provides, for editors |

mod clone;
mod name;
pub(crate) mod new;
mod place;
pub(crate) mod stubs;
mod template;

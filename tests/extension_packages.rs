//! Packages with C extensions, which have their own threads and global state.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, untyped};

const GEARS: &str = "
import numpy as np
def residue(x):
    a = np.random.rand(300, 300)
    return bool(np.abs(a @ np.linalg.inv(a) - np.eye(300)).max() < 1e-3)
for mode in ('sync', 'async_local'):
    GB('CommandReader').map(residue).register(trigger=mode, mode=mode)
";

/// The threads of a linear algebra library must not hang a server that forks for a save.
#[test]
#[ignore = "fetches 20 MB from PyPI: part of `cargo xtask test --matrix`"]
fn numpy_works_while_the_server_saves() {
    let (server, _con) = empty();
    let registered = untyped(&server, &["RG.PYEXECUTE", GEARS, "REQUIREMENTS", "numpy"]);
    assert_eq!(registered, "OK");
    std::thread::scope(|scope| {
        for mode in ["sync", "async_local", "async_local"] {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..30 {
                    assert_eq!(untyped(server, &["RG.TRIGGER", mode]), "True");
                }
            });
        }
        for _ in 0..3 {
            untyped(&server, &["BGSAVE"]);
            eventually("the save has ended", || {
                untyped(&server, &["INFO", "persistence"]).contains("rdb_bgsave_in_progress:0")
            });
        }
    });
    assert!(untyped(&server, &["INFO", "persistence"]).contains("rdb_last_bgsave_status:ok"));
    server.stop().unwrap();
}

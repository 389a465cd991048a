//! Many scripts.

use crate::common::on;
use crate::scripts::{Scripts, con};
use redgrease_core::GearsCommands as _;
use redgrease_embedded::Server;
use std::time::{Duration, Instant};

#[test]
fn five_hundred_scripts_are_quick() {
    let server = Server::start().unwrap();
    let scripts = Scripts::new();
    for n in 0..500 {
        scripts.trigger(&format!("{n}.py"), &format!("t{n}"), "1");
    }
    let timed = |what: &str| {
        let begun = Instant::now();
        let done = on(&server, &[scripts.dir()]);
        assert_eq!(done.code, 0, "{done:?}");
        println!("{what}: {:?}", begun.elapsed());
        (done, begun.elapsed())
    };
    let (done, first) = timed("500 new scripts");
    assert_eq!(done.out.lines().count(), 500);
    assert_eq!(con(&server).dump_registrations().unwrap().len(), 500);
    let (done, same) = timed("500 unchanged scripts");
    assert!(done.err.contains("500 unchanged"), "{}", done.err);
    scripts.trigger("7.py", "t7", "2");
    let (done, one) = timed("one of 500 changed");
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    // On a machine that does other work, too.
    assert!(first < Duration::from_secs(20), "{first:?}");
    assert!(
        same < Duration::from_secs(5) && one < Duration::from_secs(5),
        "{same:?}, {one:?}"
    );
}

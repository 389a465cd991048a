//! The script of a session that could not be restored runs as a body, too, when it is tried again.

use super::common::{eventually, untyped};
use super::{answers_until, info};
use redgrease_embedded::Server;
use std::thread;

#[test]
fn a_slow_script_that_is_tried_again_holds_up_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let (data, fails) = (dir.path().join("data"), dir.path().join("fails"));
    std::fs::create_dir(&data).unwrap();
    let start = || Server::builder().dir(&data).start().unwrap();
    let server = start();
    let script = format!(
        "
import os, time
if os.path.exists({fails:?}):
    raise ValueError('not today')
# Longer than LockMaxTime.
time.sleep(1.5)
GB('CommandReader').map(lambda x: 'works').register(trigger='t', onRegistered=lambda: log('registered'))
"
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.kill().unwrap();
    std::fs::write(&fails, "").unwrap();
    let server = start();
    eventually("it is not restored", || {
        info(&server, "unrestored_sessions") == "1"
    });
    std::fs::remove_file(&fails).unwrap();
    thread::scope(|scope| {
        let refreshes = scope.spawn(|| untyped(&server, &["RG.REFRESHCLUSTER"]));
        answers_until(&server, || refreshes.is_finished());
        assert_eq!(refreshes.join().unwrap(), "OK");
    });
    eventually("it is restored", || {
        untyped(&server, &["RG.TRIGGER", "t"]) == "works"
    });
    assert_eq!(info(&server, "unrestored_sessions"), "0");
}

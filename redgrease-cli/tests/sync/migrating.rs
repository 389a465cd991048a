//! `redgrease migrate`. The replies of RedisGears are in the unit tests.

use crate::common::on;
use crate::scripts::{Scripts, con};
use redgrease_core::{GearsCommands as _, PyExecuteOptions};
use redgrease_embedded::Server;

#[test]
fn two_servers_are_compared_and_none_is_changed() {
    let (old, new) = (Server::start().unwrap(), Server::start().unwrap());
    let mut old_con = con(&old);
    let script = "GB('CommandReader').map(lambda x: 1).register(trigger='t')\n\
                  GB('KeysReader').foreach(lambda x: x).register('k:*', mode='sync')\n";
    let options = PyExecuteOptions::new().id("shop").description("orders");
    let _: redgrease_core::Executed = old_con.pyexecute_options(script, &options).unwrap();
    let before = old_con.dump_registrations().unwrap();
    let out = on(&old, &["migrate"]).ok();
    assert!(
        out.starts_with("this engine: 1 session, 2 registrations, 0 packages\n"),
        "{out}"
    );
    assert!(out.contains("nothing differs"), "{out}");
    let to = ["migrate", "--to", new.url(), "--exit-code"];
    let done = on(&old, &to);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains("it lacks command `t`\n"), "{}", done.out);
    assert!(done.out.contains("it lacks keys `k:*`\n"), "{}", done.out);
    let scripts = Scripts::new();
    scripts.write("a.py", script);
    on(&new, &[scripts.dir()]).ok();
    assert!(on(&old, &to).ok().contains("nothing is missing"));
    scripts.write("a.py", &script.replace("'t')", "'t', mode='sync')"));
    on(&new, &[scripts.dir()]).ok();
    let report = on(&old, &["migrate", "--json", "--to", new.url()]).json();
    assert_eq!(
        report["to"]["differ"][0],
        "command `t` is sync there and async here"
    );
    assert_eq!(report["to"]["has"], 1);
    assert_eq!(report["server"]["sessions"][0]["description"], "orders");
    assert_eq!(old_con.dump_registrations().unwrap(), before);
    on(&old, &["migrate", "--exit-code"]).fails(2);
    on(&old, &["migrate", "--to", "redis://127.0.0.1:1"]).fails(3);
}

//! Registered functions are stored with their operands.

use redgrease_embedded::Server;
use tempfile::TempDir;

use crate::common::{eventually, untyped};

const SCRIPT: &str = "
import functools, operator
import redgrease
from redgrease import *

@command(mode='sync')
def double(number):
    return 2 * int(number)

@command()
def again(number):
    log('again')
    return double(double(number))

KeysReader().keys(type='string').foreach(cmd.delete).register('unwanted:*')
KeysReader().records(event={'hset'}).map(operator.attrgetter('value')).foreach(
    functools.partial(redgrease.cmd.rpush, 'changes')).register('person:*', mode='sync')
StreamReader().values().map(dict).aggregate().flatmap().foreach(
    lambda fields: cmd.hset('received', mapping=fields)).register('orders', batch=2)
CommandReader().args().flatmap().map(int).aggregate(0).register(trigger='sum')
";

#[test]
fn functions_work_after_a_restart() {
    let (data, packages) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let start = || {
        let server = Server::builder()
            .dir(data.path())
            .python_dir(packages.path());
        server.start().unwrap()
    };
    let server = start();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", SCRIPT]), "OK");
    they_work(&server);
    untyped(&server, &["FLUSHALL"]);
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.stop().unwrap();
    they_work(&start());
}

fn they_work(server: &Server) {
    let say = |words: &[&str]| untyped(server, words);
    assert_eq!(say(&["RG.TRIGGER", "double", "21"]), "42");
    assert_eq!(say(&["RG.TRIGGER", "again", "21"]), "84");
    assert_eq!(say(&["RG.TRIGGER", "sum", "1", "2", "3"]), "6");
    say(&["HSET", "person:1", "name", "Ada"]);
    assert_eq!(say(&["LRANGE", "changes", "0", "-1"]), "{'name': 'Ada'}");
    say(&["SET", "unwanted:1", "x"]);
    eventually("the key is deleted", || {
        say(&["EXISTS", "unwanted:1"]) == "0"
    });
    say(&["XADD", "orders", "*", "a", "1"]);
    say(&["XADD", "orders", "*", "b", "2"]);
    eventually("the messages are handled", || {
        say(&["HLEN", "received"]) == "2"
    });
}

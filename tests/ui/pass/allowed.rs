//! Mistakes that a gear allows, because its server is another one.

use redgrease::prelude::*;

python_module! {
    helpers {
        import numpy  # redgrease: allow(unknown-import)
        import yaml

        def parsed(text):
            return numpy.array(yaml.safe_load(text))
    }
}

#[gear_command(module = helpers, allow = ["unknown-import"])]
fn by_key(text: &str) -> String {
    python! {
        import simplejson
        return simplejson.dumps(parsed(text))
    }
}

#[gear_command(module = helpers, requirements = ["pyyaml"])]
fn by_comment(key: &str) -> String {
    python! {
        # redgrease: allow(unknown-command)
        execute("FROBNICATE", key)
        cmd.frobnicate(key)  # redgrease: allow(unknown-method)
        import requests  # redgrease: allow(unknown-import)
        return str(parsed(key))
    }
}

#[gear_keys(events = ["hsett"], commands = ["hsett"], allow = ["no-such-event", "no-such-command"])]
fn of_a_module(record: KeyRecord) {
    python! { log(record.key) }
}

#[gear_keys(prefix = "user:", allow = ["whole-name"])]
fn of_an_odd_key(record: KeyRecord) {
    python! { log(record.key) }
}

#[gear_stream("orders[1]?*", allow = ["plain-pattern"])]
fn of_odd_streams(record: StreamRecord) {
    python! { log(record.id) }
}

#[gear_command(hook = "HGET", keyprefix = "odd*", allow = ["plain-pattern"])]
fn of_odd_keys(args: Vec<String>) -> String {
    python! { return args[0] }
}

#[gear_command]
fn fine(key: &str) -> String {
    python! {
        import json, os.path
        try:
            import ujson
        except ImportError:
            ujson = json
        with atomic():
            execute("JSON.GET", key)
            cmd.execute_command("CLIENT LIST")
            cmd.set(key, 1, ex=5)
        log("fine", level="warning")
        return ujson.dumps(key)
    }
}

fn main() {
    assert_eq!(gears![by_key, by_comment, fine].len(), 3);
}

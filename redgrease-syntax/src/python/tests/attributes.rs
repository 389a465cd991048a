//! Attributes of `cmd` that are no commands: those of redis-py's client, and exceptions.

use super::calls::with;
use super::{body, clean, one};
use crate::{Source, examine};

#[test]
fn attributes_of_the_client_of_redis_py() {
    for name in [
        "connection",
        "connection_pool",
        "response_callbacks",
        "RESPONSE_CALLBACKS",
        "auto_close_connection_pool",
        "single_connection_lock",
    ] {
        let text = format!("return cmd.{name}");
        assert_eq!(with(&["redis"], &text), [""; 0], "{name}");
        clean(&text);
        assert_eq!(with(&[], &text).len(), 1, "{name}");
    }
    assert_eq!(
        with(&[], "return cmd.connection_pool"),
        [
            "`cmd` has no method `connection_pool`: add `requirements = [\"redis\"]`, whose client has it"
        ]
    );
    assert_eq!(
        with(&["redis"], "return cmd.conection_pool"),
        ["`cmd` has no method `conection_pool`: did you mean `connection_pool`?"]
    );
    let calls = "cmd.connection_pool.get_encoder()\ncmd.response_callbacks[\"GET\"](b\"x\")";
    assert_eq!(with(&["redis"], calls), [""; 0]);
}

fn catching(exception: &str) -> String {
    format!("try:\n    cmd.get(url)\nexcept {exception}:\n    pass")
}

#[test]
fn exceptions_that_do_not_exist() {
    one(
        &catching("cmd.NoSuchError"),
        "\"NoSuchError\" -> `cmd` has no exception `NoSuchError`: write an exception of redis-py, such as `cmd.ResponseError`",
    );
    one(
        &catching("(cmd.DataError, cmd.ResponsError)"),
        "\"ResponsError\" -> `cmd` has no exception `ResponsError`: did you mean `cmd.ResponseError`?",
    );
    one(
        &catching("cmd.ValueError"),
        "\"ValueError\" -> `cmd` has no exception `ValueError`: write `ValueError`, which belongs to Python",
    );
    for requirements in [&[][..], &["redis"]] {
        assert_eq!(with(requirements, &catching("cmd.NoSuchError")).len(), 1);
        assert_eq!(
            with(requirements, &catching("cmd.NoPermissionError")),
            [""; 0]
        );
        assert_eq!(with(requirements, &catching("cmd.RedisError")), [""; 0]);
    }
}

#[test]
fn exceptions_of_one_client() {
    for name in ["ConnectionError", "WatchError", "RedisClusterException"] {
        let text = catching(&format!("cmd.{name}"));
        assert_eq!(
            with(&[], &text),
            [format!(
                "`cmd` has no exception `{name}`: add `requirements = [\"redis\"]`, whose client has it"
            )]
        );
        assert_eq!(with(&["redis"], &text), [""; 0], "{name}");
        clean(&text);
    }
    // Not all of them end alike.
    for name in ["InvalidResponse", "InvalidPipelineStack"] {
        assert_eq!(with(&["redis"], &catching(&format!("cmd.{name}"))), [""; 0]);
    }
    // A newer redis-py may have those of the engine.
    clean(&catching("cmd.MisconfigurationError"));
    assert_eq!(
        with(&["redis"], &catching("cmd.MisconfigurationError")),
        [""; 0]
    );
}

#[test]
fn exceptions_that_the_text_asks_for() {
    clean("if hasattr(cmd, \"NoSuchError\"):\n    return cmd.NoSuchError");
    clean("try:\n    return cmd.NoSuchError\nexcept AttributeError:\n    pass");
    clean(
        "try:\n    cmd.get(url)\nexcept cmd.NoSuchError:  # redgrease: allow(unknown-method)\n    pass",
    );
    let text = body(&catching("cmd.NoSuchError"));
    let source = Source::body("gear", &["url"], &text).allowed(&["unknown-method"]);
    assert_eq!(examine(&source).findings, []);
}

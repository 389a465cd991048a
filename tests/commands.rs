//! The commands of the server, blocking and async.

#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::empty;
use redgrease::{
    ConfigValue, ErrorKind, Executed, ExecutionStatus, GearsCommands, PyExecuteOptions,
    SessionsOptions, cmd,
};

#[test]
fn scripts_give_records_and_errors() {
    let (_server, mut con) = empty();
    for n in 0..10 {
        let () = redis::cmd("SET")
            .arg(format!("key:{n}"))
            .arg(n)
            .query(&mut con)
            .unwrap();
    }
    let total: i64 = con
        .pyexecute("GB().count().run()")
        .unwrap()
        .into_value()
        .unwrap();
    assert_eq!(total, 10);
    let mut keys: Vec<String> = con
        .pyexecute("GB().map(lambda r: r['key']).run('key:*')")
        .unwrap()
        .into_values()
        .unwrap();
    keys.sort();
    assert_eq!((keys.len(), keys[0].as_str()), (10, "key:0"));
    let nothing = con.pyexecute::<redis::Value>("x = 1").unwrap();
    assert!(nothing.values.is_empty() && nothing.errors.is_empty());

    let partly = con
        .pyexecute::<String>("GB('ShardsIDReader').map(lambda x: 1 / 0).run()")
        .unwrap();
    assert!(
        partly.errors[0].contains("ZeroDivisionError"),
        "{:?}",
        partly.errors
    );
    let error = partly.into_value().unwrap_err();
    assert!(
        error.is_python()
            && error
                .to_string()
                .contains("ZeroDivisionError: division by zero"),
        "{error}"
    );
}

#[test]
fn scripts_that_fail_show_their_traceback() {
    let (_server, mut con) = empty();
    let error = con
        .pyexecute::<String>("def f():\n    return nothing\nf()")
        .unwrap_err();
    match error.kind() {
        ErrorKind::Script { traceback, .. } => {
            assert!(
                traceback.starts_with("Traceback (most recent call last):\n"),
                "{traceback}"
            );
            assert!(
                traceback.contains("\n  File \"<string>\", line 2, in f\n"),
                "{traceback}"
            );
        }
        other => panic!("{other:?}"),
    }
    let error = con.pyexecute::<String>("this is no python").unwrap_err();
    assert!(
        error.is_python() && error.to_string().contains("SyntaxError"),
        "{error}"
    );
}

#[test]
fn executions_run_without_a_waiting_client() {
    let (_server, mut con) = empty();
    let options = PyExecuteOptions::new().unblocking();
    let script = "GB('ShardsIDReader').map(lambda x: 'done').run()";
    let started: Executed<String> = con.pyexecute_options(script, &options).unwrap();
    let id = started.id().unwrap().clone();
    assert_eq!(
        con.get_results_blocking::<String>(&id)
            .unwrap()
            .into_value()
            .unwrap(),
        "done"
    );
    assert_eq!(con.get_results::<String>(&id).unwrap().values, ["done"]);
    let listed = con.dump_executions().unwrap();
    let listed = listed.iter().find(|e| e.id == id).unwrap();
    assert_eq!(
        (&listed.status, listed.registered),
        (&ExecutionStatus::Done, false)
    );
    con.drop_execution(&id).unwrap();
    assert!(con.dump_executions().unwrap().iter().all(|e| e.id != id));
    let error = con.get_results::<String>(&id).unwrap_err();
    assert_eq!(error.to_string(), "execution plan does not exist");

    let forever = "def f(x):\n    while True: pass\nGB('ShardsIDReader').map(f).run()";
    let started: Executed = con.pyexecute_options(forever, &options).unwrap();
    let id = started.id().unwrap().clone();
    con.abort_execution(&id).unwrap();
    let _ = con.get_results_blocking::<redis::Value>(&id).unwrap();
    assert!(
        con.dump_executions()
            .unwrap()
            .iter()
            .find(|e| e.id == id)
            .unwrap()
            .status
            .is_over()
    );
}

#[test]
fn registrations_and_sessions_are_listed() {
    let (_server, mut con) = empty();
    let script = "GB('CommandReader', desc='says hello').map(lambda r: 'hello ' + r[1])\
                  .register(trigger='hello', mode='async_local')";
    let options = PyExecuteOptions::new()
        .id("greetings")
        .description("polite")
        .upgrade();
    assert_eq!(
        con.pyexecute_options::<redis::Value>(script, &options)
            .unwrap(),
        Executed::Ok
    );
    assert_eq!(
        con.trigger::<String>("hello", "you").unwrap(),
        ["hello you"]
    );
    assert!(
        con.trigger::<String>("unknown", "you")
            .unwrap_err()
            .is_unknown_trigger()
    );

    let registrations = con.dump_registrations().unwrap();
    assert_eq!(registrations.len(), 1);
    let hello = &registrations[0];
    assert_eq!(hello.trigger().as_deref(), Some("hello"));
    assert_eq!(
        (hello.reader.as_str(), hello.mode.as_str()),
        ("CommandReader", "async_local")
    );
    assert_eq!(hello.description.as_deref(), Some("says hello"));
    assert_eq!(hello.session.as_deref(), Some("greetings"));
    assert_eq!((hello.triggered, hello.succeeded, hello.failed), (1, 1, 0));

    let sessions = con.dump_sessions(&SessionsOptions::new()).unwrap();
    assert_eq!(sessions[0].id, "greetings");
    assert_eq!(sessions[0].description.as_deref(), Some("polite"));
    assert_eq!(sessions[0].registrations, std::slice::from_ref(&hello.id));
    let verbose = con
        .dump_sessions(&SessionsOptions::new().verbose().session("greetings"))
        .unwrap();
    assert_eq!(
        verbose[0].registration_rows[0].trigger().as_deref(),
        Some("hello")
    );
    assert!(
        con.dump_sessions(&SessionsOptions::new().session("unknown"))
            .unwrap()
            .is_empty()
    );

    con.unregister(&hello.id).unwrap();
    assert!(con.dump_registrations().unwrap().is_empty());
    assert_eq!(
        con.unregister(&hello.id).unwrap_err().to_string(),
        "execution is not registered"
    );
}

#[test]
fn settings_can_be_read_and_changed() {
    let (_server, mut con) = empty();
    let values = con.config_get(&["MaxExecutions", "NoSuch"]).unwrap();
    assert_eq!(values[0].as_ref().unwrap(), &ConfigValue::Int(1000));
    assert_eq!(
        values[1].as_ref().unwrap_err().to_string(),
        "Unsupported config parameter: NoSuch"
    );
    let changed = con
        .config_set(&[("MaxExecutions", "10"), ("ExecutionThreads", "99")])
        .unwrap();
    assert!(changed[0].is_ok());
    assert!(
        changed[1]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains("not modifiable")
    );
    assert_eq!(
        con.config_get(&["MaxExecutions"]).unwrap()[0]
            .as_ref()
            .unwrap()
            .as_int(),
        Some(10)
    );
    assert!(con.py_stats().unwrap().total_allocated > 0);
    assert!(con.dump_requirements().unwrap().is_empty());
}

#[test]
fn commands_can_be_piped() {
    let (_server, mut con) = empty();
    let mut pipeline = redis::pipe();
    pipeline
        .add_command(cmd::pyexecute("x = 1", &PyExecuteOptions::new()))
        .add_command(cmd::config_get(&["MaxExecutions"]));
    let (ok, max): (String, Vec<i64>) = pipeline.query(&mut con).unwrap();
    assert_eq!((ok.as_str(), max.as_slice()), ("OK", [1000].as_slice()));
}

#[cfg(feature = "aio")]
mod nonblocking {
    use super::*;
    use redgrease::AsyncGearsCommands as _;

    #[tokio::test]
    async fn the_same_commands_are_async() {
        let (server, _con) = empty();
        let mut con = redgrease::connect_async(server.url()).await.unwrap();
        let task = tokio::spawn(async move {
            let shard: String = con
                .pyexecute("GB('ShardsIDReader').run()")
                .await?
                .into_value()?;
            con.pyexecute::<redis::Value>(
                "GB('CommandReader').map(lambda r: len(r)).register(trigger='len')",
            )
            .await?;
            let size: Vec<i64> = con.trigger("len", &["a", "b"]).await?;
            let registrations = con.dump_registrations().await?;
            con.unregister(&registrations[0].id).await?;
            Ok::<_, redgrease::Error>((shard, size, con.dump_registrations().await?.len()))
        });
        let (shard, size, left) = task.await.unwrap().unwrap();
        assert_eq!(
            (shard.as_str(), size.as_slice(), left),
            ("1", [3].as_slice(), 0)
        );
    }
}

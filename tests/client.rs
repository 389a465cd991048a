//! The commands of `RedisGears` as methods: typed, piped, filtered, blocking and async.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually};
use redgrease::{
    Any, ExecId, ExecLocality, Executed, Execution, ExecutionFilter, ExecutionStatus,
    GearsCommands, GearsPipeline, GearsVersion, Mode, PyExecuteOptions, ReaderType,
    RegistrationFilter, RegistrationInfo, RegistrationStatus, Run,
};

#[test]
fn the_server_reports_its_versions() {
    let (_server, mut con) = empty();
    assert!(con.gears_version().unwrap() >= GearsVersion::new(1, 2, 0));
    assert!(con.module_list().unwrap().iter().any(|m| m.name == "rg"));
    let python = con.python_version().unwrap();
    assert!(python.starts_with("3."), "{python}");
    assert_eq!(con.dump_plugins().unwrap()[0].name, "GearsPythonPlugin");
    assert_eq!(con.info_cluster().unwrap(), None);
    con.refresh_cluster().unwrap();
}

#[test]
fn triggers_are_called_on_the_shard_of_a_key() {
    let (_server, mut con) = empty();
    con.pyexecute::<redis::Value>(
        "GB('CommandReader').map(lambda r: ' '.join(r[1:])).register(trigger='join', mode='sync')",
    )
    .unwrap();
    let joined: Vec<String> = con.trigger_on_key("join", "key", &["a", "b"]).unwrap();
    assert_eq!(joined, ["key a b"]);
    let error = con
        .trigger_on_key::<String>("unknown", "key", &[""; 0])
        .unwrap_err();
    assert!(error.is_unknown_trigger(), "{error}");

    assert_eq!(con.dump_registrations().unwrap()[0].triggered, 1);
    con.clear_registrations_stats().unwrap();
    let registrations = con.dump_registrations().unwrap();
    assert_eq!(registrations[0].triggered, 0);
    // An id can be given in any form.
    con.unregister(&registrations[0]).unwrap();
    for id in ["0-1".to_owned(), ExecId::new(1).to_string()] {
        assert!(con.unregister(id.as_str()).is_err());
        assert!(con.unregister(id.as_bytes()).is_err());
        assert!(con.unregister_abort_pending(id).is_err());
    }
}

#[test]
fn stream_registrations_can_be_paused() {
    let (_server, mut con) = empty();
    con.pyexecute::<redis::Value>("GB('StreamReader').foreach(lambda r: None).register('stream')")
        .unwrap();
    let status = |con: &mut redgrease::Con| {
        let found = con.dump_registrations().unwrap();
        (found[0].id.clone(), found[0].stream_status().unwrap())
    };
    let (id, before) = status(&mut con);
    assert_eq!(before, RegistrationStatus::Ok);
    con.pause_registrations(&id).unwrap();
    assert_eq!(status(&mut con).1, RegistrationStatus::Paused);
    con.unpause_registrations(&id).unwrap();
    assert_eq!(status(&mut con).1, RegistrationStatus::Ok);
    assert!(con.pause_registrations("nothing").is_err());
}

#[test]
fn executions_are_shown_in_full() {
    let (_server, mut con) = empty();
    let script = "GB('ShardsIDReader').map(lambda x: x).filter(lambda x: True).run()";
    let run = Run::script(&mut con, script, &PyExecuteOptions::new()).unwrap();
    run.wait(&mut con).unwrap();
    let plans = con.get_execution(&run, None).unwrap();
    let plan = plans.into_values().next().unwrap();
    assert_eq!(
        (&plan.status, plan.results),
        (&ExecutionStatus::Done, Some(1))
    );
    let kinds: Vec<&str> = plan.steps.iter().map(|step| step.kind.as_str()).collect();
    // The first step belongs to the reader; the last two convert and collect the results.
    assert_eq!(kinds, ["map", "map", "filter", "map", "collect"]);
    assert!(
        plan.steps[1].arg.starts_with("<function <lambda>"),
        "{plan:?}"
    );
    con.get_execution(&run, Some(ExecLocality::Shard)).unwrap();
    let error = con
        .get_execution(&run, Some(ExecLocality::Cluster))
        .unwrap_err();
    assert!(error.to_string().contains("no cluster"), "{error}");
}

#[test]
fn a_background_run_can_be_watched_and_aborted() {
    let (_server, mut con) = empty();
    let forever = "def f(x):\n    while True: pass\nGB('ShardsIDReader').map(f).run()";
    let run: Run<Any> = Run::script(&mut con, forever, &PyExecuteOptions::new()).unwrap();
    eventually("it runs", || {
        run.status(&mut con).unwrap() == ExecutionStatus::Running
    });
    assert!(run.results(&mut con).unwrap().is_none());
    assert!(run.clone().drop(&mut con).is_err(), "it is not over");
    let running = ExecutionFilter::new().status(ExecutionStatus::Running);
    let found = con.dump_executions_where(&running).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(&found[0].id, run.id());
    assert!(
        con.dump_executions_where(&running.registered(true))
            .unwrap()
            .is_empty()
    );
    run.abort(&mut con).unwrap();
    eventually("it is over", || run.status(&mut con).unwrap().is_over());
    assert!(run.results(&mut con).unwrap().is_some());
    run.clone().drop(&mut con).unwrap();
    assert!(run.status(&mut con).is_err());
    let nothing = Run::script(&mut con, "x = 1", &PyExecuteOptions::new()).unwrap_err();
    assert!(nothing.to_string().contains("runs nothing"), "{nothing}");
}

#[test]
fn registrations_are_filtered() {
    let (_server, mut con) = empty();
    con.pyexecute::<redis::Value>(
        "GB('CommandReader', desc='transaction log').register(trigger='a', mode='sync')\n\
         GB('CommandReader').register(trigger='b', mode='async')\n\
         GB('KeysReader').register('person:*', mode='async_local')\n\
         GB('StreamReader').register('stream')",
    )
    .unwrap();
    let mut count =
        |filter: &RegistrationFilter| con.dump_registrations_where(filter).unwrap().len();
    let new = RegistrationFilter::new;
    assert_eq!(count(&new()), 4);
    assert_eq!(count(&new().reader(ReaderType::CommandReader)), 2);
    assert_eq!(count(&new().trigger("a")), 1);
    assert_eq!(count(&new().description("trans*log")), 1);
    assert_eq!(count(&new().mode(Mode::Sync)), 1);
    assert_eq!(count(&new().key("person:1")), 1);
    assert_eq!(count(&new().key("animal:1")), 0);
    assert_eq!(count(&new().stream("stream")), 1);
}

#[test]
fn pipelines_give_types() {
    type Answers = (
        Vec<RegistrationInfo>,
        Vec<String>,
        Executed<i64>,
        Vec<Execution>,
    );

    let (_server, mut con) = empty();
    con.pyexecute::<redis::Value>(
        "GB('CommandReader').map(lambda r: r[1]).register(trigger='echo', mode='sync')",
    )
    .unwrap();
    let (registrations, echoed, executed, executions): Answers = redis::pipe()
        .dump_registrations()
        .trigger("echo", "x")
        .pyexecute("GB('ShardsIDReader').count().run()")
        .dump_executions()
        .query(&mut con)
        .unwrap();
    assert_eq!(registrations[0].trigger().as_deref(), Some("echo"));
    assert_eq!(echoed, ["x"]);
    assert_eq!(executed.into_results().unwrap().into_value().unwrap(), 1);
    assert!(executions.iter().all(|e| e.status.is_over()));
}

#[cfg(feature = "macros")]
mod calls {
    use super::*;
    use redgrease::prelude::*;

    #[gear_command(mode = "sync")]
    fn twice(n: i64) -> i64 {
        python! {
            return 2 * n
        }
    }

    #[gear_command]
    fn elsewhere(n: i64) -> i64 {
        python! {
            return 2 * n
        }
    }

    #[test]
    fn a_transaction_takes_sync_gears_only() {
        let (_server, mut con) = common::started();
        let (first, second) = (twice::call(2), twice::call(3));
        let mut pipeline = redis::pipe();
        pipeline
            .atomic()
            .call(&first)
            .unwrap()
            .call(&second)
            .unwrap();
        let error = pipeline.call(&elsewhere::call(1)).unwrap_err();
        assert!(error.to_string().contains("mode = \"sync\""), "{error}");
        let answers: Vec<redis::Value> = pipeline.query(&mut con).unwrap();
        let read: Vec<i64> = answers
            .into_iter()
            .map(|a| first.read(a).unwrap())
            .collect();
        assert_eq!(read, [4, 6]);
    }

    #[test]
    fn a_gear_knows_its_statistics() {
        let (_server, mut con) = common::started();
        assert_eq!(twice::GEAR.stats(&mut con).unwrap().unwrap().triggered, 0);
        for _ in 0..3 {
            twice(&mut con, 1).unwrap();
        }
        let stats = twice::GEAR.stats(&mut con).unwrap().unwrap();
        assert_eq!((stats.triggered, stats.succeeded, stats.failed), (3, 3, 0));
        con.unregister(&stats).unwrap();
        assert!(twice::GEAR.stats(&mut con).unwrap().is_none());
        assert!(elsewhere::GEAR.stats(&mut con).unwrap().is_some());
    }
}

#[cfg(feature = "aio")]
mod nonblocking {
    use super::*;
    use redgrease::AsyncGearsCommands as _;

    #[tokio::test]
    async fn runs_and_listings_are_async_too() {
        let (server, _con) = empty();
        let mut con = redgrease::connect_async(server.url()).await.unwrap();
        let task = tokio::spawn(async move {
            let script = "GB('ShardsIDReader').run()";
            let run = Run::script_async(&mut con, script, &PyExecuteOptions::new()).await?;
            let value = run.wait_async(&mut con).await?.into_value()?;
            let status = run.status_async(&mut con).await?;
            assert!(run.results_async(&mut con).await?.is_some());
            run.drop_async(&mut con).await?;
            con.refresh_cluster().await?;
            let filter = RegistrationFilter::new().trigger("*");
            assert!(con.dump_registrations_where(&filter).await?.is_empty());
            Ok::<_, redgrease::Error>((value, status))
        });
        let (value, status) = task.await.unwrap().unwrap();
        assert_eq!(value, redis::Value::BulkString(b"1".to_vec()));
        assert_eq!(status, ExecutionStatus::Done);
    }
}

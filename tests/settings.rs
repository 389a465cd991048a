//! The typed settings of a server.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::empty;
use redgrease::{Config, ConfigValue, GearsCommands};
use std::time::Duration;

#[test]
fn settings_have_types() {
    let (_server, mut con) = empty();
    let mut config = Config::new(&mut con);
    assert_eq!(config.max_executions().unwrap(), 1000);
    config.set_max_executions(50).unwrap();
    assert_eq!(config.max_executions().unwrap(), 50);
    assert_eq!(
        config.execution_max_idle_time().unwrap(),
        Duration::from_secs(5)
    );
    config
        .set_execution_max_idle_time(Duration::from_millis(1500))
        .unwrap();
    assert_eq!(
        config.execution_max_idle_time().unwrap(),
        Duration::from_millis(1500)
    );
    assert!(!config.profile_executions().unwrap());
    config.set_profile_executions(true).unwrap();
    assert!(config.profile_executions().unwrap());
    assert_eq!(config.execution_threads().unwrap(), 3);
    assert!(config.python_attempt_traceback().unwrap());
    assert!(!config.create_venv().unwrap());
    config.dependencies_url().unwrap();
    config.plugin().unwrap();

    config.set_execution_queue_size(10).unwrap();
    config
        .set_execution_max_time(Duration::from_secs(2))
        .unwrap();
    config.set_execution_max_records(1000).unwrap();
    config.set_execution_max_memory(1 << 30).unwrap();
    assert_eq!(config.abort_on_disconnect().unwrap(), "pending");
    config.set_abort_on_disconnect("1".to_owned()).unwrap();
    assert_eq!(config.execution_queue_size().unwrap(), 10);
    assert_eq!(config.execution_max_time().unwrap(), Duration::from_secs(2));
    assert_eq!(config.execution_max_records().unwrap(), 1000);
    assert_eq!(config.execution_max_memory().unwrap(), 1 << 30);
    assert_eq!(config.abort_on_disconnect().unwrap(), "1");
    assert!(!config.execute_as_owner().unwrap());

    let all = config.all().unwrap();
    assert_eq!(all["MaxExecutions"], ConfigValue::Int(50));
    assert!(
        all.contains_key("ExecuteAsOwner") && all.len() > 20,
        "{all:?}"
    );
}

#[test]
fn invalid_settings_are_refused() {
    let (_server, mut con) = empty();
    let mut config = Config::new(&mut con);
    let error = config.set("ExecutionThreads", 99).unwrap_err();
    assert!(error.to_string().contains("not modifiable"), "{error}");
    let error = config
        .set_execution_max_idle_time(Duration::ZERO)
        .unwrap_err();
    assert!(
        error.to_string().contains("ExecutionMaxIdleTime"),
        "{error}"
    );
}

#[test]
fn custom_settings_are_visible_in_python() {
    let (_server, mut con) = empty();
    let mut config = Config::new(&mut con);
    assert_eq!(config.get("api_url").unwrap(), None);
    config.set("api_url", "https://example.org/").unwrap();
    assert_eq!(
        config.get("api_url").unwrap(),
        Some(ConfigValue::Text("https://example.org/".to_owned()))
    );
    let seen: String = con
        .pyexecute("GB('ShardsIDReader').map(lambda _: configGet('api_url')).run()")
        .unwrap()
        .into_value()
        .unwrap();
    assert_eq!(seen, "https://example.org/");
}

#[cfg(feature = "aio")]
#[tokio::test]
async fn settings_are_async_too() {
    let (server, _con) = empty();
    let mut con = redgrease::connect_async(server.url()).await.unwrap();
    let task = tokio::spawn(async move {
        let mut config = redgrease::AsyncConfig::new(&mut con);
        config.set_max_executions_per_registration(7).await?;
        config.set("mine", 12).await?;
        let mine = config.get("mine").await?;
        assert!(config.all().await?.len() > 20);
        Ok::<_, redgrease::Error>((config.max_executions_per_registration().await?, mine))
    });
    let (max, mine) = task.await.unwrap().unwrap();
    assert_eq!((max, mine), (7, Some(ConfigValue::Text("12".to_owned()))));
}

//! Replies about plans, clusters, modules and packages, and their conversions.

use super::{is_error, parsed, recorded, reply, step};
use crate::commands::types::{ExecId, ExportedRequirement, RegistrationInfo};
use crate::keyword::ExecutionStatus;
use redis::Value;

#[test]
fn plans() {
    for (name, value) in recorded("RG.GETEXECUTION") {
        let expect_error = is_error(&value);
        assert_eq!(reply::plans(value).is_err(), expect_error, "{name}");
    }
    let all = reply::plans(step("RG.GETEXECUTION", "executions_profile getexecution")).unwrap();
    let (shard, plan) = all.first_key_value().unwrap();
    assert_eq!(shard.len(), 40);
    assert_eq!(
        (&plan.status, plan.results),
        (&ExecutionStatus::Done, Some(1))
    );
    assert!(plan.errors.is_empty() && plan.extra.is_empty());
    let kinds: Vec<&str> = plan.steps.iter().map(|s| s.kind.as_str()).collect();
    assert_eq!(kinds.first(), Some(&"map"), "{kinds:?}");
    assert!(
        plan.steps
            .iter()
            .any(|step| step.arg.starts_with("<function"))
    );
    let cluster = reply::plans(step("RG.GETEXECUTION", "cluster getexecution_cluster")).unwrap();
    assert_eq!(cluster.len(), 3);
}

#[test]
fn clusters_modules_and_plugins() {
    for (name, value) in recorded("RG.INFOCLUSTER") {
        let info = reply::cluster(value).unwrap();
        assert_eq!(
            info.is_some(),
            !name.contains("nocluster") && name.starts_with("cluster info"),
            "{name}"
        );
        let Some(info) = info else { continue };
        assert_eq!((info.my_id.len(), info.shards.len()), (40, 3), "{name}");
        let shard = &info.shards[0];
        assert!(shard.port > 0 && shard.unix_socket.is_none() && shard.max_slot > shard.min_slot);
        assert!(shard.extra.is_empty(), "{shard:?}");
        assert!(
            serde_json::to_string(&info)
                .unwrap()
                .contains("\"shards\":[{\"id\"")
        );
    }
    let plugins = parsed("RG.DUMPPLUGINS", reply::plugins);
    assert_eq!(
        (plugins[0].name.as_str(), plugins[0].version),
        ("GearsPythonPlugin", 10000)
    );
    let modules = step("MODULE", "misc module_list");
    assert_eq!(reply::version(modules).unwrap().to_string(), "1.2.13");
    let none = reply::version(Value::Array(vec![])).unwrap_err();
    assert!(none.is_no_gears(), "{none}");
}

#[test]
fn exported_packages() {
    for (name, value) in recorded("RG.PYEXPORTREQ") {
        let expect_error = is_error(&value);
        assert_eq!(reply::exported(value).is_err(), expect_error, "{name}");
    }
    let six = reply::exported(step("RG.PYEXPORTREQ", "requirements export")).unwrap();
    assert_eq!(six.requirement.name, "six==1.16.0");
    assert!(!six.chunks.is_empty());

    let file = std::env::temp_dir().join(format!("redgrease-six-{}", std::process::id()));
    six.save(&file).unwrap();
    let read = ExportedRequirement::load(&file).unwrap();
    assert_eq!(
        (&read.chunks, read.requirement.name.as_str()),
        (&six.chunks, "six==1.16.0")
    );
    let whole = std::fs::read(&file).unwrap();
    for length in [0, 4, 12, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = ExportedRequirement::load(&file).unwrap_err().to_string();
        assert!(error.contains("cut off"), "{length}: {error}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn replies_serialize_to_json() {
    let one =
        reply::registrations(step("RG.DUMPREGISTRATIONS", "registrations dump_command")).unwrap();
    let json = serde_json::to_value(&one[0]).unwrap();
    assert_eq!(json["args"]["trigger"], "cmd");
    assert_eq!(
        (&json["mode"], &json["total_run"]),
        (&"async".into(), &0.into())
    );
    for execution in parsed("RG.DUMPEXECUTIONS", reply::executions) {
        let json = serde_json::to_value(&execution).unwrap();
        assert_eq!(json["id"], execution.id.to_string());
        assert_eq!(json["status"], execution.status.as_str());
        assert_eq!(
            serde_json::from_value::<ExecId>(json["id"].clone()).unwrap(),
            execution.id
        );
    }
}

#[test]
fn replies_implement_from_redis_value() {
    use redis::FromRedisValue as _;
    let row = step("RG.DUMPREGISTRATIONS", "registrations dump_command");
    let rows = Vec::<RegistrationInfo>::from_redis_value(row).unwrap();
    assert_eq!(rows[0].trigger().as_deref(), Some("cmd"));
    let error = ExecId::from_redis_value(Value::BulkString(b"no id".to_vec())).unwrap_err();
    assert!(error.to_string().contains("an id such as"), "{error}");
}

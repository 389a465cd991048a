//! What filters let through, of everything that was recorded.

use super::{parsed, reply};
use crate::commands::types::RegistrationInfo;
use crate::commands::{ExecutionFilter, RegistrationFilter, RequirementFilter};
use crate::gear::Mode;
use crate::keyword::{ExecutionStatus, ReaderType};
use redis::Value;

#[test]
fn filters_filter() {
    let all: Vec<RegistrationInfo> = parsed("RG.DUMPREGISTRATIONS", reply::registrations);
    let count = |filter: RegistrationFilter| all.iter().filter(|r| filter.matches(r)).count();
    let new = RegistrationFilter::new;
    assert_eq!(count(new()), all.len());
    let commands = all.iter().filter(|r| r.reader == "CommandReader").count();
    assert!(commands > 0 && commands < all.len());
    assert_eq!(count(new().reader(ReaderType::CommandReader)), commands);
    assert_eq!(count(new().trigger("*")), commands);
    assert_eq!(
        count(new().mode(Mode::Sync)),
        all.iter().filter(|r| r.mode == "sync").count()
    );
    assert_eq!(
        count(new().description("*")),
        all.iter().filter(|r| r.description.is_some()).count()
    );
    let streams = all.iter().filter(|r| r.reader == "StreamReader").count();
    assert_eq!(count(new().stream("*")), streams);
    assert_eq!(
        count(new().trigger("cmd").session("s_*")),
        count(new().trigger("c[m]d").session("s_cmd"))
    );
    assert!(count(new().trigger("cmd")) > 0 && count(new().trigger("cmd").key("x")) == 0);

    let of = |prefix: &str| RegistrationInfo {
        reader: "KeysReader".to_owned(),
        args: [("regex".to_owned(), Value::BulkString(prefix.into()))].into(),
        ..RegistrationInfo::default()
    };
    let asked = |key: &str, prefix: &str| new().key(key).matches(&of(prefix));
    assert!(
        asked("person:1", "person:*")
            && asked("person:*", "person:1")
            && asked("person:1", "person:1")
    );
    assert!(asked("per*", "person:*") && asked("anything", "*"));
    assert!(!asked("person:1", "person:2") && !asked("animal:*", "person:*"));

    let executions = parsed("RG.DUMPEXECUTIONS", reply::executions);
    let done = ExecutionFilter::new()
        .status(ExecutionStatus::Done)
        .registered(true);
    let found: Vec<_> = executions.iter().filter(|e| done.matches(e)).collect();
    assert!(!found.is_empty() && found.len() < executions.len());
    assert!(
        found
            .iter()
            .all(|e| e.registered && e.status == ExecutionStatus::Done)
    );

    let requirements = parsed("RG.PYDUMPREQS", reply::requirements);
    let six = RequirementFilter::new()
        .name("SIX[x]>=1")
        .is_installed(true)
        .is_downloaded(true);
    assert!(requirements.iter().any(|r| six.matches(r)));
    assert!(
        requirements
            .iter()
            .all(|r| !RequirementFilter::new().name("seven").matches(r))
    );
}

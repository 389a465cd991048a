//! Filters applied to the recorded listings.

use super::{parsed, reply};
use crate::commands::types::RegistrationInfo;
use crate::commands::{ExecutionFilter, RegistrationFilter, RequirementFilter};
use crate::gear::Mode;
use crate::keyword::{ExecutionStatus, ReaderType};
use redis::Value;

#[test]
fn filters_select_matching_rows() {
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
    let selects = |key: &str, prefix: &str| new().key(key).matches(&of(prefix));
    assert!(
        selects("person:1", "person:*")
            && selects("person:*", "person:1")
            && selects("person:1", "person:1")
    );
    assert!(selects("per*", "person:*") && selects("anything", "*"));
    assert!(!selects("person:1", "person:2") && !selects("animal:*", "person:*"));

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

//! Scripts, and the decision whether to send them.

mod exchanges;
mod programs;

use super::description::Description;
use super::owned::Terms;
use super::plan::Step;
use super::report::{Action, SessionReport};
use super::script::Script;
use super::set::{GearSet, session};
use crate::commands::{RegistrationInfo, Session};
use crate::error::{ErrorKind, Result};
use crate::gear::{Gear, GearKind, GearSpec, Mode};
use crate::location::Location;
use crate::prelude::tests::{gear, spec};
use crate::profile::{Options, Policy, Profile};
use redis::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

fn profile(namespace: Option<&str>) -> Arc<Profile> {
    let options = Options::new();
    Profile::of(&match namespace {
        Some(namespace) => options.namespace(namespace),
        None => options,
    })
    .unwrap()
}

fn group(gears: &[&'static Gear], namespace: Option<&str>) -> Result<Vec<GearSet>> {
    super::set::group(gears, &profile(namespace))
}

fn plan(
    set: &GearSet,
    namespace: Option<&str>,
    sessions: &[Session],
    policy: Policy,
) -> Result<Step> {
    let terms = Terms {
        policy,
        take_over: false,
        sets: std::slice::from_ref(set),
    };
    super::plan::plan(set, &profile(namespace), sessions, terms)
}

fn at(file: &'static str, line: u32) -> Location {
    Location::new(file, line, 1)
}

fn set(gears: &[&'static Gear]) -> GearSet {
    let mut sets = group(gears, None).unwrap();
    assert_eq!(sets.len(), 1);
    sets.remove(0)
}

fn script(set: &GearSet, namespace: Option<&str>) -> Script {
    let profile = profile(namespace);
    let placed = super::placed(set, &profile).unwrap();
    Script::of(&set.id, &placed, &profile.package).unwrap()
}

/// A session as a server lists it.
fn listed(id: &str, description: Option<&Description>, triggers: &[&str]) -> Session {
    let rows = triggers.iter().map(|trigger| RegistrationInfo {
        args: BTreeMap::from([(
            "trigger".to_owned(),
            Value::BulkString(trigger.as_bytes().to_vec()),
        )]),
        ..RegistrationInfo::default()
    });
    Session {
        id: id.to_owned(),
        description: description.map(Description::to_json),
        registrations: vec!["0-1".to_owned(); triggers.len()],
        registration_rows: rows.collect(),
        ..Session::default()
    }
}

/// The session of a server after these gears were registered.
fn after(set: &GearSet) -> Session {
    let script = script(set, None);
    let triggers: Vec<&str> = script.gears.keys().map(String::as_str).collect();
    let description = Description {
        version: set.version.to_owned(),
        hash: script.hash.clone(),
        gears: script.gears.clone(),
        owner: Some(set.owner.clone()),
        ..Description::default()
    };
    listed(&set.id, Some(&description), &triggers)
}

fn kept(step: Step) -> SessionReport {
    match step {
        Step::Keep(report) => *report,
        Step::Send(sending) => panic!("would be sent: {}", sending.report),
    }
}

fn sent(step: Step) -> SessionReport {
    match step {
        Step::Send(sending) => sending.report,
        Step::Keep(report) => panic!("would be kept: {report}"),
    }
}

#[test]
fn one_session_per_compiled_target() {
    let id = |package, krate, bin, file| {
        session(gear(
            "f",
            GearSpec {
                package,
                krate,
                bin,
                location: at(file, 1),
                ..spec("f", "")
            },
        ))
    };
    assert_eq!(id("my-app", "my_app", None, "src/lib.rs"), "my-app");
    assert_eq!(
        id("my-app", "my_app", Some("my-app"), "src/main.rs"),
        "my-app-bin-my-app"
    );
    assert_eq!(
        id("my-app", "tool", Some("tool"), "src/bin/tool.rs"),
        "my-app-bin-tool"
    );
    assert_eq!(
        id("my-app", "demo", Some("demo"), "examples/demo.rs"),
        "my-app-example-demo"
    );
    assert_eq!(
        id(
            "my-app",
            "demo",
            Some("demo"),
            "my-app/examples/demo/main.rs"
        ),
        "my-app-example-demo"
    );
    assert_eq!(
        id("my-app", "calls", None, "tests/calls.rs"),
        "my-app-test-calls"
    );
    assert_eq!(id("my-app", "other", None, "src/lib.rs"), "my-app-other");
    assert_eq!(
        id("my.app", "x", Some("a b"), "src/main.rs"),
        "my_app-bin-a_b"
    );
}

#[test]
fn gears_of_several_targets_are_several_sessions() {
    let lib = gear(
        "a",
        GearSpec {
            package: "lib",
            krate: "lib",
            ..spec("a", "")
        },
    );
    let bin = gear(
        "b",
        GearSpec {
            package: "app",
            krate: "app",
            bin: Some("app"),
            ..spec("b", "")
        },
    );
    let ids = |namespace| -> Vec<String> {
        group(&[bin, lib, bin], namespace)
            .unwrap()
            .into_iter()
            .map(|s| s.id)
            .collect()
    };
    assert_eq!(ids(None), ["app-bin-app", "lib"]);
    assert_eq!(
        ids(Some("staging")),
        ["staging--app-bin-app", "staging--lib"]
    );
    let set = group(&[bin], Some("staging")).unwrap().remove(0);
    assert_eq!(set.gears.len(), 1);
    assert!(
        script(&set, Some("staging"))
            .text
            .contains(r#"trigger="staging:b""#)
    );
}

#[test]
fn two_gears_with_one_trigger_are_refused_with_both_places() {
    let one = gear(
        "one",
        GearSpec {
            location: at("src/a.rs", 3),
            ..spec("same", "")
        },
    );
    let two = gear(
        "two",
        GearSpec {
            package: "other",
            krate: "other",
            location: at("src/b.rs", 7),
            ..spec("same", "")
        },
    );
    let error = group(&[one, two], None).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("two gears have the trigger `same`"), "{text}");
    assert!(
        text.contains("--> src/a.rs:3:1") && text.contains("--> src/b.rs:7:1"),
        "{text}"
    );
    assert!(
        matches!(error.kind(), ErrorKind::DuplicateTrigger { trigger, .. } if trigger == "same")
    );
}

#[test]
fn no_gears_is_an_error_with_a_remedy() {
    let error = group(&[], None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoneFound));
    assert!(error.to_string().contains("use the_crate as _;"), "{error}");
}

#[test]
fn the_hash_depends_on_behaviour_only() {
    let base = spec("f", " return 1");
    let hash = |spec: GearSpec| script(&set(&[gear("f", spec)]), None).hash;
    let of = hash(base);
    assert_eq!(of.len(), 32);
    assert_eq!(of, hash(base));
    assert_eq!(
        of,
        hash(GearSpec {
            source_file: "src/x.rs",
            source_line: 99,
            location: at("src/x.rs", 98),
            ..base
        })
    );
    assert_eq!(
        of,
        hash(GearSpec {
            version: "2.0.0",
            ..base
        })
    );
    for changed in [
        GearSpec {
            source: " return 2",
            ..base
        },
        GearSpec {
            requirements: &["requests"],
            ..base
        },
        GearSpec {
            ret: crate::Codec::Int,
            ..base
        },
        GearSpec {
            args: &[("x", crate::Codec::Str)],
            ..base
        },
        GearSpec {
            description: Some("text"),
            ..base
        },
        GearSpec {
            coroutine: true,
            ..base
        },
        GearSpec {
            names: &["cmd"],
            ..base
        },
        GearSpec {
            kind: GearKind::Command {
                trigger: "f",
                mode: Mode::Sync,
                in_order: false,
                hook: None,
            },
            ..base
        },
    ] {
        assert_ne!(of, hash(changed), "{changed:?}");
    }
}

#[test]
fn only_what_is_used_is_sent() {
    let script = |names, source, requirements| {
        self::script(
            &set(&[gear(
                "f",
                GearSpec {
                    names,
                    requirements,
                    ..spec("f", source)
                },
            )]),
            None,
        )
    };
    let plain = script(&[], " return 1", &[]);
    assert!(
        plain.text.contains("def _gear(")
            && !plain.text.contains(ENGINE)
            && !plain.text.contains("def log(")
    );
    assert!(plain.requirements.is_empty());
    let uses_cmd = script(&["cmd", "log"], " log(cmd.get('x'))", &["requests"]);
    assert!(uses_cmd.text.contains(ENGINE) && uses_cmd.text.contains("def log("));
    assert!(!uses_cmd.text.contains(REDIS_PY));
    assert_eq!(uses_cmd.requirements, ["requests"]);
    for own in [
        "redis==4.1",
        "Redis",
        "redis[hiredis]>=5",
        "redis @ file:///x",
    ] {
        let own: &'static [&'static str] = Box::leak(Box::new([own]));
        let chosen = script(&["cmd"], " cmd", own);
        assert_eq!(chosen.requirements, own);
        assert!(chosen.text.contains(REDIS_PY) && !chosen.text.contains(ENGINE));
        assert!(chosen.with_redis_py.is_none());
        assert_ne!(chosen.hash, script(&["cmd"], " cmd", &[]).hash);
    }
    let other = script(&["cmd"], " cmd", &["redis-py-cluster"]);
    assert_eq!(other.requirements, ["redis-py-cluster"]);
    let shim = script(&[], " from redgrease import cmd", &[]);
    assert!(shim.text.contains("def _shim(") && shim.text.contains(ENGINE));
    assert!(shim.requirements.is_empty());
    let without = script(&[], " from redgrease import execute", &[]);
    assert!(without.text.contains("def _shim(") && !without.text.contains(ENGINE));
    assert!(plain.with_redis_py.is_none() && without.with_redis_py.is_none());
}

/// A line of the prelude for each kind of `cmd`.
const ENGINE: &str = "from redgrease_commands import cmd";
const REDIS_PY: &str = "class _Cmd";

#[test]
fn a_server_without_commands_gets_the_script_with_redis_py() {
    let gears = set(&[gear(
        "f",
        GearSpec {
            names: &["cmd"],
            requirements: &["six"],
            ..spec("f", " return cmd.get('x')")
        },
    )]);
    let script = script(&gears, None);
    let (text, requirements) = script.with_redis_py.unwrap();
    assert_eq!(requirements, ["redis", "six"]);
    assert!(text.contains(REDIS_PY) && !text.contains(ENGINE));
    // The gears are the same in both.
    let gears_of = |text: &str| text[text.rfind("\n_gear(").unwrap()..].to_owned();
    assert_eq!(gears_of(&text), gears_of(&script.text));
}

#[test]
fn an_unchanged_session_is_not_sent_again() {
    let gears = set(&[gear("a", spec("a", " return 1")), gear("b", spec("b", ""))]);
    let report = sent(plan(&gears, None, &[], Policy::IfNewer).unwrap());
    assert_eq!(report.registered, ["a", "b"]);
    let there = [after(&gears)];
    let report = kept(plan(&gears, None, &there, Policy::IfNewer).unwrap());
    assert_eq!(
        (report.action, report.unchanged.len()),
        (Action::UpToDate, 2)
    );
    assert_eq!(
        kept(plan(&gears, None, &there, Policy::Error).unwrap()).action,
        Action::UpToDate
    );
    sent(plan(&gears, None, &there, Policy::Always).unwrap());
}

#[test]
fn the_report_distinguishes_changes() {
    let before = set(&[
        gear("same", spec("same", "")),
        gear("other", spec("other", " return 1")),
        gear("gone", spec("gone", "")),
    ]);
    let now = set(&[
        gear("same", spec("same", "")),
        gear("other", spec("other", " return 2")),
        gear("new", spec("new", "")),
    ]);
    let report = sent(plan(&now, None, &[after(&before)], Policy::IfNewer).unwrap());
    assert_eq!(report.unchanged, ["same"]);
    assert_eq!(report.replaced, ["other"]);
    assert_eq!(report.registered, ["new"]);
    assert_eq!(report.removed, ["gone"]);
    assert!(report.to_string().starts_with(
        "session `pkg`: registered new; replaced other; unchanged same; removed gone"
    ));
}

#[test]
fn a_trigger_that_was_unregistered_by_hand_comes_back() {
    let gears = set(&[gear("a", spec("a", "")), gear("b", spec("b", ""))]);
    let mut there = after(&gears);
    there.registration_rows.pop();
    let report = sent(plan(&gears, None, &[there], Policy::IfNewer).unwrap());
    assert_eq!((report.registered.len(), report.unchanged.len()), (1, 1));
}

#[test]
fn an_old_instance_does_not_downgrade_a_session() {
    let of = |version, source| {
        set(&[gear(
            "a",
            GearSpec {
                version,
                ..spec("a", source)
            },
        )])
    };
    let new = [after(&of("1.10.0", " return 2"))];
    let old = of("1.9.0", " return 1");
    let report = kept(plan(&old, None, &new, Policy::IfNewer).unwrap());
    assert_eq!(
        report.action,
        Action::KeptNewer {
            version: "1.10.0".into()
        }
    );
    // Nothing has happened.
    assert!(
        report.registered.is_empty() && report.replaced.is_empty() && report.removed.is_empty()
    );
    sent(plan(&old, None, &new, Policy::IfChanged).unwrap());
    // Other gears of the same version, and gears of a pre-release, are replaced.
    sent(plan(&of("1.10.0", " return 3"), None, &new, Policy::IfNewer).unwrap());
    sent(
        plan(
            &of("1.10.0", " return 3"),
            None,
            &[after(&of("1.10.0-rc.1", ""))],
            Policy::IfNewer,
        )
        .unwrap(),
    );
}

#[test]
fn policies_that_send_nothing() {
    let gears = set(&[gear("a", spec("a", ""))]);
    assert_eq!(
        kept(plan(&gears, None, &[], Policy::Never).unwrap()).action,
        Action::Skipped
    );
    let error = plan(&gears, None, &[], Policy::Error).unwrap_err();
    assert!(error.to_string().contains("(none at all)"), "{error}");
    let foreign = listed("pkg", None, &["a"]);
    let error = plan(&gears, None, &[foreign], Policy::Error).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a script or a program without this library (gears a)"),
        "{error}"
    );
}

#[test]
fn a_foreign_trigger_names_its_owner() {
    let gears = set(&[gear("a", spec("a", "")), gear("b", spec("b", ""))]);
    let sessions = [
        listed("another-session", None, &["x", "b"]),
        after(&set(&[gear("a", spec("a", ""))])),
    ];
    let error = plan(&gears, None, &sessions, Policy::IfNewer).unwrap_err();
    assert!(
        error.to_string().contains("`b`") && error.to_string().contains("`another-session`"),
        "{error}"
    );
    // A dead session owns no triggers.
    let dead = Session {
        dead: true,
        ..listed("another-session", None, &["b"])
    };
    sent(plan(&gears, None, &[dead], Policy::IfNewer).unwrap());
}

#[test]
fn descriptions_of_other_programs_are_ignored() {
    for text in ["", "my desc", "{}", "[1]", r#"{"version": 1, "hash": 2}"#] {
        assert_eq!(Description::parse(text), None, "{text}");
    }
    let text = r#"{"version": "1.0.0", "hash": "x", "later": true}"#;
    assert_eq!(Description::parse(text).unwrap().version, "1.0.0");
}

#[test]
fn requirements_that_exclude_each_other_are_refused() {
    let wants = |name: &'static str, line, requirements| {
        gear(
            name,
            GearSpec {
                requirements,
                location: at("src/x.rs", line),
                ..spec(name, "pass")
            },
        )
    };
    let both = set(&[
        wants("a", 3, &["six==1.16.0"]),
        wants("b", 9, &["Six<1.10"]),
    ]);
    let error = plan(&both, None, &[], Policy::IfNewer)
        .unwrap_err()
        .to_string();
    for part in [
        "`six==1.16.0` (gear `a`, src/x.rs:3:1)",
        "(gear `b`, src/x.rs:9:1)",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let same = set(&[wants("a", 3, &["Six >=1.10"]), wants("b", 9, &["six<2"])]);
    assert_eq!(script(&same, None).requirements, ["six>=1.10,<2"]);
    let one = set(&[
        wants("a", 3, &["Six >=1.10"]),
        wants("b", 9, &["Six >=1.10"]),
    ]);
    assert_eq!(script(&one, None).requirements, ["Six >=1.10"]);
}

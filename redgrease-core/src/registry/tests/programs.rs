//! Sessions of other programs, gears that move between the targets of a package, and programs that undo each other.

use super::{after, at, group, kept, listed, profile, sent, set};
use crate::commands::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::gear::{EverySpec, Gear, GearKind, GearSpec, KeysSpec, Mode, Program};
use crate::prelude::tests::{gear, spec};
use crate::profile::Policy;
use crate::registry::description::Description;
use crate::registry::owned::Terms;
use crate::registry::plan::{Step, plan};
use crate::registry::report::Action;
use crate::registry::script::Script;
use crate::registry::set::GearSet;
use crate::registry::{placed, report};
use redis::Value;

/// A gear of the package `pkg`, built with this knowledge of its origin.
fn built(program: Program, name: &'static str, source: &'static str) -> &'static Gear {
    gear(
        name,
        GearSpec {
            program,
            ..spec(name, source)
        },
    )
}

fn of_repository(repository: &'static str) -> Program {
    Program::new("", repository, "", "", "", "")
}

fn terms(policy: Policy, sets: &[GearSet]) -> Terms<'_> {
    Terms {
        policy,
        take_over: false,
        sets,
    }
}

fn decide(set: &GearSet, sessions: &[Session], policy: Policy) -> Result<Step> {
    let terms = terms(policy, std::slice::from_ref(set));
    plan(set, &profile(None), sessions, terms)
}

fn taking_over(set: &GearSet, sessions: &[Session]) -> Step {
    let terms = Terms {
        take_over: true,
        ..terms(Policy::IfNewer, std::slice::from_ref(set))
    };
    plan(set, &profile(None), sessions, terms).unwrap()
}

fn refused(set: &GearSet, sessions: &[Session], policy: Policy) -> (Error, bool) {
    let error = decide(set, sessions, policy).unwrap_err();
    let ErrorKind::SessionOwned { is_other, .. } = error.kind() else {
        panic!("{error}");
    };
    let is_other = *is_other;
    (error, is_other)
}

const ALL_THAT_SEND: [Policy; 3] = [Policy::IfNewer, Policy::IfChanged, Policy::Always];

#[test]
fn another_programs_session_is_an_error_that_names_both() {
    let theirs = set(&[
        built(of_repository("https://github.com/a/pkg"), "limit", ""),
        built(of_repository("https://github.com/a/pkg"), "on_order", ""),
    ]);
    let ours = set(&[built(of_repository("https://github.com/b/pkg"), "cart", "")]);
    let there = [after(&theirs)];
    for policy in [&ALL_THAT_SEND[..], &[Policy::Error]].concat() {
        let (error, is_other) = refused(&ours, &there, policy);
        assert!(is_other, "{error}");
        let text = error.to_string();
        for part in [
            "the session `pkg`",
            "the package `pkg` of github.com/a/pkg, version 1.0.0 (gears limit, on_order)",
            "the package `pkg` of github.com/b/pkg, version 1.0.0 (gears cart)",
            "Options::new().namespace(",
            "session = \"team-name\"",
            "take_over(true)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    // A program that registers nothing starts: it takes nothing away.
    let report = kept(decide(&ours, &there, Policy::Never).unwrap());
    assert_eq!(report.action, Action::Skipped);
    assert_eq!(report.missing, ["cart"]);
    assert!(report.registered.is_empty() && report.removed.is_empty());
    let foreign = report.foreign.as_deref().unwrap();
    assert!(foreign.contains("belongs to another program"), "{foreign}");
    assert!(report.to_string().contains(foreign), "{report}");
    // On purpose.
    let report = sent(taking_over(&ours, &there));
    assert_eq!(report.removed, ["limit", "on_order"]);
    // The other program is told at its next start.
    let (_, is_other) = refused(&theirs, &[after(&ours)], Policy::IfNewer);
    assert!(is_other);
}

#[test]
fn equal_gears_of_another_program_are_refused_as_well() {
    let of = |repository| set(&[built(of_repository(repository), "hello", "")]);
    let there = [after(&of("https://github.com/a/pkg"))];
    let (_, is_other) = refused(&of("https://github.com/b/pkg"), &there, Policy::IfNewer);
    assert!(is_other);
}

#[test]
fn a_program_that_cannot_be_recognised_is_refused_with_the_remedy() {
    let of = |name, source| set(&[built(Program::UNKNOWN, name, source)]);
    let first = [after(&of("hello", "return 1"))];
    let (error, is_other) = refused(&of("hello", "return 2"), &first, Policy::IfNewer);
    assert!(!is_other);
    let text = error.to_string();
    for part in ["cannot be recognised", "repository = ", "take_over(true)"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A program that registers nothing is told.
    let report = kept(decide(&of("hello", "return 2"), &first, Policy::Never).unwrap());
    let foreign = report.foreign.unwrap();
    assert!(foreign.contains("cannot be recognised"), "{foreign}");
    assert!(report.missing.is_empty() && report.replaced.is_empty());
    // The same gears are the same program.
    let report = kept(decide(&of("hello", "return 1"), &first, Policy::Never).unwrap());
    assert_eq!((report.foreign, report.missing.len()), (None, 0));
    kept(decide(&of("hello", "return 1"), &first, Policy::IfNewer).unwrap());
    sent(taking_over(&of("hello", "return 2"), &first));
}

#[test]
fn a_script_that_uses_the_name_is_another_program() {
    let ours = set(&[gear("a", spec("a", ""))]);
    let mut by_hand = listed("pkg", None, &["x"]);
    let (error, is_other) = refused(&ours, std::slice::from_ref(&by_hand), Policy::IfNewer);
    assert!(is_other);
    assert!(error.to_string().contains("(gears x)"), "{error}");
    // It may have time events, or it runs.
    by_hand.registrations.clear();
    by_hand.registration_rows.clear();
    by_hand.ref_count = 1;
    refused(&ours, std::slice::from_ref(&by_hand), Policy::IfNewer);
    by_hand.ref_count = 0;
    sent(decide(&ours, &[by_hand], Policy::IfNewer).unwrap());
}

#[test]
fn sessions_of_older_versions_stay_usable() {
    let old = |gears: &[&'static Gear]| {
        let mut session = after(&set(gears));
        let description = Description::parse(session.description.as_deref().unwrap()).unwrap();
        let description = Description {
            owner: None,
            ..description
        };
        session.description = Some(description.to_json());
        session
    };
    let of = |name, source| gear(name, spec(name, source));
    let ours = set(&[of("a", "return 2")]);
    sent(
        decide(
            &ours,
            &[old(&[of("a", "return 1"), of("b", "")])],
            Policy::IfNewer,
        )
        .unwrap(),
    );
    // The owner is stored with the next registration, also if no gear has changed.
    let report = sent(decide(&ours, &[old(&ours.gears)], Policy::IfNewer).unwrap());
    assert_eq!(report.unchanged, ["a"]);
    kept(decide(&ours, &[old(&ours.gears)], Policy::Error).unwrap());
    let (_, is_other) = refused(&ours, &[old(&[of("b", "")])], Policy::IfNewer);
    assert!(!is_other);
}

#[test]
fn a_session_whose_description_names_no_gears_is_judged_by_its_registrations() {
    let ours = set(&[gear("a", spec("a", ""))]);
    let described = |description: &str, triggers: &[&str]| Session {
        description: Some(description.to_owned()),
        ..listed("pkg", None, triggers)
    };
    let events = |description: &str| {
        let mut session = described(description, &["*"]);
        for row in &mut session.registration_rows {
            let key = row.args.remove("trigger").unwrap();
            row.args.insert("regex".to_owned(), key);
            row.reader = "KeysReader".to_owned();
        }
        session
    };
    let owned = r#"{"version":"0.1.0","hash":"x","gears":{},"owner":{"package":"pkg"}}"#;
    for policy in [&ALL_THAT_SEND[..], &[Policy::Error]].concat() {
        for text in [
            r#"{"version":"0.1.0","hash":"x"}"#,
            r#"{"version":"9.0.0","hash":"x"}"#,
            r#"{"version":"9.0.0","hash":"x","gears":{}}"#,
            owned,
        ] {
            let (error, is_other) = refused(&ours, &[described(text, &["q"])], policy);
            assert!(!is_other, "{policy:?} {text}: {error}");
            // Events are no names: many programs listen to the same keys.
            refused(&ours, &[events(text)], policy);
            // The rows of registrations may be unknown.
            let mut without_rows = described(text, &["a"]);
            without_rows.registration_rows.clear();
            refused(&ours, &[without_rows], policy);
        }
        // Another library's descriptions.
        for text in [
            "",
            "null",
            "3",
            "[]",
            "{}",
            "a text",
            r#"{"version":"0.1.0"}"#,
            r#"{"version":null,"hash":"x"}"#,
            r#"{"version":"0.1.0","hash":"x","gears":null}"#,
            r#"{"version":"0.1.0","hash":"x","gears":["a"]}"#,
            r#"{"version":"0.1.0","hash":"x","owner":"team"}"#,
        ] {
            for session in [described(text, &["a"]), events(text)] {
                let (error, is_other) = refused(&ours, &[session], policy);
                assert!(is_other, "{policy:?} {text}: {error}");
            }
        }
    }
    let (error, _) = refused(
        &ours,
        &[described(r#"{"version":"9.0.0","hash":"x"}"#, &["q"])],
        Policy::IfNewer,
    );
    let program = "a program that did not say its name, version 9.0.0 (gears q)";
    assert!(error.to_string().contains(program), "{error}");
    // One gear has the same name, or nothing is lost.
    let old = r#"{"version":"0.1.0","hash":"x"}"#;
    let report = sent(decide(&ours, &[described(old, &["q", "a"])], Policy::IfNewer).unwrap());
    assert_eq!(report.removed, ["q"]);
    sent(decide(&ours, &[described(old, &[])], Policy::IfNewer).unwrap());
    // But the same name proves nothing against a program that is named.
    refused(&ours, &[described(owned, &["a", "q"])], Policy::IfNewer);
}

#[test]
fn a_manifest_that_names_more_is_stored() {
    let bare = set(&[built(Program::UNKNOWN, "a", "")]);
    let named = set(&[built(Program::new("pkg", "", "", "", "", ""), "a", "")]);
    assert_eq!(bare.id, named.id);
    let report = sent(decide(&named, &[after(&bare)], Policy::IfNewer).unwrap());
    assert_eq!(report.unchanged, ["a"]);
    // A build that knows less does not undo it.
    kept(decide(&bare, &[after(&named)], Policy::IfNewer).unwrap());
}

#[test]
fn a_manifest_names_the_session() {
    let of = |session, bin| {
        group(
            &[gear(
                "a",
                GearSpec {
                    bin,
                    program: Program::new(session, "", "", "", "", ""),
                    ..spec("a", "")
                },
            )],
            None,
        )
    };
    assert_eq!(of("team-shop", None).unwrap()[0].id, "team-shop");
    assert_eq!(of("team-shop", Some("x")).unwrap()[0].id, "team-shop-bin-x");
    for bad in ["team shop", "team/shop", "é"] {
        let error = of(bad, None).unwrap_err().to_string();
        assert!(error.contains("may contain ASCII letters"), "{error}");
    }
    // Two packages of one program with one session: in other programs they would replace each other.
    let of = |package, name| {
        gear(
            name,
            GearSpec {
                package,
                krate: package,
                program: Program::new("team-shop", "", "", "", "", ""),
                ..spec(name, "")
            },
        )
    };
    let error = group(&[of("one", "a"), of("two", "b")], None).unwrap_err();
    assert!(error.to_string().contains("`one` and `two`"), "{error}");
}

/// A gear of a target of `pkg`.
fn of_target(bin: Option<&'static str>, version: &'static str, base: &GearSpec) -> &'static Gear {
    let name = match base.kind {
        GearKind::Command { trigger, .. } => trigger,
        GearKind::Keys(_) => "on_order",
        _ => "tick",
    };
    gear(
        name,
        GearSpec {
            bin,
            version,
            krate: bin.unwrap_or("pkg"),
            path: bin.unwrap_or("pkg"),
            location: at("src/main.rs", 1),
            ..*base
        },
    )
}

fn on_order(source: &'static str) -> GearSpec {
    GearSpec {
        kind: GearKind::Keys(KeysSpec {
            prefix: "order:*",
            events: &[],
            key_types: &[],
            commands: &[],
            read_value: true,
            mode: Mode::AsyncLocal,
            value: None,
        }),
        ..spec("", source)
    }
}

fn tick() -> GearSpec {
    GearSpec {
        kind: GearKind::Every(EverySpec {
            seconds: 1,
            per_shard: false,
        }),
        ..spec("", "")
    }
}

/// The sessions of a server after a program with these gears has started.
fn server_with(gears: &[&'static Gear]) -> Vec<Session> {
    let mut sessions = Vec::new();
    for set in group(gears, None).unwrap() {
        let placed = placed(&set, &profile(None)).unwrap();
        let script = Script::of(&set.id, &placed, &profile(None).package).unwrap();
        let description = Description {
            version: set.version.to_owned(),
            hash: script.hash,
            gears: script.gears,
            owner: Some(set.owner.clone()),
            ..Description::default()
        };
        let mut session = listed(&set.id, Some(&description), &[]);
        for (number, placed) in placed.iter().enumerate() {
            let name = match placed.reader {
                "KeysReader" => "regex",
                _ => "trigger",
            };
            let row = crate::commands::RegistrationInfo {
                id: format!("{}/{number}", set.id),
                reader: placed.reader.to_owned(),
                args: [(
                    name.to_owned(),
                    Value::BulkString(placed.key.clone().into_bytes()),
                )]
                .into(),
                ..Default::default()
            };
            session.registrations.push(row.id.clone());
            session.registration_rows.push(row);
        }
        sessions.push(session);
    }
    sessions
}

/// The decision about the session `pkg` of a program with these gears.
fn decided(gears: &[&'static Gear], there: &[Session], policy: Policy) -> Result<Step> {
    let sets = group(gears, None).unwrap();
    let set = sets.iter().find(|set| set.id == "pkg").unwrap();
    plan(set, &profile(None), there, terms(policy, &sets))
}

fn taken(step: Step) -> (Vec<String>, report::SessionReport) {
    match step {
        Step::Send(sending) => (sending.taken, sending.report),
        Step::Keep(report) => panic!("would be kept: {report}"),
    }
}

#[test]
fn a_gear_that_moves_to_the_library_is_taken_over() {
    let command = || spec("a", "return 1");
    let stays = of_target(Some("x"), "1.0.0", &spec("stays", ""));
    for (base, gear_name) in [
        (command(), "a"),
        (on_order(""), "on_order"),
        (tick(), "tick"),
    ] {
        let there = server_with(&[of_target(Some("x"), "1.0.0", &base), stays]);
        let moved = of_target(None, "1.0.0", &base);
        let later = of_target(None, "1.1.0", &base);
        // The program contains the binary, without the gear.
        for policy in ALL_THAT_SEND {
            let (ids, report) = taken(decided(&[moved, stays], &there, policy).unwrap());
            assert_eq!((ids.len(), report.taken), (1, vec![gear_name.to_owned()]));
        }
        // The program does not contain the binary, but it is of a later version.
        let (ids, _) = taken(decided(&[later], &there, Policy::IfNewer).unwrap());
        assert_eq!(ids.len(), 1, "{gear_name}");
        // An instance of the old version that starts again takes nothing back, and registers nothing twice.
        let there = server_with(&[later]);
        let sets = group(&[of_target(Some("x"), "1.0.0", &base)], None).unwrap();
        let decision = |policy| plan(&sets[0], &profile(None), &there, terms(policy, &sets));
        let report = kept(decision(Policy::IfNewer).unwrap());
        assert_eq!(report.left, [gear_name]);
        let version = "1.1.0".to_owned();
        assert_eq!(report.action, Action::KeptNewer { version });
        // A rollback takes it back.
        let (ids, _) = taken(decision(Policy::IfChanged).unwrap());
        assert_eq!(ids.len(), 1, "{gear_name}");
    }
}

#[test]
fn a_target_that_the_package_does_not_have_gives_its_gears_away() {
    let with_targets = |targets| GearSpec {
        program: Program::new("", "https://git.acme.io/team/pkg", "", "", "", targets),
        ..on_order("")
    };
    let there = server_with(&[of_target(Some("x"), "1.0.0", &on_order(""))]);
    for (targets, count) in [("lib", 1), ("bin-x lib", 0), ("", 0)] {
        let ours = of_target(None, "1.0.0", &with_targets(targets));
        let (ids, _) = taken(decided(&[ours], &there, Policy::IfNewer).unwrap());
        assert_eq!(ids.len(), count, "{targets}");
    }
    // Tests are not listed.
    let mut there = there;
    there[0].id = "pkg-test-x".to_owned();
    let ours = of_target(None, "1.0.0", &with_targets("lib"));
    let (ids, _) = taken(decided(&[ours], &there, Policy::IfNewer).unwrap());
    assert_eq!(ids.len(), 0);
}

#[test]
fn gears_of_two_targets_leave_each_other_alone() {
    // Two binaries of one version with a handler of one name.
    for source in ["", "return 1"] {
        let there = server_with(&[of_target(Some("x"), "1.0.0", &on_order(""))]);
        let ours = of_target(None, "1.0.0", &on_order(source));
        let (ids, _) = taken(decided(&[ours], &there, Policy::IfNewer).unwrap());
        assert!(ids.is_empty());
    }
    // Of another version, and another function.
    let there = server_with(&[of_target(Some("x"), "1.0.0", &on_order(""))]);
    let ours = of_target(None, "1.1.0", &on_order("return 1"));
    let (ids, _) = taken(decided(&[ours], &there, Policy::IfNewer).unwrap());
    assert!(ids.is_empty());
    // A trigger is in one session. Another function of the same version may be a mistake.
    let there = server_with(&[of_target(Some("x"), "1.0.0", &spec("a", ""))]);
    let ours = of_target(None, "1.0.0", &spec("a", "return 1"));
    let error = decided(&[ours], &there, Policy::IfNewer).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::TriggerOwned { owner, program, .. }
            if owner.as_deref() == Some("pkg-bin-x") && program.is_some()),
        "{error}"
    );
    assert!(
        error.to_string().contains("of the package `pkg`"),
        "{error}"
    );
}

#[test]
fn gears_of_another_namespace_or_program_are_not_taken() {
    let ours = of_target(None, "1.1.0", &on_order(""));
    let change = |session: &mut Session, change: fn(&mut Description)| {
        let mut description = Description::parse(session.description.as_deref().unwrap()).unwrap();
        change(&mut description);
        session.description = Some(description.to_json());
    };
    let changes: [fn(&mut Description); 3] = [
        |d| d.namespace = Some("staging".to_owned()),
        |d| d.owner = None,
        |d| d.owner.as_mut().unwrap().repository = Some("github.com/b/pkg".to_owned()),
    ];
    for one in changes {
        let mut there = server_with(&[of_target(Some("x"), "1.0.0", &on_order(""))]);
        change(&mut there[0], one);
        let (ids, _) = taken(decided(&[ours], &there, Policy::IfNewer).unwrap());
        assert!(ids.is_empty());
    }
}

#[test]
fn what_is_removed_is_listed_once_by_its_name() {
    let there = server_with(&[
        of_target(None, "1.0.0", &on_order("")),
        of_target(None, "1.0.0", &tick()),
        of_target(None, "1.0.0", &spec("a", "")),
    ]);
    let mut there = there;
    let sets = group(
        &[
            of_target(None, "1.0.0", &on_order("")),
            of_target(None, "1.0.0", &tick()),
        ],
        None,
    )
    .unwrap();
    let described = sent_description(&sets[0]);
    let mut description = Description::parse(there[0].description.as_deref().unwrap()).unwrap();
    description.events = described.events;
    there[0].description = Some(description.to_json());
    let now = of_target(None, "1.0.0", &spec("b", ""));
    let report = sent(decided(&[now], &there, Policy::IfNewer).unwrap());
    assert_eq!(report.removed, ["a", "on_order", "tick"]);
    assert_eq!(report.registered, ["b"]);
}

/// The description that a set is sent with.
fn sent_description(set: &GearSet) -> Description {
    match decide(set, &[], Policy::IfNewer).unwrap() {
        Step::Send(sending) => Description::parse(sending.description()).unwrap(),
        Step::Keep(report) => panic!("{report}"),
    }
}

#[test]
fn two_builds_that_replace_each_other_are_reported() {
    let of = |source| set(&[gear("a", spec("a", source))]);
    let builds = [of("return 1"), of("return 2")];
    let mut there: Vec<Session> = Vec::new();
    let mut reported = Vec::new();
    for build in builds.iter().cycle().take(6) {
        let Step::Send(sending) = decide(build, &there, Policy::IfNewer).unwrap() else {
            panic!("it is not up to date");
        };
        let description = Description::parse(sending.description()).unwrap();
        there = vec![listed(&build.id, Some(&description), &["a"])];
        reported.push(
            sending
                .report
                .flapping
                .as_ref()
                .map(|flapping| flapping.times),
        );
        let text = sending.report.to_string();
        assert_eq!(
            text.contains("have replaced each other"),
            reported.last().unwrap().is_some()
        );
    }
    assert_eq!(reported, [None, None, None, None, Some(4), Some(5)]);
}

/// A gear of a target of `pkg` that has these targets.
fn with_targets(bin: Option<&'static str>, name: &'static str) -> &'static Gear {
    gear(
        name,
        GearSpec {
            bin,
            krate: bin.unwrap_or("pkg"),
            program: Program::new("", "https://git.acme.io/team/pkg", "", "", "", "bin-y lib"),
            ..spec(name, "")
        },
    )
}

#[test]
fn orphans_are_sessions_of_this_program_that_it_does_not_contain() {
    let there = |bin, name| server_with(&[with_targets(bin, name)]).remove(0);
    let change = |session: Session, change: fn(&mut Description)| {
        let mut description = Description::parse(session.description.as_deref().unwrap()).unwrap();
        change(&mut description);
        Session {
            description: Some(description.to_json()),
            ..session
        }
    };
    let foreign: fn(&mut Description) = |d| {
        d.owner.as_mut().unwrap().repository = Some("git.acme.io/b/pkg".to_owned());
    };
    let sessions = [
        there(None, "own"),
        there(Some("gone"), "a"),
        there(Some("y"), "b"),
        change(there(Some("foreign"), "c"), foreign),
        change(there(Some("unnamed"), "d"), |d| d.owner = None),
        change(there(Some("newer"), "e"), |d| {
            d.version = "2.0.0".to_owned();
        }),
        change(there(Some("stage"), "f"), |d| {
            d.namespace = Some("stage".to_owned());
        }),
        listed("pkg-bin-script", None, &["g"]),
        Session {
            dead: true,
            ..there(Some("dead"), "h")
        },
    ];
    let sets = group(&[with_targets(None, "own")], None).unwrap();
    let orphans = crate::registry::orphans::among(&sessions, &sets);
    let found: Vec<_> = orphans
        .iter()
        .map(|one| (one.session.as_str(), one.gears.join(","), one.has_target))
        .collect();
    assert_eq!(
        found,
        [
            ("pkg-bin-gone", "a".to_owned(), false),
            ("pkg-bin-y", "b".to_owned(), true)
        ]
    );
    assert_eq!(
        orphans[0].to_string(),
        "session `pkg-bin-gone` of the package `pkg`, version 1.0.0: a"
    );
    // The name of the session was changed in the manifest.
    let renamed = gear(
        "own",
        GearSpec {
            program: Program::new("team", "https://git.acme.io/team/pkg", "", "", "", "lib"),
            ..spec("own", "")
        },
    );
    let sets = group(&[renamed], None).unwrap();
    let orphans = crate::registry::orphans::among(&sessions[..1], &sets);
    assert!(orphans.len() == 1 && !orphans[0].has_target);
}

//! The table of cases: which sessions a program recognises as its own.

use super::{Overlap, Owner, Verdict, place, recognise_unnamed};
use Verdict::{Other, Same, Unproven};
use redgrease_syntax::repository;

fn owner(package: &str) -> Owner {
    Owner {
        package: package.to_owned(),
        ..Owner::default()
    }
}

fn of(repository: &str) -> Owner {
    Owner {
        repository: redgrease_syntax::repository(repository),
        ..owner("shop")
    }
}

fn named(session: &str, owner: Owner) -> Owner {
    Owner {
        session: Some(session.to_owned()),
        ..owner
    }
}

fn cloned(remote: &str, path: &str) -> Owner {
    Owner {
        remote: Some(remote.to_owned()),
        path: Some(path.to_owned()),
        ..owner("shop")
    }
}

fn built_in(directory: &str, place: Option<&str>) -> Owner {
    Owner {
        directory: Some(directory.to_owned()),
        place: place.map(str::to_owned),
        ..owner("shop")
    }
}

fn overlap(same: usize, changed: usize, removed: usize) -> Overlap {
    Overlap {
        same,
        changed,
        removed,
    }
}

/// Every gear of the session is another one.
const REPLACED: Overlap = Overlap {
    same: 0,
    changed: 1,
    removed: 1,
};

const GITHUB: &str = "https://github.com/team/shop";

#[test]
fn a_repository_proves_the_program() {
    for spelling in [
        "https://github.com/team/shop",
        "http://www.github.com/Team/Shop.git",
        "git@github.com:team/shop.git",
        "ssh://git@github.com:22/team/shop",
        "https://token:secret@github.com/team/shop/",
        "https://github.com/team/shop#readme",
    ] {
        assert_eq!(
            of(GITHUB).recognise(&of(spelling), REPLACED),
            Same,
            "{spelling}"
        );
    }
    let fork = of("https://github.com/another/shop");
    assert_eq!(fork.recognise(&of(GITHUB), REPLACED), Other);
    // Two repositories are two programs, also with equal gears and one name for the session.
    assert_eq!(fork.recognise(&of(GITHUB), overlap(9, 0, 0)), Other);
    let (ours, theirs) = (named("shop", fork), named("shop", of(GITHUB)));
    assert_eq!(ours.recognise(&theirs, REPLACED), Other);
}

#[test]
fn a_named_session_proves_the_program() {
    let team = |owner| named("team-shop", owner);
    assert_eq!(
        team(owner("shop")).recognise(&team(owner("shop")), REPLACED),
        Same
    );
    // The repository was added.
    assert_eq!(
        team(of(GITHUB)).recognise(&team(owner("shop")), REPLACED),
        Same
    );
    // The package was renamed, or two teams have chosen one name.
    assert_eq!(
        team(owner("store")).recognise(&team(owner("shop")), REPLACED),
        Other
    );
    assert_eq!(
        team(owner("store")).recognise(&team(owner("shop")), overlap(2, 1, 0)),
        Same
    );
    let store = Owner {
        package: "store".to_owned(),
        ..of(GITHUB)
    };
    assert_eq!(team(store).recognise(&team(of(GITHUB)), REPLACED), Same);
    // Named since this build.
    assert_eq!(
        team(owner("shop")).recognise(&owner("shop"), REPLACED),
        Unproven
    );
}

#[test]
fn builds_of_one_remote_are_one_program() {
    // A laptop and a machine of the pipeline, in other folders.
    assert_eq!(
        cloned("r", ".").recognise(&cloned("r", "."), REPLACED),
        Same
    );
    // One repository, two packages of one name.
    assert_eq!(
        cloned("r", "a/shop").recognise(&cloned("r", "b/shop"), REPLACED),
        Unproven
    );
    assert_eq!(
        cloned("r", "a/shop").recognise(&cloned("r", "b/shop"), overlap(2, 0, 1)),
        Same
    );
    // A fork, or a clone of a fork: it may be either.
    assert_eq!(
        cloned("fork", ".").recognise(&cloned("r", "."), REPLACED),
        Unproven
    );
    let pinned = |remote| Owner {
        repository: repository(GITHUB),
        ..cloned(remote, ".")
    };
    assert_eq!(pinned("fork").recognise(&pinned("r"), REPLACED), Same);
}

#[test]
fn a_folder_proves_the_program_by_its_birth_and_not_by_its_path() {
    let app = |place| built_in("/app", place);
    assert_eq!(app(Some("1")).recognise(&app(Some("1")), REPLACED), Same);
    // The clone was moved on its disk.
    assert_eq!(
        built_in("/b", Some("1")).recognise(&built_in("/a", Some("1")), REPLACED),
        Same
    );
    // Two builds in containers, or one package on two machines.
    assert_eq!(
        app(Some("1")).recognise(&app(Some("2")), REPLACED),
        Unproven
    );
    assert_eq!(app(None).recognise(&app(None), REPLACED), Unproven);
}

#[test]
fn gears_prove_the_program_if_most_of_them_stay() {
    let recognised = |overlap| owner("shop").recognise(&owner("shop"), overlap);
    for proof in [overlap(1, 0, 0), overlap(2, 1, 0), overlap(3, 1, 1)] {
        assert_eq!(recognised(proof), Same, "{proof:?}");
    }
    // A template that was copied twice leaves equal gears.
    for none in [overlap(1, 0, 1), overlap(1, 1, 0), REPLACED] {
        assert_eq!(recognised(none), Unproven, "{none:?}");
    }
    // Without gears there is no proof.
    assert_eq!(recognised(Overlap::default()), Unproven);
    // `app` with a binary `x`, and a library `app-bin-x`.
    assert_eq!(
        owner("app").recognise(&owner("app-bin-x"), overlap(1, 0, 0)),
        Other
    );
}

#[test]
fn a_session_without_an_owner_is_recognised_by_the_names_of_gears() {
    assert_eq!(recognise_unnamed(overlap(0, 1, 5)), Same);
    assert_eq!(recognise_unnamed(overlap(1, 0, 0)), Same);
    assert_eq!(recognise_unnamed(Overlap::default()), Unproven);
    assert_eq!(recognise_unnamed(overlap(0, 0, 1)), Unproven);
}

#[test]
fn a_place_is_the_folder_of_a_package() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(place(here), place(&here.join("src/..")));
    assert_eq!(place(&here.join("src")), None);
    assert_eq!(place(&here.join("missing")), None);
}

#[test]
fn an_owner_is_stored_without_what_is_unknown() {
    let text = serde_json::to_string(&owner("shop")).unwrap();
    assert_eq!(text, r#"{"package":"shop"}"#);
    let read: Owner = serde_json::from_str(r#"{"package":"shop","later":1}"#).unwrap();
    assert_eq!(read, owner("shop"));
}

#[test]
fn an_owner_as_errors_name_it() {
    assert_eq!(
        of(GITHUB).to_string(),
        "the package `shop` of github.com/team/shop"
    );
    assert_eq!(
        built_in("/app", None).to_string(),
        "the package `shop`, built in /app"
    );
    assert_eq!(
        named("a", owner("shop")).to_string(),
        r#"the package `shop` (session = "a")"#
    );
}

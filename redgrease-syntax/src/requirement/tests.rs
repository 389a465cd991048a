use super::check_requirement;
use proptest::prelude::*;

#[test]
fn accepts_what_pip_accepts() {
    for text in [
        "requests",
        "requests>=2.31",
        " requests >= 2.31 , < 3 ",
        "requests (>=2.31,<3)",
        "requests()",
        "Pillow==10.*",
        "a.b-c_d",
        "3to2",
        "x[]",
        "requests[socks, security]~=2.0",
        "x==1!2.0.post1.dev3+local.7",
        "x==v1.0rc1",
        "x==1.0-1",
        "x===whatever this-is".split(' ').next().unwrap(),
        "x; python_version < '3.8'",
        "x>1;python_version<'3.8' and (os_name == 'posix' or 'linux' in sys_platform)",
        "x ; platform_machine not in 'arm64 x86_64'",
        "x @ https://example.org/x-1.0.whl",
        "x[extra]@ git+https://example.org/x.git@main#egg=x ; python_version > '3'",
        "git+https://example.org/x.git@v1",
        "https://example.org/x-1.0.tar.gz",
    ] {
        assert_eq!(
            check_requirement(text).map_err(|e| e.to_string()),
            Ok(()),
            "{text}"
        );
    }
}

#[test]
fn refuses_other_texts_with_a_cause() {
    for (text, why) in [
        ("", "empty"),
        ("   ", "empty"),
        (">=2", "begins with a letter"),
        ("-r requirements.txt", "options of pip"),
        ("requests=2.0", "write `requests==2.0`"),
        ("requests 2.0", "write `requests==2.0`"),
        ("requests numpy", "string of its own"),
        ("requests>=", "must follow `>=`"),
        ("requests>=2,", "follow the comma"),
        ("requests>=2 numpy", "string of its own"),
        ("requests>=two", "not a version"),
        ("requests>=2.*", "`==` and `!=` only"),
        ("requests==2.0a1.*", "follows numbers only"),
        ("requests~=2", "at least two numbers"),
        ("requests>2+local", "`+local`"),
        ("requests[socks", "end with `]`"),
        ("requests[,]", "extra is missing"),
        ("requests (>=2", "parenthesis"),
        ("requests-", "begins with a letter"),
        ("docker_>=3", "begins with a letter"),
        ("x @", "address"),
        ("x @ https://example.org y", "left over"),
        ("x; python_versoin > '3'", "did you mean `python_version`?"),
        ("x; python_version", "comparison"),
        ("x; python_version > '3", "closing '"),
        ("x; 'a' == 'b'", "two texts"),
        ("x;", "marker follows"),
        ("réquests", "left over"),
        ("a\nb", "control character"),
    ] {
        let error = check_requirement(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn deep_markers_are_refused() {
    let text = format!(
        "x; {}os_name == 'a'{}",
        "(".repeat(100_000),
        ")".repeat(100_000)
    );
    assert!(check_requirement(&text).is_err());
}

proptest! {
    #[test]
    fn survives_any_text(text in any::<String>()) {
        let _ = check_requirement(&text);
    }

    #[test]
    fn survives_almost_requirements(
        text in "[a-z]{0,3}[ \\[\\],;@()]{0,2}([<>=!~]{0,3} ?[0-9.a-z*+!-]{0,5},?){0,3} ?;?[a-z_ '\"()<>=]{0,20}"
    ) {
        let _ = check_requirement(&text);
    }

    #[test]
    fn any_plain_name_with_a_version_is_fine(
        name in "[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?",
        version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}",
    ) {
        prop_assert_eq!(check_requirement(&format!("{name}>={version}")), Ok(()));
    }
}

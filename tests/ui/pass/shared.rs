//! `python_module!`, and gears in other modules that use it.
use redgrease::prelude::*;

python_module! {
    /// Shared Python.
    pub helpers {
        import hashlib

        # 5 // 2
        def name_of(url):
            return "page:" + hashlib.sha256(url.encode()).hexdigest()

        seen = set()
    }

    text(r#"
def it(): return 'what Rust cannot lex: \'it\''
"#)

    from_anywhere(r"from os.path import *")
}

python_module! { #[cfg(any())] pub(crate) missing { x = 1 } }
python_module! { empty {} }

#[gear_command(module = helpers)]
fn remember(url: &str) -> i64 {
    python! {
        seen.add(name_of(url))
        return len(seen)
    }
}

#[gear_command(module = text, on_registered = python! {
    global answer
    answer = it()
})]
fn answered() -> String {
    python! { return answer + it() }
}

#[gear_command(module = from_anywhere)]
fn any_name() -> bool {
    python! { return exists("/") }
}

mod elsewhere {
    use redgrease::prelude::*;

    python_module! {
        pub shared { def deeper(): return 1 }
    }

    #[gear_keys(module = crate::helpers)]
    pub fn by_path(record: KeyRecord) {
        python!(r#"
            seen.add(f'{name_of(record.key)}')
        "#)
    }
}

#[gear_every("1s", module = elsewhere::shared)]
fn from_a_module() {
    python! { log(deeper()) }
}

#[gear_command(module = empty)]
fn needs_nothing() {
    python! { pass }
}

fn main() {
    assert_eq!(helpers.name, "helpers");
    // Without a parser the names are unknown.
    let parsed = helpers.names != ["*"];
    if parsed {
        assert_eq!(helpers.names, ["hashlib", "name_of", "seen"]);
        assert_eq!(text.names, ["it"]);
        assert_eq!(elsewhere::shared.names, ["deeper"]);
    }
    assert!(helpers.source.starts_with("if True:\n        import hashlib\n"));
    assert!(helpers.source.contains("# 5 // 2"));
    assert_eq!(helpers.source_line, 6);
    assert!(helpers.source_file.ends_with("pass/shared.rs"));
    assert!(text.source.starts_with("\ndef it"));
    assert_eq!(from_anywhere.names, ["*"]);
    assert!(std::ptr::eq(remember::GEAR.spec().module.unwrap(), helpers));
    assert!(std::ptr::eq(elsewhere::by_path::GEAR.spec().module.unwrap(), helpers));
    assert!(std::ptr::eq(from_a_module::GEAR.spec().module.unwrap(), elsewhere::shared));
    let _ = (answered::GEAR, any_name::GEAR, needs_nothing::GEAR);
}

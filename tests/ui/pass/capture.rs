//! The description contains the Python byte for byte, with its place.
use redgrease::SourceForm;
use redgrease::prelude::*;

#[gear_command]
fn braces(x: i64) -> String {
    python! {
        # 5 disks, https://example.org // not a Rust comment

        y = x // 2  # floor
	# a tab
        s = """two
   lines"""
        t = f "{x:>{y}} {s!r}" + F   "{x}"
        u = f r"\d{x}"
        # keep f "this", and http:///this
        return t + u + "é😀"
    }
}

#[gear_command]
fn string(x: i64) -> String {
    python!(
        r#"
        it = 'what Rust cannot lex: it\'s'
        return it + f'{x}'
        "#
    )
}

#[gear_command]
fn escaped(x: i64) -> i64 {
    python!("\n y = x\n return y\n")
}

#[gear_command]
fn file(x: i64) -> i64 {
    python!(file = "tests/ui/modules/file.py")
}

#[gear_command]
fn coroutine(x: i64) -> i64 {
    python!(file = "tests/ui/modules/coroutine.py")
}

#[gear_command]
fn awaiting(x: i64) -> i64 {
    python! {
        return await some(x)

        async def some(y):
            return y
    }
}

#[gear_command]
fn named_like_python(r#type: i64, r#match: i64) -> i64 {
    python! { return type + match }
}

fn main() {
    let spec = braces::GEAR.spec();
    assert_eq!(
        spec.source,
        concat!(
            "\n        # 5 disks, https://example.org // not a Rust comment\n",
            "\n",
            "        y = x // 2  # floor\n",
            "\t# a tab\n",
            "        s = \"\"\"two\n   lines\"\"\"\n",
            "        t =  f\"{x:>{y}} {s!r}\" +    F\"{x}\"\n",
            "        u =  fr\"\\d{x}\"\n",
            "        # keep f \"this\", and http:///this\n",
            "        return t + u + \"é😀\"\n    ",
        )
    );
    assert_eq!(spec.form, SourceForm::Body);
    assert!(spec.source_file.ends_with("tests/ui/pass/capture.rs"), "{}", spec.source_file);
    assert_eq!(spec.source_line, 7);
    assert!(!spec.coroutine);
    let location = braces::GEAR.location();
    assert_eq!((location.file, location.line, location.column), (spec.source_file, 6, 4));

    let spec = string::GEAR.spec();
    assert!(spec.source.starts_with("\n        it = 'what Rust cannot lex: it\\'s'\n"));
    assert_eq!(spec.source_line, 24);
    assert_eq!(escaped::GEAR.spec().source, "\n y = x\n return y\n");

    let spec = file::GEAR.spec();
    assert_eq!(spec.form, SourceForm::Module);
    assert!(spec.source.starts_with("# A module"));
    assert!(spec.source_file.ends_with("tests/ui/modules/file.py"), "{}", spec.source_file);
    assert!(!spec.source_file.starts_with('/'), "{}", spec.source_file);
    assert_eq!(spec.source_line, 1);
    assert!(spec.names.contains(&"cmd"), "{:?}", spec.names);
    assert!(coroutine::GEAR.spec().coroutine);
    assert!(awaiting::GEAR.spec().coroutine);

    let names: Vec<&str> = named_like_python::GEAR.spec().args.iter().map(|(n, _)| *n).collect();
    assert_eq!(names, ["type", "match"]);
}

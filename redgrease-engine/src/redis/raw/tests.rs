//! Compares the declarations with the servers' header: a C compiler checks the types of all functions and callbacks, and
//! prints the values of constants and the layouts of structures.

use super::constants::CONSTANTS;
use super::functions::{DECLARED, fill};
use super::types::{CALLBACKS, RedisModuleCtx, STRUCTURES};
use std::ffi::{c_char, c_int, c_void};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

pub(in crate::redis::raw) struct Function {
    pub(super) name: &'static str,
    pub(super) parameters: &'static str,
    /// Empty for a function that returns nothing.
    pub(super) result: &'static str,
}

pub(in crate::redis::raw) struct Structure {
    pub(super) name: &'static str,
    pub(super) size: usize,
    pub(super) fields: &'static [(&'static str, usize)],
}

/// Functions that are younger than the header.
const YOUNGER: [&str; 1] = ["ValkeyModule_ACLCheckPermissions"];

/// A type of Rust in the words of C.
fn in_c(rust: &str) -> String {
    let rust = rust.trim();
    if let Some(pointer) = rust.strip_prefix('*') {
        return match pointer.trim().split_once(char::is_whitespace) {
            Some(("const", pointee)) => format!("{} const *", in_c(pointee)),
            Some(("mut", pointee)) => format!("{} *", in_c(pointee)),
            _ => panic!("neither const nor mut: {rust}"),
        };
    }
    match rust {
        "" | "c_void" => "void",
        "c_char" => "char",
        "c_int" => "int",
        "c_long" => "long",
        "c_longlong" => "long long",
        "c_ulonglong" => "unsigned long long",
        "usize" => "size_t",
        "c_uchar" => "unsigned char",
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "f32" => "float",
        name => name,
    }
    .to_owned()
}

impl Function {
    /// The type of a pointer to the function, with `name` at the place where C has the name.
    fn pointer(&self, name: &str) -> String {
        let parameters = self.parameters.split(',').map(str::trim);
        let parameters: Vec<_> = parameters
            .filter(|parameter| !parameter.is_empty())
            .map(|parameter| match parameter.split_once(':') {
                Some((_, kind)) => in_c(kind),
                None => parameter.to_owned(),
            })
            .collect();
        let parameters = match parameters.join(", ") {
            none if none.is_empty() => "void".to_owned(),
            some => some,
        };
        format!("{} (*{name})({parameters})", in_c(self.result))
    }
}

/// Compiles a C program that includes the header, runs it, and returns its output.
fn compiled_and_run(checks: &str, prints: &str) -> Result<String, String> {
    let header = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/module_api/redismodule.h");
    let folder = tempfile::tempdir().unwrap();
    let (source, program) = (folder.path().join("api.c"), folder.path().join("api"));
    let text = format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include \"{}\"\n{checks}\nint main(void) {{\n{prints}return 0;\n}}\n",
        header.display()
    );
    fs::write(&source, text).unwrap();
    let cc = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let compiled = Command::new(cc)
        .args(["-std=gnu11", "-w", "-o"])
        .args([&program, &source])
        .output()
        .expect("a C compiler, which linking needs, too");
    if !compiled.status.success() {
        return Err(String::from_utf8_lossy(&compiled.stderr).into_owned());
    }
    let ran = Command::new(program).output().unwrap();
    Ok(String::from_utf8(ran.stdout).unwrap())
}

/// Checks that `functions` have the types of the header. A callback is a type there, a function a variable.
fn checked(functions: &[Function]) -> Result<(), String> {
    let mut checks = String::new();
    for own in CALLBACKS {
        if !own.name.starts_with("RedisModule") {
            writeln!(checks, "typedef {};", own.pointer(own.name)).unwrap();
        }
    }
    for function in functions {
        if YOUNGER.contains(&function.name) {
            continue;
        }
        let (name, pointer) = (function.name, function.pointer(""));
        writeln!(
            checks,
            "_Static_assert(__builtin_types_compatible_p(__typeof__({name}), {pointer}), \"{name}\");"
        )
        .unwrap();
    }
    compiled_and_run(&checks, "").map(drop)
}

#[test]
fn functions_have_the_types_of_the_header() {
    assert!(DECLARED.len() > 90, "{}", DECLARED.len());
    checked(DECLARED).unwrap();
}

#[test]
fn callbacks_have_the_types_of_the_header() {
    checked(CALLBACKS).unwrap();
}

#[test]
fn a_wrong_declaration_is_found() {
    let right = || Function {
        name: "RedisModule_StringPtrLen",
        parameters: "string : *const RedisModuleString, len : *mut usize",
        result: "*const c_char",
    };
    checked(&[right()]).unwrap();
    let wrong = [
        Function {
            result: "*mut c_char",
            ..right()
        },
        Function {
            parameters: "string : *mut RedisModuleString, len : *mut usize",
            ..right()
        },
        Function {
            parameters: "string : *const RedisModuleString, len : *mut c_int",
            ..right()
        },
        Function {
            parameters: "string : *const RedisModuleString",
            ..right()
        },
        Function {
            parameters: "string : *const RedisModuleString, len : *mut usize, ...",
            ..right()
        },
    ];
    for function in wrong {
        let words = checked(&[function]).unwrap_err();
        assert!(words.contains("RedisModule_StringPtrLen"), "{words}");
    }
}

#[test]
fn constants_have_the_values_of_the_header() {
    let mut prints = String::new();
    for (name, _) in CONSTANTS {
        writeln!(prints, "printf(\"{name} %lld\\n\", (long long){name});").unwrap();
    }
    let of_header = compiled_and_run("", &prints).unwrap();
    let mut own = String::new();
    for (name, value) in CONSTANTS {
        writeln!(own, "{name} {value}").unwrap();
    }
    assert_eq!(own, of_header);
}

#[test]
fn structures_have_the_layout_of_the_header() {
    let (mut prints, mut own) = (String::new(), String::new());
    for Structure { name, size, fields } in STRUCTURES {
        writeln!(prints, "printf(\"{name} %zu\\n\", sizeof({name}));").unwrap();
        writeln!(own, "{name} {size}").unwrap();
        for (field, offset) in *fields {
            let of_header = format!("offsetof({name}, {field})");
            writeln!(prints, "printf(\"{name}.{field} %zu\\n\", {of_header});").unwrap();
            writeln!(own, "{name}.{field} {offset}").unwrap();
        }
    }
    assert_eq!(own, compiled_and_run("", &prints).unwrap());
}

/// Like a server that has no functions but the one that finds others.
unsafe extern "C" fn knows_nothing(_: *const c_char, _: *mut c_void) -> c_int {
    1
}

#[test]
fn required_functions_that_the_server_lacks_are_named() {
    let context = [knows_nothing as unsafe extern "C" fn(_, _) -> _];
    let context: *const RedisModuleCtx = context.as_ptr().cast();
    // SAFETY: only the first word is read, the function that finds others. All functions stay unset, which unit tests, that
    // have no server, expect.
    let missing = unsafe { fill(context.cast_mut()) };
    assert!(missing.contains(&"RedisModule_Call"), "{missing:?}");
    assert!(!missing.contains(&"RedisModule_GetCommand"), "{missing:?}");
    assert!(missing.len() > 40, "{missing:?}");
}

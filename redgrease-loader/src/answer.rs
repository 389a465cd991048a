//! The question that a Python is asked, and its answer.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The beginning of every line of the answer. Programs that start a Python may print other lines.
const PREFIX: &[u8] = b"redgrease:";
/// The last line of the answer.
const END: &[u8] = b"\nredgrease:end\n";

/// Prints the properties of a Python, as bytes and at once. Every Python 3.4 or newer understands it.
pub(crate) const QUESTION: &str = "
import os, struct, sys
try:
    from sysconfig import get_config_var as get
except ImportError:
    get = lambda name: None
version = '%d.%d' % sys.version_info[:2]
base = getattr(sys, 'base_prefix', sys.prefix)
answer = [
    ('program', sys.executable or ''),
    ('version', version),
    ('implementation', sys.implementation.name),
    ('bits', str(struct.calcsize('P') * 8)),
    ('free_threaded', str(int(bool(get('Py_GIL_DISABLED'))))),
    ('base', base),
]
paths = []
try:
    with open('/proc/self/maps', 'rb') as maps:
        for line in maps:
            path = os.fsdecode(line.rstrip().split(None, 5)[-1])
            if os.path.basename(path).startswith('libpython' + version):
                paths.append(path)
except (OSError, IndexError):
    pass
names = [get('INSTSONAME'), 'libpython%s.so.1.0' % version, get('LDLIBRARY'), 'libpython%s.so' % version]
lib = os.path.join(base, 'lib')
folders = [lib, os.path.join(lib, get('MULTIARCH') or ''), os.path.join(base, 'lib64')]
folders += [get('LIBDIR'), get('PYTHONFRAMEWORKPREFIX')]
paths += [os.path.join(folder, name) for folder in folders if folder for name in names if name]
paths = [path for path in paths if not path.endswith('.a') and os.path.isfile(path)]
answer += [('libpython', path) for path in paths[:1]]
lines = [name.encode() + b'=' + os.fsencode(value) for name, value in answer] + [b'end']
os.write(1, b'\\n' + b''.join(b'redgrease:' + line + b'\\n' for line in lines))
";

/// What a Python says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) program: PathBuf,
    pub(crate) version: (u32, u32),
    pub(crate) implementation: String,
    pub(crate) bits: u32,
    pub(crate) free_threaded: bool,
    /// The directory of its installation: that of the standard library, also for a virtual environment.
    pub(crate) base: PathBuf,
    /// Its shared library, if it has one.
    pub(crate) libpython: Option<PathBuf>,
}

/// Whether these bytes contain a complete answer.
pub(crate) fn is_complete(output: &[u8]) -> bool {
    output.windows(END.len()).any(|window| window == END)
}

/// Reads an answer. `None` if the output contains no complete answer.
pub(crate) fn read(output: &[u8]) -> Option<Answer> {
    if !is_complete(output) {
        return None;
    }
    let mut answer = Answer::default();
    for line in output.split(|&byte| byte == b'\n') {
        let Some(line) = line.strip_prefix(PREFIX) else {
            continue;
        };
        let Some(equals) = line.iter().position(|&byte| byte == b'=') else {
            continue;
        };
        let (name, value) = (&line[..equals], &line[equals + 1..]);
        let text = String::from_utf8_lossy(value);
        let path = || PathBuf::from(OsString::from_vec(value.to_vec()));
        match name {
            b"program" => answer.program = path(),
            b"version" => {
                let (major, minor) = text.split_once('.')?;
                answer.version = (major.parse().ok()?, minor.parse().ok()?);
            }
            b"implementation" => answer.implementation = text.into_owned(),
            b"bits" => answer.bits = text.parse().ok()?,
            b"free_threaded" => answer.free_threaded = value != b"0",
            b"base" => answer.base = path(),
            b"libpython" => answer.libpython = Some(path()),
            _ => {}
        }
    }
    (answer.version != (0, 0)).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &[u8] = b"\nredgrease:program=/usr/bin/python3\nredgrease:version=3.11\nredgrease:implementation=cpython\nredgrease:bits=64\nredgrease:free_threaded=0\nredgrease:base=/usr\nredgrease:libpython=/usr/lib/libpython3.11.so.1.0\nredgrease:end\n";

    #[test]
    fn an_answer_is_read() {
        let answer = read(GOOD).unwrap();
        assert_eq!(answer.program, PathBuf::from("/usr/bin/python3"));
        assert_eq!(answer.version, (3, 11));
        assert_eq!(answer.implementation, "cpython");
        assert_eq!((answer.bits, answer.free_threaded), (64, false));
        let libpython = PathBuf::from("/usr/lib/libpython3.11.so.1.0");
        assert_eq!(answer.libpython, Some(libpython));
    }

    #[test]
    fn other_output_around_it_is_passed_over() {
        let output = [b"activated: version=2.7\nno line end", GOOD, b"bye\n"].concat();
        assert_eq!(read(&output), read(GOOD));
    }

    #[test]
    fn a_part_of_an_answer_is_none() {
        for length in 0..GOOD.len() {
            assert_eq!(read(&GOOD[..length]), None, "{length}");
        }
        assert_eq!(read(b"\nredgrease:end\n"), None);
        assert_eq!(read(b"\nredgrease:version=3.x\nredgrease:end\n"), None);
    }

    #[test]
    fn a_path_that_is_not_text_is_kept() {
        let output = b"\nredgrease:version=3.9\nredgrease:base=/\xff =x\nredgrease:end\n";
        let base = PathBuf::from(OsString::from_vec(b"/\xff =x".to_vec()));
        assert_eq!(read(output).unwrap().base, base);
    }

    proptest! {
        #[test]
        fn no_output_makes_it_panic(bytes: Vec<u8>) {
            read(&bytes);
        }

        #[test]
        fn no_values_make_it_panic(lines in proptest::collection::vec(("[a-z_=]{0,14}", ".{0,20}"), 0..8)) {
            let lines: Vec<String> = lines.iter().map(|(name, value)| format!("redgrease:{name}={value}\n")).collect();
            let lines = lines.concat();
            read(format!("\n{lines}redgrease:end\n").as_bytes());
        }

        #[test]
        fn no_change_of_one_byte_makes_it_panic(at in 0..GOOD.len(), byte: u8) {
            let mut output = GOOD.to_vec();
            output[at] = byte;
            read(&output);
        }
    }
}

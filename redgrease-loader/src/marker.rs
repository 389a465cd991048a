//! The text in an engine file that says what the engine was built for:
//! `redgrease-engine interface=1 python=3.11 version=0.1.0;`. It is read before the file is opened as a library, because an
//! engine for another Python would end the server.

/// The number of the interface between loader and engine: the function `redgrease_engine_start` and its arguments.
pub(crate) const INTERFACE: u32 = 1;

const BEGIN: &[u8] = b"redgrease-engine interface=";
/// Longest text between the beginning and the semicolon.
const LONGEST: usize = 100;

/// What an engine file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    pub(crate) interface: u32,
    /// The minor version of Python 3.
    pub(crate) minor: u32,
    pub(crate) version: String,
}

/// Finds the first complete marker in the bytes of a file.
pub(crate) fn find(file: &[u8]) -> Option<Marker> {
    let mut rest = file;
    loop {
        let at = position(rest, BEGIN)?;
        rest = &rest[at + BEGIN.len()..];
        let text = &rest[..rest.len().min(LONGEST)];
        let end = text.iter().position(|&byte| byte == b';');
        let marker = end
            .and_then(|end| std::str::from_utf8(&text[..end]).ok())
            .and_then(parse);
        if marker.is_some() {
            return marker;
        }
    }
}

/// Reads what follows the beginning: `1 python=3.11 version=0.1.0`.
fn parse(text: &str) -> Option<Marker> {
    let (interface, text) = text.split_once(" python=3.")?;
    let (minor, version) = text.split_once(" version=")?;
    Some(Marker {
        interface: interface.parse().ok()?,
        minor: minor.parse().ok()?,
        version: version.to_owned(),
    })
}

/// Where `wanted` begins in `bytes`.
fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|&byte| byte == first) {
        at += next;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "redgrease-engine interface=1 python=3.11 version=0.1.0;";

    #[test]
    fn a_marker_is_found_among_other_bytes() {
        let file = [
            b"\x7fELF\0redgrease-engine rr\0",
            GOOD.as_bytes(),
            b"\0\xff",
        ]
        .concat();
        let marker = find(&file).unwrap();
        assert_eq!(marker.interface, INTERFACE);
        assert_eq!(marker.minor, 11);
        assert_eq!(marker.version, "0.1.0");
    }

    #[test]
    fn a_broken_marker_is_passed_over() {
        let file = format!("redgrease-engine interface=x;{GOOD}");
        assert_eq!(find(file.as_bytes()).unwrap().minor, 11);
        for broken in ["", "redgrease-engine interface=1 python=3.11", &GOOD[..40]] {
            assert_eq!(find(broken.as_bytes()), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes: Vec<u8>, cut in 0..GOOD.len()) {
            let file = [&GOOD.as_bytes()[..cut], &bytes[..]].concat();
            find(&file);
        }
    }
}

//! Whether a file is a whole library for this machine. The dynamic linker would map a file that was cut short, and the server
//! would end when it touches the missing part.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes that are read in pieces: the headers say where the end of a library is, however large it is.
pub(crate) trait Bytes {
    fn length(&self) -> u64;
    /// Fills a buffer with the bytes from a place on. Returns `false` if there are too few.
    fn fill(&self, at: u64, buffer: &mut [u8]) -> bool;
}

impl Bytes for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn fill(&self, at: u64, buffer: &mut [u8]) -> bool {
        let begin = usize::try_from(at).ok();
        let rest = begin.and_then(|begin| self.get(begin..));
        let Some(found) = rest.and_then(|rest| rest.get(..buffer.len())) else {
            return false;
        };
        buffer.copy_from_slice(found);
        true
    }
}

impl Bytes for File {
    fn length(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn fill(&self, at: u64, buffer: &mut [u8]) -> bool {
        self.read_exact_at(buffer, at).is_ok()
    }
}

/// Why a file is not a library that can be opened here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    /// It is something else than an ELF library.
    NoLibrary,
    /// It ends before the end that its header names.
    CutShort,
    /// It is for another kind of processor, or for programs of another size of pointers.
    OtherMachine,
}

impl Flaw {
    /// The reason, which begins with a verb.
    pub(crate) fn reason(self) -> String {
        match self {
            Flaw::Empty => "is empty".to_owned(),
            Flaw::NoLibrary => "is not a library".to_owned(),
            Flaw::CutShort => "is damaged: its end is missing".to_owned(),
            Flaw::OtherMachine => format!(
                "is for another kind of machine than this one ({})",
                std::env::consts::ARCH
            ),
        }
    }
}

/// `e_machine` and `EI_CLASS` of this machine; `None` if this loader does not know them.
const fn this_machine() -> Option<(u16, u8)> {
    let class = if cfg!(target_pointer_width = "64") {
        2
    } else {
        1
    };
    if cfg!(target_arch = "x86_64") {
        Some((62, class))
    } else if cfg!(target_arch = "aarch64") {
        Some((183, class))
    } else {
        None
    }
}

/// Checks the header of a library. Systems without ELF files are not checked.
pub(crate) fn check(file: &(impl Bytes + ?Sized)) -> Result<(), Flaw> {
    const MAGIC: &[u8] = b"\x7fELF";
    let length = file.length();
    if length == 0 {
        return Err(Flaw::Empty);
    }
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let mut begin = [0; 6];
    let known = usize::try_from(length).unwrap_or(usize::MAX);
    let begin = &mut begin[..known.min(6)];
    if !file.fill(0, begin) {
        return Err(Flaw::CutShort);
    }
    if !begin.starts_with(MAGIC) && !MAGIC.starts_with(begin) {
        return Err(Flaw::NoLibrary);
    }
    let (Some(&class), Some(&order)) = (begin.get(4), begin.get(5)) else {
        return Err(Flaw::CutShort);
    };
    let (kind, machine) = (number(file, 16, 2)?, number(file, 18, 2)?);
    let Some((here, bits)) = this_machine() else {
        return Ok(());
    };
    let same_order = (order == 1) == cfg!(target_endian = "little");
    if machine != u64::from(here) || class != bits || !same_order {
        return Err(Flaw::OtherMachine);
    }
    // ET_DYN
    if kind != 3 {
        return Err(Flaw::NoLibrary);
    }
    if class == 2 && end(file)? > length {
        return Err(Flaw::CutShort);
    }
    Ok(())
}

/// The place behind the last byte that the header of a 64-bit library speaks of.
fn end(file: &(impl Bytes + ?Sized)) -> Result<u64, Flaw> {
    let sections = number(file, 40, 8)?.saturating_add(number(file, 58, 2)? * number(file, 60, 2)?);
    let (table, size, count) = (
        number(file, 32, 8)?,
        number(file, 54, 2)?,
        number(file, 56, 2)?,
    );
    let mut end = sections;
    for index in 0..count {
        let header = table.saturating_add(index * size);
        let field = |at: u64| number(file, header.saturating_add(at), 8);
        end = end.max(field(8)?.saturating_add(field(32)?));
    }
    Ok(end)
}

/// A number of the file, in the order of bytes of this machine's files.
fn number(file: &(impl Bytes + ?Sized), at: u64, size: usize) -> Result<u64, Flaw> {
    let mut bytes = [0; 8];
    let bytes = &mut bytes[..size];
    if !file.fill(at, bytes) {
        return Err(Flaw::CutShort);
    }
    let shifted = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
    Ok(if cfg!(target_endian = "little") {
        bytes.iter().rev().fold(0, shifted)
    } else {
        bytes.iter().fold(0, shifted)
    })
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    /// A library that is on every machine: the C library that this test runs with.
    #[allow(clippy::unwrap_used, reason = "the test fails, as it should")]
    fn library() -> Vec<u8> {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let path = maps.lines().find_map(|line| {
            let path = line.split_whitespace().last()?;
            path.contains("/libc.so").then_some(path)
        });
        fs::read(path.unwrap()).unwrap()
    }

    #[test]
    fn a_library_of_this_machine_passes() {
        assert_eq!(check(&library()[..]), Ok(()));
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = library();
        for length in [
            1,
            3,
            4,
            5,
            20,
            63,
            64,
            200,
            whole.len() / 2,
            whole.len() - 1,
        ] {
            assert_eq!(check(&whole[..length]), Err(Flaw::CutShort), "{length}");
        }
        assert_eq!(check(&b""[..]), Err(Flaw::Empty));
    }

    #[test]
    fn a_file_is_checked_without_reading_it_whole() {
        let whole = library();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("library");
        for (length, expected) in [
            (whole.len(), Ok(())),
            (whole.len() / 2, Err(Flaw::CutShort)),
            (5, Err(Flaw::CutShort)),
            (0, Err(Flaw::Empty)),
        ] {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(check(&File::open(&path).unwrap()), expected, "{length}");
        }
        let huge = File::options().write(true).read(true).open(&path).unwrap();
        huge.set_len(1 << 40).unwrap();
        assert_eq!(check(&huge), Err(Flaw::NoLibrary));
    }

    #[test]
    fn other_files_and_machines_are_refused() {
        assert_eq!(check(&b"#!/bin/sh\n"[..]), Err(Flaw::NoLibrary));
        let mut other = library();
        other[18] = 40;
        assert_eq!(check(&other[..]), Err(Flaw::OtherMachine));
        let mut other = library();
        other[4] = 1;
        assert_eq!(check(&other[..]), Err(Flaw::OtherMachine));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut file = library()[..20].to_vec();
            file.extend(bytes);
            let _ = check(&file[..]);
        }
    }
}

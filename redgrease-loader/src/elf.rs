//! Whether a file is a whole library for this machine. The dynamic linker would map a file that was cut short, and the server
//! would end when it touches the missing part.

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
pub(crate) fn check(file: &[u8]) -> Result<(), Flaw> {
    if file.is_empty() {
        return Err(Flaw::Empty);
    }
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if file.len() < 4 && b"\x7fELF".starts_with(file) {
        return Err(Flaw::CutShort);
    }
    if !file.starts_with(b"\x7fELF") {
        return Err(Flaw::NoLibrary);
    }
    let class = *file.get(4).ok_or(Flaw::CutShort)?;
    let little = *file.get(5).ok_or(Flaw::CutShort)? == 1;
    let kind = u16::try_from(number(file, 16, 2)?).unwrap_or(0);
    let machine = u16::try_from(number(file, 18, 2)?).unwrap_or(0);
    let Some(here) = this_machine() else {
        return Ok(());
    };
    if (machine, class) != here || little != cfg!(target_endian = "little") {
        return Err(Flaw::OtherMachine);
    }
    // ET_DYN
    if kind != 3 {
        return Err(Flaw::NoLibrary);
    }
    if class == 2 && end(file)? > file.len() as u64 {
        return Err(Flaw::CutShort);
    }
    Ok(())
}

/// The place behind the last byte that the header of a 64-bit library speaks of.
fn end(file: &[u8]) -> Result<u64, Flaw> {
    let sections = number(file, 40, 8)?.saturating_add(number(file, 58, 2)? * number(file, 60, 2)?);
    let (table, size, count) = (
        number(file, 32, 8)?,
        number(file, 54, 2)?,
        number(file, 56, 2)?,
    );
    let mut end = sections;
    for index in 0..count {
        let header = table.saturating_add(index * size);
        let header = usize::try_from(header).map_err(|_| Flaw::CutShort)?;
        let field = |at: usize| number(file, header.saturating_add(at), 8);
        end = end.max(field(8)?.saturating_add(field(32)?));
    }
    Ok(end)
}

/// A number of the file, in the order of bytes of this machine's files.
fn number(file: &[u8], at: usize, size: usize) -> Result<u64, Flaw> {
    let bytes = at
        .checked_add(size)
        .and_then(|end| file.get(at..end))
        .ok_or(Flaw::CutShort)?;
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
        assert_eq!(check(&library()), Ok(()));
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
        assert_eq!(check(b""), Err(Flaw::Empty));
    }

    #[test]
    fn other_files_and_machines_are_refused() {
        assert_eq!(check(b"#!/bin/sh\n"), Err(Flaw::NoLibrary));
        let mut other = library();
        other[18] = 40;
        assert_eq!(check(&other), Err(Flaw::OtherMachine));
        let mut other = library();
        other[4] = 1;
        assert_eq!(check(&other), Err(Flaw::OtherMachine));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut file = library()[..20].to_vec();
            file.extend(bytes);
            let _ = check(&file);
        }
    }
}

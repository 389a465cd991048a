//! The beginning of an RDB file, which tells whether modules have data in it.

use std::io::{ErrorKind, Read};

/// The first bytes of every RDB file. Four digits of a version follow.
const MAGIC: &[u8] = b"REDIS";
/// A name and a value, such as the version of the server.
const FIELD: u8 = 0xFA;
/// The data of a module that does not belong to a key.
const MODULE_DATA: u8 = 0xF7;

/// `true` if the file may hold data of a module before its keys. A file that is damaged, or whose header is longer than the
/// server's own fields need, may.
pub(super) fn may_hold_module_data(mut file: impl Read) -> bool {
    let mut start = [0; MAGIC.len() + 4];
    match file.read_exact(&mut start) {
        Ok(()) => {}
        // An empty file.
        Err(error) => return error.kind() != ErrorKind::UnexpectedEof,
    }
    // Not an RDB file: commands of an AOF.
    start.starts_with(MAGIC) && fields_lead_to_module_data(file).unwrap_or(true)
}

/// Skips the fields. `None` if they cannot be read.
fn fields_lead_to_module_data(mut file: impl Read) -> Option<bool> {
    loop {
        match byte(&mut file)? {
            FIELD => {
                skip_string(&mut file)?;
                skip_string(&mut file)?;
            }
            other => return Some(other == MODULE_DATA),
        }
    }
}

fn byte(file: &mut impl Read) -> Option<u8> {
    let mut one = [0];
    file.read_exact(&mut one).ok()?;
    Some(one[0])
}

/// Skips a string: its length and its bytes, or a number in one, two or four bytes.
fn skip_string(file: &mut impl Read) -> Option<()> {
    let first = byte(file)?;
    let length = match first >> 6 {
        0 => u64::from(first & 0x3F),
        1 => u64::from(first & 0x3F) << 8 | u64::from(byte(file)?),
        3 => match first & 0x3F {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        },
        _ => return None,
    };
    let skipped = std::io::copy(&mut file.take(length), &mut std::io::sink()).ok()?;
    (skipped == length).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header as Redis 7.0 writes it.
    const HEADER: &[u8] = b"REDIS0010\
        \xfa\x09redis-ver\x067.0.15\
        \xfa\x0aredis-bits\xc0\x40\
        \xfa\x05ctime\xc2\x01\x02\x03\x04\
        \xfa\x08used-mem\xc1\x10\x20";

    fn holds(rest: &[u8]) -> bool {
        may_hold_module_data(&[HEADER, rest].concat()[..])
    }

    #[test]
    fn the_data_of_modules_comes_after_the_fields() {
        assert!(holds(b"\xf7\x81\x00"));
        assert!(!holds(b"\xfe\x00\xfb\x01\x00"));
        assert!(!holds(b"\xff"));
    }

    #[test]
    fn a_damaged_file_may_hold_anything() {
        assert!(holds(b""));
        assert!(holds(b"\xfa\x09redis"));
        assert!(holds(b"\xfa\xc3\x01"));
    }

    #[test]
    fn other_files_hold_nothing() {
        assert!(!may_hold_module_data(&b""[..]));
        assert!(!may_hold_module_data(&b"*2\r\n$6\r\nSELECT\r\n"[..]));
    }
}

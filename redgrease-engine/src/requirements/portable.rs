//! The byte format in which servers exchange a requirement and its wheels.
//!
//! The format is that of RedisGears, so that a requirement can be exchanged with it in both
//! directions. A number has 64 bits in little-endian order. A text consists of its length, its
//! bytes and a NUL byte, which the length includes.
//!
//! ```text
//! version, name, system, whether wheels follow, number of wheels,
//! and for each wheel: file name, length, bytes
//! ```

use std::fmt;

use super::name::check;
use super::site::project_of_wheel;

const VERSION: u64 = 2;

/// A requirement that is exchanged between two servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Portable {
    /// The text of the requirement, exactly as a script gave it.
    pub(crate) name: String,
    /// The system the wheels were built for.
    pub(crate) system: String,
    /// File names and contents of the wheels.
    pub(crate) wheels: Vec<(String, Vec<u8>)>,
}

/// Error for bytes that are not an encoded requirement. The text names the unreadable part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bad serialization format on reading {}", self.0)
    }
}

impl Portable {
    /// Encodes the requirement.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let size: usize = self.wheels.iter().map(|(_, bytes)| bytes.len() + 256).sum();
        let mut out = Vec::with_capacity(size + 256);
        write_number(&mut out, VERSION);
        write_text(&mut out, &self.name);
        write_text(&mut out, &self.system);
        write_number(&mut out, 1);
        write_number(&mut out, self.wheels.len() as u64);
        for (name, bytes) in &self.wheels {
            write_text(&mut out, name);
            write_number(&mut out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        out
    }

    /// Decodes a requirement.
    ///
    /// # Errors
    /// The part that is missing, damaged or not allowed.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Portable, Unreadable> {
        let mut input = Input(bytes);
        if input.number("requirement name")? != VERSION {
            return Err(Unreadable("requirement name"));
        }
        let name = input.text("requirement name")?;
        if check(&name).is_err() {
            return Err(Unreadable("requirement name"));
        }
        let system = input.text("requirement os")?;
        if input.number("requirement download state")? == 0 {
            return Err(Unreadable("requirement download state"));
        }
        let count = input.number("requirement wheels")?;
        let mut wheels = Vec::new();
        for _ in 0..count {
            let file = input.text("wheel name")?;
            if !is_wheel_name(&file) {
                return Err(Unreadable("wheel name"));
            }
            let length = input.number("wheel data")?;
            let bytes = input.take(length, "wheel data")?;
            // A wheel is a zip archive. `check_wheels` compares its checksums later.
            if !bytes.starts_with(b"PK") {
                return Err(Unreadable("wheel data"));
            }
            wheels.push((file, bytes.to_vec()));
        }
        if wheels.is_empty() || !input.0.is_empty() {
            return Err(Unreadable("requirement wheels"));
        }
        Ok(Portable {
            name,
            system,
            wheels,
        })
    }
}

/// Whether a text is the file name of a wheel, and cannot name a file in another folder.
fn is_wheel_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!');
    project_of_wheel(name).is_some() && !name.starts_with(['.', '-']) && name.chars().all(plain)
}

fn write_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    write_number(out, text.len() as u64 + 1);
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// The bytes that are not read yet.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: u64, part: &'static str) -> Result<&'a [u8], Unreadable> {
        let length = usize::try_from(length).map_err(|_| Unreadable(part))?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unreadable(part))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, part: &'static str) -> Result<u64, Unreadable> {
        let bytes = self.take(8, part)?;
        let bytes: [u8; 8] = bytes.try_into().map_err(|_| Unreadable(part))?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn text(&mut self, part: &'static str) -> Result<String, Unreadable> {
        let length = self.number(part)?;
        match self.take(length, part)?.split_last() {
            Some((0, text)) => String::from_utf8(text.to_vec()).map_err(|_| Unreadable(part)),
            _ => Err(Unreadable(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Portable {
        Portable {
            name: "six==1.16.0".into(),
            system: "linux-bookworm-x64".into(),
            wheels: vec![
                (
                    "six-1.16.0-py2.py3-none-any.whl".into(),
                    b"PK\x03\x04rest".into(),
                ),
                ("a-1+x-py3-none-any.whl".into(), b"PK".into()),
            ],
        }
    }

    #[test]
    fn decoding_reverses_encoding() {
        assert_eq!(Portable::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn the_first_bytes_are_those_of_redisgears() {
        let expected = b"\x02\0\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0six==1.16.0\0\x13\0\0\0\0\0\0\0linux-";
        assert!(sample().encode().starts_with(expected));
    }

    #[test]
    fn every_cut_and_every_bit_is_survived() {
        let whole = sample().encode();
        for end in 0..whole.len() {
            assert!(Portable::decode(&whole[..end]).is_err(), "cut at {end}");
        }
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << bit;
                let _ = Portable::decode(&damaged);
            }
        }
        let mut longer = whole;
        longer.push(0);
        assert!(Portable::decode(&longer).is_err());
    }

    #[test]
    fn an_error_names_the_unreadable_part() {
        for garbage in [&b""[..], b"garbage", b"longer garbage than a number"] {
            let error = Portable::decode(garbage).unwrap_err().to_string();
            assert_eq!(
                error,
                "Bad serialization format on reading requirement name"
            );
        }
    }

    #[test]
    fn a_wheel_cannot_leave_its_folder() {
        for name in [
            "../x-1-py3-none-any.whl",
            "/x-1.whl",
            "-x-1.whl",
            ".x-1.whl",
            "x-1.zip",
        ] {
            let portable = Portable {
                wheels: vec![(name.to_owned(), b"PK".to_vec())],
                ..sample()
            };
            assert!(Portable::decode(&portable.encode()).is_err(), "{name}");
        }
    }
}

//! A requirement as bytes: its name and its wheels, for another server.
//!
//! The layout is that of `RedisGears`, so that either can take what the other gave: numbers are 64
//! bits little endian; a text is its length with a NUL, its bytes and the NUL.
//!
//! ```text
//! version, name, system, whether the wheels are there, how many, and for each: file name, length, bytes
//! ```

use std::fmt;

use super::name::check;
use super::site::project_of_wheel;

const VERSION: u64 = 2;

/// A requirement on its way between two servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Portable {
    /// The text as it was asked for.
    pub(crate) name: String,
    /// The system the wheels were built for.
    pub(crate) system: String,
    /// File names and what is in them.
    pub(crate) wheels: Vec<(String, Vec<u8>)>,
}

/// Bytes that are no requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable(&'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bad serialization format on reading {}", self.0)
    }
}

impl Portable {
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
            // Every wheel is a zip archive; pip compares its checksums while it installs.
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

/// A name that can only mean a file in the folder it is written to.
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

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, length: u64, what: &'static str) -> Result<&'a [u8], Unreadable> {
        let length = usize::try_from(length).map_err(|_| Unreadable(what))?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Unreadable(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, what: &'static str) -> Result<u64, Unreadable> {
        let bytes = self.take(8, what)?;
        let bytes: [u8; 8] = bytes.try_into().map_err(|_| Unreadable(what))?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn text(&mut self, what: &'static str) -> Result<String, Unreadable> {
        let length = self.number(what)?;
        match self.take(length, what)?.split_last() {
            Some((0, text)) => String::from_utf8(text.to_vec()).map_err(|_| Unreadable(what)),
            _ => Err(Unreadable(what)),
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
    fn a_requirement_comes_back() {
        assert_eq!(Portable::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn it_begins_as_clients_have_seen_it() {
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
    fn garbage_says_what_could_not_be_read() {
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

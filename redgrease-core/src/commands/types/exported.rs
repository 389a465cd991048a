//! Reply of `RG.PYEXPORTREQ`, and the file format that carries a package to another server.

use super::requirement::Requirement;
use crate::error::{DecodeError, Error, Result};
use redis::Value;
use std::fs;
use std::path::Path;

/// An installed package with its files, exported by `RG.PYEXPORTREQ` and imported by `RG.PYIMPORTREQ`.
///
/// This is for servers without network access: another server installs the package, and a file carries it over.
///
/// ```no_run
/// use redgrease_core::{ExportedRequirement, GearsCommands, connect};
///
/// connect("redis://online/")?.export_requirement("six==1.16.0")?.save("six.rgreq")?;
/// connect("redis://offline/")?.import_requirement(&ExportedRequirement::load("six.rgreq")?)?;
/// # Ok::<(), redgrease_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ExportedRequirement {
    /// The package.
    pub requirement: Requirement,
    /// The files of the package, in a format that only servers read.
    pub chunks: Vec<Vec<u8>>,
}

impl ExportedRequirement {
    pub(crate) fn read(value: Value) -> Result<Self> {
        let unexpected = || DecodeError::new("an unexpected reply", "a package and its files");
        let Value::Array(parts) = value else {
            return Err(unexpected().into());
        };
        let mut parts = parts.into_iter();
        let (Some(row), Some(Value::Array(files))) = (parts.next(), parts.next()) else {
            return Err(unexpected().into());
        };
        let chunks = files
            .into_iter()
            .map(|file| match file {
                Value::BulkString(bytes) => Ok(bytes),
                _ => Err(unexpected().into()),
            })
            .collect::<Result<_>>()?;
        Ok(ExportedRequirement {
            requirement: Requirement::read(row)?,
            chunks,
        })
    }

    /// Writes the package to a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut bytes = MAGIC.to_vec();
        let name = self.requirement.name.as_bytes();
        for part in std::iter::once(name).chain(self.chunks.iter().map(Vec::as_slice)) {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part);
        }
        fs::write(path, bytes).map_err(|e| {
            Error::config(format!(
                "the package file {} could not be written: {e}",
                path.display()
            ))
        })
    }

    /// Reads a file that [`save`](Self::save) has written. Of [`requirement`](Self::requirement) only the name is set.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or was not written by [`save`](Self::save).
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let failed = |cause: &str| {
            Error::config(format!(
                "the package file {} could not be loaded: {cause}",
                path.display()
            ))
        };
        let bytes = fs::read(path).map_err(|e| failed(&e.to_string()))?;
        let mut parts = parts(&bytes)
            .ok_or_else(|| {
                failed(
                    "it was not written by `ExportedRequirement::save`, or is cut off; export the package again",
                )
            })?
            .into_iter();
        let name = parts
            .next()
            .and_then(|name| String::from_utf8(name).ok())
            .ok_or_else(|| failed("it contains no package name; export the package again"))?;
        Ok(ExportedRequirement {
            requirement: Requirement {
                name,
                ..Requirement::default()
            },
            chunks: parts.collect(),
        })
    }
}

/// The first bytes of every file.
const MAGIC: &[u8] = b"RGREQ\x001\n";

/// Splits a file into its parts. Each part is preceded by its length, 8 bytes little-endian.
fn parts(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (part, tail) = tail.split_at_checked(length)?;
        parts.push(part.to_vec());
        rest = tail;
    }
    Some(parts)
}

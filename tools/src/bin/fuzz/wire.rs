//! A strict reader of the protocol.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Deepest allowed nesting of a reply.
const MAX_DEPTH: usize = 200;

#[derive(Debug)]
pub(crate) struct Wire {
    stream: BufReader<UnixStream>,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Error(Vec<u8>),
    Bytes(Vec<u8>),
    Status(Vec<u8>),
    Integer(i64),
    Array(Vec<Reply>),
    Null,
}

impl Wire {
    pub(crate) fn connect(socket: &Path, bound: Duration) -> Result<Self, String> {
        let connect = || {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(bound))?;
            stream.set_write_timeout(Some(bound))?;
            Ok::<_, std::io::Error>(stream)
        };
        let stream = connect().map_err(|error| format!("no connection: {error}"))?;
        Ok(Wire {
            stream: BufReader::new(stream),
        })
    }

    pub(crate) fn ask(&mut self, words: &[Vec<u8>]) -> Result<Reply, String> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        let sent = self.stream.get_mut().write_all(&request);
        sent.map_err(|error| format!("not sent: {error}"))?;
        self.read(0)
    }

    fn read(&mut self, depth: usize) -> Result<Reply, String> {
        if depth > MAX_DEPTH {
            return Err(format!("a reply is nested more than {MAX_DEPTH} times"));
        }
        let line = self.line()?;
        let Some((kind, rest)) = line.split_first() else {
            return Err("an empty line instead of a reply".to_owned());
        };
        match kind {
            b'+' => Ok(Reply::Status(rest.to_vec())),
            b'-' => match std::str::from_utf8(rest) {
                Ok(_) => Ok(Reply::Error(rest.to_vec())),
                // The server repeats an unknown command name byte for byte.
                Err(_) if rest.starts_with(b"ERR unknown") => Ok(Reply::Error(rest.to_vec())),
                Err(_) => Err(format!("an error that is not UTF-8: {}", shown(rest))),
            },
            b':' => number(rest).map(Reply::Integer),
            b'$' => match number(rest)? {
                -1 => Ok(Reply::Null),
                length => self.bytes(length),
            },
            b'*' => match number(rest)? {
                -1 => Ok(Reply::Null),
                length => (0..length)
                    .map(|_| self.read(depth + 1))
                    .collect::<Result<_, _>>()
                    .map(Reply::Array),
            },
            _ => Err(format!("an unknown type of reply: {}", shown(&line))),
        }
    }

    fn bytes(&mut self, length: i64) -> Result<Reply, String> {
        let length = usize::try_from(length).map_err(|_| format!("an invalid length: {length}"))?;
        let mut bytes = vec![0; length + 2];
        let read = self.stream.read_exact(&mut bytes);
        read.map_err(|error| format!("a bulk string that ends early: {error}"))?;
        if bytes.split_off(length) != b"\r\n" {
            return Err("a bulk string that is longer than its length".to_owned());
        }
        Ok(Reply::Bytes(bytes))
    }

    fn line(&mut self) -> Result<Vec<u8>, String> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line);
        match read.map_err(|error| format!("no answer: {error}"))? {
            0 => Err("the connection was closed".to_owned()),
            _ if line.ends_with(b"\r\n") => {
                line.truncate(line.len() - 2);
                if line.contains(&b'\r') {
                    return Err(format!("a line break inside a line: {}", shown(&line)));
                }
                Ok(line)
            }
            _ => Err(format!("a line without a line break: {}", shown(&line))),
        }
    }
}

fn number(digits: &[u8]) -> Result<i64, String> {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| format!("not a number: {}", shown(digits)))
}

/// Bytes as printable text that can be pasted into a program.
pub(crate) fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

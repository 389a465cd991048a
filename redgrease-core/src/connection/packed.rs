//! Commands as words: those in packed form, which redis-rs hands to blocking connections, and others.

/// An iterator over the words of each command.
#[derive(Debug, Clone)]
pub(super) struct Packed<'a>(&'a [u8]);

impl<'a> Packed<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Packed(bytes)
    }

    /// The number after a mark: `*3\r\n` or `$5\r\n`.
    fn number(&mut self, mark: u8) -> Option<usize> {
        let rest = self.0.strip_prefix(&[mark])?;
        let end = rest.iter().position(|byte| *byte == b'\r')?;
        let number = std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()?;
        self.0 = rest.get(end + 2..)?;
        Some(number)
    }

    fn word(&mut self) -> Option<&'a [u8]> {
        let length = self.number(b'$')?;
        let word = self.0.get(..length)?;
        self.0 = self.0.get(length + 2..)?;
        Some(word)
    }
}

#[cfg(feature = "cluster")]
impl Packed<'_> {
    /// The first command.
    pub(super) fn unpacked(mut self) -> redis::Cmd {
        self.next().map(command).unwrap_or_default()
    }

    /// All commands. redis-rs skips the answers of all commands of a transaction but that of EXEC, which is the `offset`.
    pub(super) fn pipeline(self, offset: usize) -> redis::Pipeline {
        let mut pipeline = redis::pipe();
        let is_transaction = offset > 0;
        if is_transaction {
            pipeline.atomic();
        }
        for words in self {
            if !(is_transaction && matches!(words.as_slice(), [b"MULTI" | b"EXEC"])) {
                pipeline.add_command(command(words));
            }
        }
        pipeline
    }
}

#[cfg(feature = "cluster")]
fn command<'a>(words: impl Iterator<Item = &'a [u8]>) -> redis::Cmd {
    let mut cmd = redis::Cmd::new();
    for word in words {
        cmd.arg(word);
    }
    cmd
}

impl<'a> Iterator for Packed<'a> {
    type Item = std::vec::IntoIter<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let count = self.number(b'*')?;
        let words: Vec<_> = (0..count).map_while(|_| self.word()).collect();
        Some(words.into_iter())
    }
}

/// The words of a command that is not packed.
#[cfg(any(feature = "aio", feature = "cluster"))]
pub(super) fn words(cmd: &redis::Cmd) -> impl Iterator<Item = &[u8]> {
    cmd.args_iter().map(|arg| match arg {
        redis::Arg::Simple(word) => word,
        _ => b"0",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_commands_are_read() {
        let mut pipe = redis::pipe();
        pipe.cmd("SET")
            .arg("x")
            .arg("a\r\n$3\r\n")
            .cmd("PING")
            .cmd("XREAD")
            .arg("");
        let packed = pipe.get_packed_pipeline();
        let commands: Vec<Vec<&[u8]>> = Packed::new(&packed).map(Iterator::collect).collect();
        let expected: [&[&[u8]]; 3] = [
            &[b"SET", b"x", b"a\r\n$3\r\n"],
            &[b"PING"],
            &[b"XREAD", b""],
        ];
        assert_eq!(commands, expected);
        // Bytes of any kind end the reading.
        for cut in 0..packed.len() {
            for command in Packed::new(&packed[..cut]) {
                command.count();
            }
        }
        assert_eq!(Packed::new(b"*99999999999999999999999\r\n").count(), 0);
        assert_eq!(Packed::new(b"GET x\r\n").count(), 0);
    }
}

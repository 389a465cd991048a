//! Replies that the server cannot read.
//!
//! A script of Lua, a module and `DEBUG ERROR` can put a zero byte into an error or a status. The server's own functions for
//! replies look for the end of such a line as for that of a C string, and then read anywhere. So the bytes are checked first.

const IN_A_STATUS: &str = "ERR the reply has a zero byte in a status or in an error, which a gear cannot read: let the command return a text";

/// The error for a gear, if the server cannot read the reply with these bytes.
pub(super) fn refusal(reply: &[u8]) -> Option<String> {
    match reply.first()? {
        // The usual ones. Their texts have a length.
        b'$' | b':' => None,
        _ if !reply.contains(&0) => None,
        b'-' => Some(text_of_error(reply)),
        _ if has_zero_in_line(reply) => Some(IN_A_STATUS.to_owned()),
        _ => None,
    }
}

/// The text of a reply that is an error.
pub(super) fn error_text(reply: &[u8]) -> Option<&[u8]> {
    let text = reply.strip_prefix(b"-")?;
    Some(text.strip_suffix(b"\r\n").unwrap_or(text))
}

fn text_of_error(reply: &[u8]) -> String {
    let text = error_text(reply).unwrap_or_default();
    String::from_utf8_lossy(text).replace('\0', " ")
}

/// `true` if one of the lines that have no length has a zero byte.
fn has_zero_in_line(reply: &[u8]) -> bool {
    let mut rest = reply;
    while let Some(kind) = rest.first() {
        let Some(end) = rest.windows(2).position(|two| two == b"\r\n") else {
            return true;
        };
        let line = rest.get(1..end).unwrap_or_default();
        if line.contains(&0) {
            return true;
        }
        let length = match kind {
            b'$' | b'=' | b'!' => std::str::from_utf8(line)
                .ok()
                .and_then(|text| text.parse().ok()),
            _ => None,
        };
        // A text and the end of its line.
        let behind = end + 2 + length.map_or(0, |length: usize| length + 2);
        rest = rest.get(behind..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_may_have_zero_bytes() {
        for reply in [
            &b"$3\r\na\0b\r\n"[..],
            b":1\r\n",
            b"+OK\r\n",
            b"-ERR no\r\n",
            b"*2\r\n$1\r\n\0\r\n+OK\r\n",
            b"*-1\r\n",
            b"*2\r\n$-1\r\n$5\r\n+\0\r\n-\r\n",
            b"*1\r\n*2\r\n:1\r\n$2\r\n\0\0\r\n",
            b"%1\r\n$1\r\n\0\r\n#t\r\n",
            b"",
        ] {
            assert_eq!(refusal(reply), None, "{reply:?}");
        }
    }

    #[test]
    fn lines_may_not() {
        assert_eq!(refusal(b"-\0\r\n").as_deref(), Some(" "));
        assert_eq!(refusal(b"-ERR a\0b\r\n").as_deref(), Some("ERR a b"));
        for reply in [
            &b"+\0\r\n"[..],
            b"*1\r\n+a\0b\r\n",
            b"*2\r\n$1\r\n\0\r\n-\0\r\n",
            b"*1\r\n*1\r\n-ERR \0\r\n",
            b"*2\r\n$2\r\n\r\n\r\n+\0\r\n",
            b"+\0",
        ] {
            assert_eq!(refusal(reply).as_deref(), Some(IN_A_STATUS), "{reply:?}");
        }
    }
}

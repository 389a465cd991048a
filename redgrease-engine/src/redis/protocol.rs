//! Replies as the bytes of the protocol, in which they go from shard to shard.

use super::call::OwnedReply;

/// A deeper reply is refused: reading it would overflow the stack.
const MAX_DEPTH: usize = 200;

impl OwnedReply {
    /// Reads a reply in the second version of the protocol. `None` if the bytes are anything else than one whole reply.
    pub(crate) fn parse(bytes: &[u8]) -> Option<OwnedReply> {
        let mut rest = bytes;
        let reply = read(&mut rest, 0)?;
        rest.is_empty().then_some(reply)
    }
}

/// The texts of a reply that is a list of texts, in place. `None` for any other reply.
///
/// The server's own functions for replies take memory for each element.
pub(super) fn texts(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut rest = bytes;
    let count = usize::try_from(number(line(&mut rest)?.strip_prefix(b"*")?)?).ok()?;
    // A length is only a claim. Each text has six bytes or more.
    let mut texts = Vec::with_capacity(count.min(rest.len() / 6));
    for _ in 0..count {
        let length = number(line(&mut rest)?.strip_prefix(b"$")?)?;
        texts.push(take_text(&mut rest, usize::try_from(length).ok()?)?);
    }
    rest.is_empty().then_some(texts)
}

fn read(rest: &mut &[u8], depth: usize) -> Option<OwnedReply> {
    let line = line(rest)?;
    let (&kind, text) = line.split_first()?;
    match kind {
        b'+' => Some(OwnedReply::Status(lossy(text))),
        b'-' => Some(OwnedReply::Error(lossy(text))),
        b':' => number(text).map(OwnedReply::Integer),
        b'$' => match number(text)? {
            -1 => Some(OwnedReply::Null),
            length => {
                let bytes = take_text(rest, usize::try_from(length).ok()?)?;
                Some(OwnedReply::Text(bytes.to_vec()))
            }
        },
        b'*' if depth < MAX_DEPTH => match number(text)? {
            -1 => Some(OwnedReply::Null),
            length => {
                let count = usize::try_from(length).ok()?;
                // Grows with the elements: a length is only a claim.
                let mut items = Vec::new();
                for _ in 0..count {
                    items.push(read(rest, depth + 1)?);
                }
                Some(OwnedReply::Array(items))
            }
        },
        _ => None,
    }
}

/// Takes a line, without its end.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let (line, behind) = rest.split_at_checked(end)?;
    *rest = behind.get(2..)?;
    Some(line)
}

/// Takes a text of this length, and the end of its line.
fn take_text<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (text, behind) = rest.split_at_checked(length)?;
    *rest = behind.strip_prefix(b"\r\n")?;
    Some(text)
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes_of(reply: &OwnedReply, out: &mut Vec<u8>) {
        match reply {
            OwnedReply::Status(text) => out.extend(format!("+{text}\r\n").bytes()),
            OwnedReply::Error(text) => out.extend(format!("-{text}\r\n").bytes()),
            OwnedReply::Integer(number) => out.extend(format!(":{number}\r\n").bytes()),
            OwnedReply::Null => out.extend(b"$-1\r\n"),
            OwnedReply::Text(text) => {
                out.extend(format!("${}\r\n", text.len()).bytes());
                out.extend(text);
                out.extend(b"\r\n");
            }
            OwnedReply::Array(items) => {
                out.extend(format!("*{}\r\n", items.len()).bytes());
                for item in items {
                    bytes_of(item, out);
                }
            }
        }
    }

    fn reply() -> impl Strategy<Value = OwnedReply> {
        let one = prop_oneof![
            "[ -~]{0,8}".prop_map(OwnedReply::Status),
            "[ -~é]{0,8}".prop_map(OwnedReply::Error),
            any::<i64>().prop_map(OwnedReply::Integer),
            proptest::collection::vec(any::<u8>(), 0..8).prop_map(OwnedReply::Text),
            Just(OwnedReply::Null),
        ];
        one.prop_recursive(3, 20, 4, |inner| {
            proptest::collection::vec(inner, 0..4).prop_map(OwnedReply::Array)
        })
    }

    proptest! {
        #[test]
        fn a_reply_comes_back_and_every_cut_is_noticed(reply in reply()) {
            let mut bytes = Vec::new();
            bytes_of(&reply, &mut bytes);
            prop_assert_eq!(OwnedReply::parse(&bytes), Some(reply));
            for cut in 0..bytes.len() {
                prop_assert_eq!(OwnedReply::parse(&bytes[..cut]), None);
            }
            bytes.push(b'+');
            prop_assert_eq!(OwnedReply::parse(&bytes), None);
        }

        #[test]
        fn a_list_of_texts_is_read_in_place(
            list in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..6),
        ) {
            let items = list.iter().cloned().map(OwnedReply::Text);
            let mut bytes = Vec::new();
            bytes_of(&OwnedReply::Array(items.collect()), &mut bytes);
            let expected: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(texts(&bytes), Some(expected));
            for cut in 0..bytes.len() {
                prop_assert_eq!(texts(&bytes[..cut]), None);
            }
            bytes.push(b'$');
            prop_assert_eq!(texts(&bytes), None);
        }

        #[test]
        fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = OwnedReply::parse(&bytes);
            let _ = texts(&bytes);
        }
    }

    #[test]
    fn another_reply_is_no_list_of_texts() {
        let others = [
            "-ERR no\r\n",
            "*1\r\n:1\r\n",
            "*1\r\n$-1\r\n",
            "*-1\r\n",
            "$1\r\na\r\n",
            "*9223372036854775807\r\n",
        ];
        for other in others {
            assert_eq!(texts(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn claims_and_depths_are_limited() {
        assert_eq!(OwnedReply::parse(b"*9223372036854775807\r\n"), None);
        assert_eq!(OwnedReply::parse(b"$9223372036854775807\r\n"), None);
        assert_eq!(OwnedReply::parse(b"*-2\r\n"), None);
        let deep = [b"*1\r\n".repeat(100_000), b":1\r\n".to_vec()].concat();
        assert_eq!(OwnedReply::parse(&deep), None);
    }
}

//! The slot of a command: that of its first key.
//!
//! A wrong guess costs one redirection, because the node that does not serve the key names the one that does. So the table
//! has only the commands whose first argument is not their key.

/// The slot of a key. Of a key with a part in braces, only that part counts.
pub(super) fn slot_of(key: &[u8]) -> u16 {
    crc16(tag(key)) % 16_384
}

fn tag(key: &[u8]) -> &[u8] {
    let inside = || {
        let begin = key.iter().position(|byte| *byte == b'{')? + 1;
        let length = key[begin..].iter().position(|byte| *byte == b'}')?;
        (length > 0).then(|| &key[begin..begin + length])
    };
    inside().unwrap_or(key)
}

/// CRC16 as of XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc: u16, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

/// The first key of a command. `name` is in upper case, `args` is what follows it.
pub(super) fn first_key<'a>(name: &[u8], args: &[&'a [u8]]) -> Option<&'a [u8]> {
    let at = match name {
        b"BITOP" | b"MEMORY" | b"OBJECT" | b"XGROUP" | b"XINFO" | b"RG.TRIGGERONKEY" => 1,
        b"EVAL" | b"EVALSHA" | b"EVAL_RO" | b"EVALSHA_RO" | b"FCALL" | b"FCALL_RO" | b"BLMPOP"
        | b"BZMPOP" => return behind_count(args, 1),
        b"LMPOP" | b"ZMPOP" | b"SINTERCARD" | b"ZINTERCARD" | b"ZUNION" | b"ZINTER" | b"ZDIFF" => {
            return behind_count(args, 0);
        }
        b"XREAD" | b"XREADGROUP" => {
            let is_word = |arg: &&[u8]| arg.eq_ignore_ascii_case(b"STREAMS");
            args.iter().position(is_word)? + 1
        }
        _ => 0,
    };
    args.get(at).copied()
}

/// The key behind the number of keys, if there is one.
fn behind_count<'a>(args: &[&'a [u8]], at: usize) -> Option<&'a [u8]> {
    match args.get(at) {
        None | Some(&b"0") => None,
        Some(_) => args.get(at + 1).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_server() {
        for (key, slot) in [
            ("123456789", 12_739),
            ("foo", 12_182),
            ("", 0),
            ("06S", 0),
            ("{foo}bar", 12_182),
            ("x{foo}{bar}", 12_182),
        ] {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
        assert_eq!(slot_of(b"{}foo"), crc16(b"{}foo") % 16_384);
        assert_eq!(slot_of(b"{foo"), crc16(b"{foo") % 16_384);
    }

    #[test]
    fn the_first_key_of_a_command() {
        for (command, key) in [
            ("GET k", Some("k")),
            ("MSET k v l w", Some("k")),
            ("EVAL script 1 k", Some("k")),
            ("EVAL script 0 k", None),
            ("FCALL f 2 k l", Some("k")),
            ("BLMPOP 0 1 k LEFT", Some("k")),
            ("LMPOP 2 k l LEFT", Some("k")),
            ("OBJECT ENCODING k", Some("k")),
            ("XGROUP CREATE k g $", Some("k")),
            ("XREAD COUNT 2 streams k 0", Some("k")),
            ("XREADGROUP GROUP g c BLOCK 0 STREAMS k l > >", Some("k")),
            ("BITOP AND k a b", Some("k")),
            ("RG.TRIGGERONKEY t k x", Some("k")),
            ("PING", None),
        ] {
            let mut words = command.split(' ').map(str::as_bytes);
            let name = words.next().unwrap();
            let args: Vec<_> = words.collect();
            assert_eq!(first_key(name, &args), key.map(str::as_bytes), "{command}");
        }
    }
}

//! Escaping of NUL bytes. Some servers cut an argument at its first NUL, so byte 00 is sent as 01 30, and 01 as 01 31.

/// Appends `bytes` with 00 and 01 escaped.
pub(super) fn escape_into(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&b| b <= 1) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[1, b'0' + rest[at]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_00_and_01_are_escaped() {
        let escaped = |bytes: &[u8]| {
            let mut out = Vec::new();
            escape_into(bytes, &mut out);
            out
        };
        assert_eq!(escaped(b"plain \x02\xff"), b"plain \x02\xff");
        assert_eq!(escaped(b"\x00"), b"\x010");
        assert_eq!(escaped(b"\x01"), b"\x011");
        assert_eq!(escaped(b"a\x00\x01b\x000"), b"a\x010\x011b\x0100");
        assert_eq!(escaped(b""), b"");
    }
}

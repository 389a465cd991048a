//! The secret in the address.

use crate::failure::Failure;
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;

/// 256 random bits in hexadecimal digits.
pub(super) struct Token(String);

impl Token {
    pub(super) fn new() -> Result<Self, Failure> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|e| {
            Failure::failed(format!(
                "the system has no random numbers ({e}): without them the page would be open to all"
            ))
        })?;
        let mut digits = String::with_capacity(64);
        for byte in bytes {
            // Writing to a text cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(Token(digits))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in a time that tells nothing about the token.
    pub(super) fn is(&self, word: &str) -> bool {
        self.0.as_bytes().ct_eq(word.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_another_one() {
        let (one, two) = (Token::new().unwrap(), Token::new().unwrap());
        assert_eq!(one.as_str().len(), 64);
        assert!(one.is(one.as_str()));
        assert!(!one.is(two.as_str()));
        assert!(!one.is(""));
        assert!(!one.is(&one.as_str()[..63]));
    }
}

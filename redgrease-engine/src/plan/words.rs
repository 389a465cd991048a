//! The words of a command.

/// The words of a command, in one piece of memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Words {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Words {
    pub(crate) fn push(&mut self, word: &[u8]) {
        self.bytes.extend_from_slice(word);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..self.ends[index]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_went_in() {
        let mut words = Words::default();
        for word in [&b"trigger"[..], b"", b"\xff\0", b"x"] {
            words.push(word);
        }
        let back: Vec<&[u8]> = words.iter().collect();
        assert_eq!(back, [&b"trigger"[..], b"", b"\xff\0", b"x"]);
    }

    #[test]
    fn no_words_are_an_empty_list() {
        assert_eq!(Words::default().iter().len(), 0);
    }
}

//! A list of words that many texts are compared with.

/// Words in lower case, in the order of their first letters.
pub(super) struct List {
    words: &'static [&'static str],
    /// Where the words of each letter begin, and where the last ones end.
    starts: [u8; List::LETTERS + 1],
    /// The second letters of the words of each letter, as bits.
    seconds: [u32; List::LETTERS],
}

impl List {
    const LETTERS: usize = 26;

    /// The list of `words`, which are in lower case and in order.
    pub(super) const fn new(words: &'static [&'static str]) -> Self {
        let mut starts = [words.len() as u8; Self::LETTERS + 1];
        let (mut letter, mut at) = (Self::LETTERS, words.len());
        while letter > 0 {
            letter -= 1;
            while at > 0 && (words[at - 1].as_bytes()[0] - b'a') as usize == letter {
                at -= 1;
            }
            starts[letter] = at as u8;
        }
        assert!(at == 0, "the words are not in order");
        let mut seconds = [0; Self::LETTERS];
        while at < words.len() {
            let word = words[at].as_bytes();
            if word.len() > 1 {
                seconds[(word[0] - b'a') as usize] |= 1 << (word[1] - b'a');
            }
            at += 1;
        }
        Self {
            words,
            starts,
            seconds,
        }
    }

    /// Whether `text` begins like a word of two letters or more, in any case. Most texts do not.
    #[inline]
    pub(super) fn may_begin(&self, text: &[u8]) -> bool {
        let letter = |b: u8| b.to_ascii_lowercase().wrapping_sub(b'a');
        let [first, second, ..] = text else {
            return false;
        };
        let seconds = self.seconds.get(usize::from(letter(*first)));
        let (seconds, second) = (seconds.copied().unwrap_or(0), letter(*second));
        second < Self::LETTERS as u8 && seconds >> second & 1 != 0
    }

    /// The words that begin with this letter, in any case.
    pub(super) fn of_letter(&self, byte: u8) -> &'static [&'static str] {
        let letter = usize::from(byte.to_ascii_lowercase().wrapping_sub(b'a'));
        match self.starts.get(letter..letter + 2) {
            Some(&[from, to]) => &self.words[usize::from(from)..usize::from(to)],
            _ => &[],
        }
    }

    /// Whether it has this word in lower case.
    pub(super) fn has(&self, word: &[u8]) -> bool {
        let first = word.first().copied().unwrap_or(0);
        self.of_letter(first).iter().any(|w| w.as_bytes() == word)
    }

    /// The length of its longest word of two letters or more that `text` begins with, in any case; 0
    /// without one.
    #[inline]
    pub(super) fn longest(&self, text: &[u8]) -> usize {
        if !self.may_begin(text) {
            return 0;
        }
        let first = text.first().copied().unwrap_or(0);
        let begins = |word: &&&str| {
            text.get(..word.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()))
        };
        let words = self.of_letter(first).iter().filter(begins);
        words.map(|word| word.len()).max().unwrap_or(0)
    }
}

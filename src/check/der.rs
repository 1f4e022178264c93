//! A reader for the DER structures of private keys (X.690): tags, definite
//! lengths, and multiplication of the integers inside. Not a general ASN.1
//! library: anything unknown is an error.

use super::cursor::Cursor;

/// INTEGER.
pub(crate) const INTEGER: u8 = 0x02;
/// OCTET STRING.
pub(crate) const OCTETS: u8 = 0x04;
/// OBJECT IDENTIFIER.
pub(crate) const OID: u8 = 0x06;
/// SEQUENCE.
pub(crate) const SEQUENCE: u8 = 0x30;
/// The first context-specific, constructed tag.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// One element: its tag and its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads the next element of a sequence's contents.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let tag = cursor.byte()?;
        let first = cursor.byte()?;
        let length = if first & 0x80 == 0 {
            usize::from(first)
        } else {
            let count = usize::from(first & 0x7f);
            // Zero would mean an indefinite length, which DER does not have.
            if !(1..=4).contains(&count) {
                return None;
            }
            usize::try_from(cursor.big_endian(count)?).ok()?
        };
        Some(Self {
            tag,
            value: cursor.take(length)?,
        })
    }

    /// Returns the contents if the element has this tag.
    pub(crate) fn expect(self, tag: u8) -> Option<&'a [u8]> {
        (self.tag == tag).then_some(self.value)
    }
}

/// Reads every element of a sequence's contents, at most 64; keys have nine.
pub(crate) fn elements(contents: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut cursor = Cursor::new(contents);
    let mut found = Vec::new();
    while !cursor.is_empty() {
        if found.len() >= 64 {
            return None;
        }
        found.push(Element::read(&mut cursor)?);
    }
    Some(found)
}

/// Reads the elements of a text that is one SEQUENCE and nothing else.
pub(crate) fn sequence(text: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut cursor = Cursor::new(text);
    let contents = Element::read(&mut cursor)?.expect(SEQUENCE)?;
    if !cursor.is_empty() {
        return None;
    }
    elements(contents)
}

/// Returns a non-negative integer's big-endian bytes without leading zeros.
pub(crate) fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Returns the number of significant bits of a big-endian integer.
pub(crate) fn bits(bytes: &[u8]) -> usize {
    let significant = magnitude(bytes);
    significant.first().map_or(0, |top| {
        significant.len() * 8 - top.leading_zeros() as usize
    })
}

/// Multiplies two big-endian integers of at most 1024 bytes each and strips
/// leading zeros. Returns `None` for larger ones, because the cost is
/// quadratic.
pub(crate) fn product(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let (a, b) = (limbs(a)?, limbs(b)?);
    let mut out = vec![0u32; a.len() + b.len()];
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (j, &y) in b.iter().enumerate() {
            let slot = out.get_mut(i + j)?;
            carry += u64::from(x) * u64::from(y) + u64::from(*slot);
            *slot = carry as u32;
            carry >>= 32;
        }
        *out.get_mut(i + b.len())? = carry as u32;
    }
    let bytes: Vec<u8> = out.iter().rev().flat_map(|l| l.to_be_bytes()).collect();
    Some(magnitude(&bytes).to_vec())
}

/// Returns the little-endian 32-bit digits of a big-endian integer.
fn limbs(bytes: &[u8]) -> Option<Vec<u32>> {
    let bytes = magnitude(bytes);
    (bytes.len() <= 1024).then(|| {
        bytes
            .rchunks(4)
            .map(|chunk| chunk.iter().fold(0, |n, &b| n << 8 | u32::from(b)))
            .collect()
    })
}

/// Writes one element.
pub(crate) fn encode(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if value.len() < 0x80 {
        out.push(value.len() as u8);
    } else {
        let length = (value.len() as u32).to_be_bytes();
        let short = magnitude(&length);
        out.push(0x80 | short.len() as u8);
        out.extend(short);
    }
    out.extend(value);
    out
}

/// Writes a non-negative integer from big-endian bytes.
pub(crate) fn encode_integer(bytes: &[u8]) -> Vec<u8> {
    let mut value = magnitude(bytes).to_vec();
    if value.first().is_none_or(|top| top & 0x80 != 0) {
        value.insert(0, 0);
    }
    encode(INTEGER, &value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_round_trip() {
        for size in [0usize, 1, 127, 128, 255, 256, 70_000] {
            let coded = encode(OCTETS, &vec![7; size]);
            let mut cursor = Cursor::new(&coded);
            let element = Element::read(&mut cursor).unwrap();
            assert_eq!(element.expect(OCTETS).unwrap().len(), size);
            assert!(cursor.is_empty() && element.expect(OID).is_none());
        }
        assert!(sequence(&[0x30, 0x80, 0, 0]).is_none());
        assert!(sequence(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
        assert!(sequence(&[0x30, 0, 0]).is_none());
        assert!(elements(&[0x02, 0x00].repeat(65)).is_none());
    }

    #[test]
    fn products() {
        let number = |n: u128| magnitude(&n.to_be_bytes()).to_vec();
        let (a, b) = (0xffff_ffff_ffff_fff1u64, 0xfedc_ba98_7654_3210u64);
        let expected = number(u128::from(a) * u128::from(b));
        assert_eq!(product(&a.to_be_bytes(), &b.to_be_bytes()), Some(expected));
        assert_eq!(product(&[0, 0], &[5]), Some(vec![]));
        let ones = product(&[0xff; 128], &[0xff; 128]).unwrap();
        assert_eq!(
            (ones.len(), bits(&ones), ones[255], ones[127]),
            (256, 2048, 1, 0xfe)
        );
        assert_eq!(product(&[1; 1025], &[1]), None);
        assert_eq!((bits(&[0, 1]), bits(&[0x80, 0]), bits(&[])), (1, 16, 0));
    }
}

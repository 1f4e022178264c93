//! Parses sizes as people write them.

/// Parses a size in bytes, with an optional K, M, G or T (powers of 1024).
///
/// # Errors
/// Returns what was expected.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let digits = upper.trim_end_matches('B').trim_end_matches('I');
    let (number, shift) = match digits.as_bytes().last() {
        Some(b'K') => (&digits[..digits.len() - 1], 10),
        Some(b'M') => (&digits[..digits.len() - 1], 20),
        Some(b'G') => (&digits[..digits.len() - 1], 30),
        Some(b'T') => (&digits[..digits.len() - 1], 40),
        _ => (digits, 0),
    };
    let number: u64 = number
        .trim()
        .parse()
        .map_err(|_| "expected a size such as 500K, 20M or 1G".to_owned())?;
    number
        .checked_mul(1 << shift)
        .ok_or_else(|| "the size is too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(size("10"), Ok(10));
        assert_eq!(size("2K"), Ok(2048));
        assert_eq!(size("3MiB"), Ok(3 << 20));
        assert_eq!(size("1g"), Ok(1 << 30));
        assert!(size("x").is_err());
        assert!(size("99999999999G").is_err());
    }
}

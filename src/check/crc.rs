//! The cyclic redundancy checks of credential formats, computed bit by bit or
//! with a table built at compile time. Not for bulk data.

/// The remainders of CRC-32/IEEE for one byte.
const TABLE: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut i = 0;
    while i < 256 {
        let mut value = i as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                value >> 1 ^ 0xEDB8_8320
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
};

/// Returns the CRC-32/IEEE (reflected, as in zlib, PNG and Ethernet).
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)]
    })
}

/// Returns the CRC-24 of OpenPGP armour (RFC 9580 section 6.1).
pub(crate) fn crc24(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x00B7_04CE, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 16, |crc, _| {
            let next = crc << 1;
            let reduced = if next & 0x0100_0000 == 0 {
                next
            } else {
                next ^ 0x0086_4CFB
            };
            reduced & 0x00FF_FFFF
        })
    })
}

/// Returns the CRC-16/XMODEM (polynomial 0x1021, initial value 0), which NATS
/// and Stellar use.
pub(crate) fn crc16_xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                crc << 1 ^ 0x1021
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn catalogue_check_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc24(b"123456789"), 0x21_CF02);
        assert_eq!(crc24(b""), 0xB7_04CE);
        assert_eq!(crc16_xmodem(b"123456789"), 0x31C3);
    }
}

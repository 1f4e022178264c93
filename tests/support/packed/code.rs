//! Compiled code and binary settings for tests. Each holds a text as a constant, and another one.

/// A text of Python, and its bytes.
fn marshalled(text: &[u8], kind: u8) -> Vec<u8> {
    [&[kind][..], &(text.len() as u32).to_le_bytes(), text].concat()
}

/// Compiled Python. `magic`: the number of a version; `header`: the length of what is in front of
/// the code, in bytes; `numbers`: of how many numbers are in front of the instructions;
/// `has_one_list`: as since 3.11.
pub(crate) fn python(
    (magic, header, numbers, has_one_list): (u16, usize, usize, bool),
    text: &[u8],
    filler: &[u8],
) -> Vec<u8> {
    let tuple = |items: &[Vec<u8>]| [&[b')', items.len() as u8], &items.concat()[..]].concat();
    let name = || marshalled(b"name", b'u');
    let [low, high] = magic.to_le_bytes();
    let mut all = vec![low, high, b'\r', b'\n'];
    all.resize(header, 0);
    all.push(0xe3);
    all.resize(all.len() + 4 * numbers, 0);
    all.extend(marshalled(&[0, 0], b's'));
    all.extend(tuple(&[marshalled(text, b'u'), marshalled(filler, b's')]));
    all.extend(tuple(&[name()]));
    let table = || marshalled(b"\x01\x02", b's');
    all.extend(match has_one_list {
        false => [
            tuple(&[]),
            tuple(&[]),
            tuple(&[]),
            name(),
            name(),
            vec![0; 4],
            table(),
        ]
        .concat(),
        true => {
            let texts = [tuple(&[]), table(), name(), name(), name(), vec![0; 4]];
            [&texts.concat()[..], &table(), &table()].concat()
        }
    });
    all
}

/// A class of Java with a constant field, and an attribute.
pub(crate) fn java(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let constant = |text: &[u8]| [&[1], &(text.len() as u16).to_be_bytes()[..], text].concat();
    let attribute = |name: u16, content: &[u8]| {
        let len = content.len() as u32;
        [&name.to_be_bytes()[..], &len.to_be_bytes(), content].concat()
    };
    let pool = [
        constant(b"API_KEY"),            // 1
        constant(b"Ljava/lang/String;"), // 2
        constant(text),                  // 3
        vec![8, 0, 3],                   // 4
        constant(b"ConstantValue"),      // 5
        constant(b"Filler"),             // 6
        constant(b"Name"),               // 7
        vec![7, 0, 7],                   // 8
    ];
    [
        &b"\xca\xfe\xba\xbe\0\0\0\x3d\0\x09"[..],
        &pool.concat(),
        &[0, 1, 0, 8, 0, 8, 0, 0, 0, 1, 0, 8, 0, 1, 0, 2, 0, 1],
        &attribute(5, &[0, 4]),
        &[0, 0, 0, 1],
        &attribute(6, filler),
    ]
    .concat()
}

/// A file of Android with strings.
pub(crate) fn dex(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let filler = data_encoding::HEXLOWER.encode(filler);
    let strings: [&[u8]; 3] = [b"API_KEY", text, filler.as_bytes()];
    let mut all = vec![0; 0x70];
    all[..8].copy_from_slice(b"dex\n039\0");
    all[0x24] = 0x70;
    all[0x28..0x2c].copy_from_slice(&0x1234_5678_u32.to_le_bytes());
    all[0x38..0x3c].copy_from_slice(&3_u32.to_le_bytes());
    all[0x3c..0x40].copy_from_slice(&0x70_u32.to_le_bytes());
    all.resize(0x70 + 12, 0);
    for (at, string) in strings.iter().enumerate() {
        let start = (all.len() as u32).to_le_bytes();
        all[0x70 + 4 * at..][..4].copy_from_slice(&start);
        let mut len = string.len();
        while len >= 0x80 {
            all.push(len as u8 | 0x80);
            len >>= 7;
        }
        all.push(len as u8);
        all.extend(*string);
        all.push(0);
    }
    let size = (all.len() as u32).to_le_bytes();
    all[0x20..0x24].copy_from_slice(&size);
    all
}

/// A binary property list: a dictionary with a text and data.
pub(crate) fn plist(text: &[u8], filler: &[u8]) -> Vec<u8> {
    let sized = |kind: u8, bytes: &[u8]| {
        [
            &[kind | 15, 0x12][..],
            &(bytes.len() as u32).to_be_bytes(),
            bytes,
        ]
        .concat()
    };
    let objects = [
        b"\xd2\x01\x02\x03\x04".to_vec(),
        b"\x57API_KEY".to_vec(),
        b"\x54data".to_vec(),
        sized(0x50, text),
        sized(0x40, filler),
    ];
    let mut all = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    for object in &objects {
        offsets.extend((all.len() as u32).to_be_bytes());
        all.extend(object);
    }
    let table = all.len() as u64;
    all.extend(offsets);
    all.extend([0, 0, 0, 0, 0, 0, 4, 1]);
    all.extend(
        [objects.len() as u64, 0, table]
            .map(u64::to_be_bytes)
            .concat(),
    );
    all
}

//! Archives for tests: zips of any method, dialects of tar, 7z, ar, cpio, rpm, asar.

use super::{crc, gzip, streams};

/// A file of an archive: its name and content.
pub(crate) type File<'f> = (&'f str, &'f [u8]);

/// How a zip says the sizes of a member.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sizes {
    /// In its header.
    Ahead,
    /// Behind its content.
    Behind,
    /// In a field for zips of more than 4 GiB.
    Wide,
}

/// Builds a zip.
#[derive(Default)]
pub(crate) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    /// Adds a member that is packed already.
    pub(crate) fn add(
        &mut self,
        (name, content): File<'_>,
        (method, flags): (u16, u16),
        sizes: Sizes,
        packed: &[u8],
    ) -> &mut Self {
        let at = self.bytes.len() as u32;
        let flags = flags | if sizes == Sizes::Behind { 8 } else { 0 };
        let mut fields = [20, flags, method, 0, 0].map(u16::to_le_bytes).concat();
        let lens = [packed.len() as u32, content.len() as u32];
        let known = [
            &crc(content).to_le_bytes()[..],
            &lens.map(u32::to_le_bytes).concat(),
        ];
        let known = known.concat();
        let listed = [&fields[..], &known].concat();
        let mut extra = Vec::new();
        match sizes {
            Sizes::Ahead => fields.extend(&known),
            Sizes::Behind => fields.extend([0; 12]),
            Sizes::Wide => {
                fields.extend(&known[..4]);
                fields.extend([0xff; 8]);
                let wide = [lens[1], lens[0]].map(|len| u64::from(len).to_le_bytes());
                extra = [&[1, 0, 16, 0], &wide.concat()[..]].concat();
            }
        }
        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(fields);
        self.bytes.extend(
            [name.len() as u16, extra.len() as u16]
                .map(u16::to_le_bytes)
                .concat(),
        );
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(extra);
        self.bytes.extend(packed);
        if sizes == Sizes::Behind {
            self.bytes.extend(b"PK\x07\x08");
            self.bytes.extend(known);
        }
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(listed);
        self.directory.extend((name.len() as u16).to_le_bytes());
        self.directory.extend([0; 12]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count += 1;
        self
    }

    /// Forgets what the directory lists.
    pub(crate) fn unlisted(&mut self) -> &mut Self {
        self.directory.clear();
        self.count = 0;
        self
    }

    /// Ends the zip. `front`: bytes that stand in front of it.
    pub(crate) fn end(&self, front: &[u8]) -> Vec<u8> {
        let mut all = [front, &self.bytes, &self.directory, b"PK\x05\x06\0\0\0\0"].concat();
        all.extend([self.count, self.count].map(u16::to_le_bytes).concat());
        all.extend((self.directory.len() as u32).to_le_bytes());
        all.extend((self.bytes.len() as u32).to_le_bytes());
        all.extend([0, 0]);
        all
    }
}

/// A zip of files, each packed by `pack`.
pub(crate) fn zip_of(files: &[File<'_>], method: u16, sizes: Sizes, pack: Pack) -> Vec<u8> {
    let mut zip = Zip::default();
    for file in files {
        zip.add(*file, (method, 0), sizes, &pack(file.1));
    }
    zip.end(b"")
}

/// Packs bytes.
pub(crate) type Pack = fn(&[u8]) -> Vec<u8>;

/// The content of a zip's member that is packed with lzma: a header, and the stream.
pub(crate) fn zip_lzma(content: &[u8]) -> Vec<u8> {
    [&[16, 2, 5, 0], streams::LZMA, &streams::raw_lzma(content)].concat()
}

/// A header of a tar of one of its kinds, with its checksum.
fn tar_header(
    name: &[u8],
    size: usize,
    kind: u8,
    magic: &[u8],
    more: &[(usize, &[u8])],
) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[148..156].copy_from_slice(b"        ");
    header[156] = kind;
    header[257..257 + magic.len()].copy_from_slice(magic);
    for (at, bytes) in more {
        header[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// Fills up to whole blocks of a tar.
fn blocks(content: &[u8]) -> Vec<u8> {
    let mut all = content.to_vec();
    all.resize(all.len().next_multiple_of(512), 0);
    all
}

/// How a tar is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tar {
    V7,
    /// Long names in a header before.
    Pax,
    Gnu,
    /// Only the parts of a file that are not zero.
    Sparse,
    PaxSparse,
}

/// A tar of files in one of its dialects.
pub(crate) fn tar_of(files: &[File<'_>], dialect: Tar) -> Vec<u8> {
    let mut all = Vec::new();
    let pax = |key: &str, value: &str| {
        let len = key.len() + value.len() + 3;
        let len = len + (len + 2).to_string().len();
        format!("{len} {key}={value}\n")
    };
    for (name, content) in files {
        let size = content.len();
        let ustar = b"ustar\x0000";
        let ahead = |records: String| {
            let header = tar_header(b"ahead", records.len(), b'x', ustar, &[]);
            [header, blocks(records.as_bytes())].concat()
        };
        match dialect {
            Tar::V7 => all.extend(tar_header(name.as_bytes(), size, 0, b"", &[])),
            Tar::Pax => {
                all.extend(ahead(pax("path", name)));
                all.extend(tar_header(b"cut", size, b'0', ustar, &[]));
            }
            Tar::Gnu => {
                let header = tar_header(b"././@LongLink", name.len() + 1, b'L', b"ustar  \0", &[]);
                all.extend(header);
                all.extend(blocks(&[name.as_bytes(), b"\0"].concat()));
                all.extend(tar_header(b"cut", size, b'0', b"ustar  \0", &[]));
            }
            Tar::Sparse => {
                // A hole of 8 GiB in front of the content.
                let map = format!("{:011o}\0{size:011o}\0", 8_u64 << 30);
                let len = format!("{:011o}\0", (8 << 30) + size as u64);
                let more: &[(usize, &[u8])] = &[(386, map.as_bytes()), (483, len.as_bytes())];
                all.extend(tar_header(name.as_bytes(), size, b'S', b"ustar  \0", more));
            }
            Tar::PaxSparse => {
                let map = blocks(format!("1\n{}\n{size}\n", 8_u64 << 30).as_bytes());
                let records = [
                    pax("GNU.sparse.major", "1"),
                    pax("GNU.sparse.minor", "0"),
                    pax("GNU.sparse.name", name),
                    pax(
                        "GNU.sparse.realsize",
                        &((8 << 30) + size as u64).to_string(),
                    ),
                ];
                all.extend(ahead(records.concat()));
                all.extend(tar_header(
                    b"GNUSparseFile.0/x",
                    map.len() + size,
                    b'0',
                    ustar,
                    &[],
                ));
                all.extend(map);
            }
        }
        all.extend(blocks(content));
    }
    all.resize(all.len() + 1024, 0);
    all
}

/// A folder of a 7z: its coders with their properties, its packed streams, and its only file.
pub(crate) struct Folder<'f> {
    pub(crate) coders: &'f [(&'f [u8], &'f [u8])],
    pub(crate) packed: &'f [Vec<u8>],
    pub(crate) file: File<'f>,
}

/// A number of a 7z in three bytes behind its first.
fn number(value: usize) -> [u8; 4] {
    [0xe0, value as u8, (value >> 8) as u8, (value >> 16) as u8]
}

/// What the header of a 7z says about the streams of folders.
fn seven_streams(folders: &[Folder<'_>], start: usize) -> Vec<u8> {
    let packed: Vec<_> = folders.iter().flat_map(|f| f.packed).collect();
    let mut header = [&[6][..], &number(start), &[packed.len() as u8, 9]].concat();
    for stream in packed {
        header.extend(number(stream.len()));
    }
    header.extend([0, 7, 0x0b, folders.len() as u8, 0]);
    for folder in folders {
        header.push(folder.coders.len() as u8);
        let is_complex = folder.packed.len() > 1;
        for (id, props) in folder.coders {
            header.push(id.len() as u8 | 0x20 | u8::from(is_complex) << 4);
            header.extend(*id);
            if is_complex {
                header.extend([folder.packed.len() as u8, 1]);
            }
            header.push(props.len() as u8);
            header.extend(*props);
        }
        // Each coder takes what the next one returns.
        for at in 1..folder.coders.len() as u8 {
            header.extend([at - 1, at]);
        }
        if is_complex {
            header.extend(0..folder.packed.len() as u8);
        }
    }
    header.push(0x0c);
    for folder in folders {
        for _ in folder.coders {
            header.extend(number(folder.file.1.len()));
        }
    }
    header.extend([0, 8, 0x0a, 1]);
    for folder in folders {
        header.extend(crc(folder.file.1).to_le_bytes());
    }
    header.extend([0, 0]);
    header
}

/// A 7z of folders. Its header is packed with lzma2, if wanted.
pub(crate) fn seven(folders: &[Folder<'_>], is_packed: bool) -> Vec<u8> {
    let mut content: Vec<u8> = folders.iter().flat_map(|f| f.packed.concat()).collect();
    let units = folders
        .iter()
        .flat_map(|f| f.file.0.encode_utf16().chain([0]));
    let names: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    let files = [
        &[5, folders.len() as u8, 0x11][..],
        &number(names.len() + 1),
        &[0],
        &names,
        &[0],
    ];
    let mut header = [
        &[1, 4],
        &seven_streams(folders, 0)[..],
        &files.concat(),
        &[0],
    ]
    .concat();
    if is_packed {
        let packed = streams::lzma2(&header);
        let folder = Folder {
            coders: &[(&[0x21], streams::LZMA2)],
            packed: std::slice::from_ref(&packed),
            file: ("", &header),
        };
        let outer = [&[0x17], &seven_streams(&[folder], content.len())[..]].concat();
        content.extend(packed);
        header = outer;
    }
    let sizes = [content.len() as u64, header.len() as u64]
        .map(u64::to_le_bytes)
        .concat();
    let fields = [&sizes[..], &crc(&header).to_le_bytes()].concat();
    let check = crc(&fields).to_le_bytes();
    [
        b"7z\xbc\xaf\x27\x1c\0\x04",
        &check[..],
        &fields,
        &content,
        &header,
    ]
    .concat()
}

/// A 7z of files, each in a folder with these coders. The last coder's stream is packed by `pack`.
pub(crate) fn seven_of(files: &[File<'_>], coders: &[(&[u8], &[u8])], pack: Pack) -> Vec<u8> {
    let packed: Vec<_> = files.iter().map(|(_, content)| [pack(content)]).collect();
    let folders = files.iter().zip(&packed);
    let folders: Vec<_> = folders
        .map(|(file, packed)| Folder {
            coders,
            packed,
            file: *file,
        })
        .collect();
    seven(&folders, false)
}

/// The difference of each byte and the one before, as a coder of 7z stores it.
pub(crate) fn delta(content: &[u8]) -> Vec<u8> {
    let mut last = 0_u8;
    let difference = |byte: &u8| byte.wrapping_sub(std::mem::replace(&mut last, *byte));
    content.iter().map(difference).collect()
}

/// An ar of files, with names as in its GNU or BSD variant.
pub(crate) fn ar(files: &[File<'_>], is_bsd: bool) -> Vec<u8> {
    let mut all = b"!<arch>\n".to_vec();
    for (name, content) in files {
        let (shown, before) = match is_bsd {
            true => (format!("#1/{}", name.len()), name.as_bytes()),
            false => (format!("{name}/"), &b""[..]),
        };
        let size = before.len() + content.len();
        all.extend(
            format!(
                "{shown:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
                0, 0, 0, "100644"
            )
            .into_bytes(),
        );
        all.extend(before);
        all.extend(*content);
        if size % 2 == 1 {
            all.push(b'\n');
        }
    }
    all
}

/// How a cpio is written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cpio {
    New,
    Portable,
    Little,
    Big,
}

/// A cpio of files.
pub(crate) fn cpio(files: &[File<'_>], form: Cpio) -> Vec<u8> {
    let mut all = Vec::new();
    for (name, content) in files.iter().copied().chain([("TRAILER!!!", &b""[..])]) {
        let (mode, named, size) = (0o100_644_u32, name.len() + 1, content.len());
        let start = all.len();
        match form {
            Cpio::New => {
                let zeros = "0".repeat(8);
                let fields = format!(
                    "070701{:08x}{mode:08x}{}{:08x}{size:08x}{}{named:08x}{zeros}",
                    7,
                    zeros.repeat(3),
                    0,
                    zeros.repeat(4)
                );
                all.extend(fields.into_bytes());
            }
            Cpio::Portable => {
                let fields = format!(
                    "070707{:012o}{mode:06o}{:024o}{:011o}{named:06o}{size:011o}",
                    0, 0, 0
                );
                all.extend(fields.into_bytes());
            }
            Cpio::Little | Cpio::Big => {
                let mut words = [0_u16; 13];
                words[0] = 0o70707;
                words[3] = mode as u16;
                words[10] = named as u16;
                words[11] = (size >> 16) as u16;
                words[12] = size as u16;
                let bytes = words.map(|word| match form {
                    Cpio::Little => word.to_le_bytes(),
                    _ => word.to_be_bytes(),
                });
                all.extend(bytes.concat());
            }
        }
        let unit = match form {
            Cpio::New => 4,
            Cpio::Portable => 1,
            _ => 2,
        };
        let fill = |all: &mut Vec<u8>| {
            let len = (all.len() - start).next_multiple_of(unit);
            all.resize(start + len, 0);
        };
        all.extend(name.as_bytes());
        all.push(0);
        fill(&mut all);
        all.extend(content);
        fill(&mut all);
    }
    all
}

/// An rpm with a payload.
pub(crate) fn rpm(payload: &[u8]) -> Vec<u8> {
    let header = |values: &[u8]| {
        let entry = [[0, 0, 3, 0xe8], [0, 0, 0, 6], [0; 4], [0, 0, 0, 1]].concat();
        let sizes = [1, values.len() as u32].map(u32::to_be_bytes).concat();
        [b"\x8e\xad\xe8\x01", &[0; 4][..], &sizes, &entry, values].concat()
    };
    let mut all = vec![0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0, 0, 1];
    all.extend(b"package-1.0-1");
    all.resize(96, 0);
    all.extend(header(b"signed\0"));
    all.push(0);
    all.extend(header(b"name\0a script\nof two lines\0"));
    all.extend(payload);
    all
}

/// The files of an Electron program.
pub(crate) fn asar(files: &[File<'_>]) -> Vec<u8> {
    let mut offset = 0;
    let entries = files.iter().map(|(name, content)| {
        let at = offset;
        offset += content.len();
        format!(
            "\"{name}\":{{\"size\":{},\"offset\":\"{at}\"}}",
            content.len()
        )
    });
    let directory = format!(
        "{{\"files\":{{{}}}}}",
        entries.collect::<Vec<_>>().join(",")
    );
    let len = directory.len() as u32;
    let padding = (4 - len % 4) % 4;
    let numbers = [4, len + padding + 8, len + padding + 4, len];
    let mut all = numbers.map(u32::to_le_bytes).concat();
    all.extend(directory.into_bytes());
    all.resize(all.len() + padding as usize, 0);
    all.extend(files.iter().flat_map(|(_, content)| content.to_vec()));
    all
}

/// An image as `docker save` writes it, with one layer.
pub(crate) fn docker(layer: &[u8]) -> Vec<u8> {
    let manifest = br#"[{"Config":"config.json","RepoTags":[],"Layers":["one/layer.tar"]}]"#;
    super::tar(&[
        (
            "config.json",
            b"{\"os\":\"linux\",\"architecture\":\"amd64\"}",
        ),
        ("manifest.json", manifest),
        ("one/layer.tar", layer),
    ])
}

/// A package of Debian with these files in its data.
pub(crate) fn deb(files: &[File<'_>], name: &str, pack: Pack) -> Vec<u8> {
    let control = gzip(&super::tar(&[("./control", b"Package: one\n")]));
    let data = pack(&super::tar(files));
    ar(
        &[
            ("debian-binary", b"2.0\n"),
            ("control.tar.gz", &control),
            (name, &data),
        ],
        false,
    )
}

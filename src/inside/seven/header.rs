//! The header of a 7z archive: where its streams stand, how they are packed, and which files
//! they hold.
//!
//! Source: `7zFormat.txt` of the LZMA SDK, "Header", and `Methods.txt` for the names of coders.

use super::super::checked::Crc;

/// Kinds of properties.
const END: u64 = 0;
const HEADER: u64 = 1;
const ARCHIVE: u64 = 2;
const ADDITIONAL: u64 = 3;
const STREAMS: u64 = 4;
const FILES: u64 = 5;
const PACKED: u64 = 6;
const FOLDERS: u64 = 7;
const SUBSTREAMS: u64 = 8;
const SIZES: u64 = 9;
const CHECKSUMS: u64 = 0x0a;
const FOLDER: u64 = 0x0b;
const UNPACKED_SIZES: u64 = 0x0c;
const COUNTS: u64 = 0x0d;
const EMPTY_STREAMS: u64 = 0x0e;
const EMPTY_FILES: u64 = 0x0f;
const NAMES: u64 = 0x11;
const TIMES: std::ops::RangeInclusive<u64> = 0x12..=0x14;
const ATTRIBUTES: u64 = 0x15;
const ENCODED: u64 = 0x17;
const START: u64 = 0x18;

/// The most coders of a folder, and streams of a coder.
const CODERS: u64 = 32;

/// A coder of a folder.
#[derive(Debug)]
pub(super) struct Coder {
    pub(super) id: u64,
    /// How many streams it takes and returns when it unpacks.
    pub(super) ins: usize,
    pub(super) outs: usize,
    pub(super) props: Vec<u8>,
}

/// Coders that together unpack one stream.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) coders: Vec<Coder>,
    /// A stream that a coder takes, and the one of another coder that it is.
    pub(super) binds: Vec<(usize, usize)>,
    /// The streams of coders that are packed streams of the archive, in order.
    pub(super) packed: Vec<usize>,
    /// The sizes in bytes of what each coder returns.
    pub(super) sizes: Vec<u64>,
    pub(super) crc: Option<u32>,
    /// What it holds: sizes in bytes, and checksums.
    pub(super) parts: Vec<(u64, Option<u32>)>,
}

impl Folder {
    /// The stream that no other coder takes: what the folder holds.
    pub(super) fn main(&self) -> Option<usize> {
        (0..self.sizes.len()).find(|out| self.binds.iter().all(|(_, bound)| bound != out))
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.sizes.get(self.main()?).copied()
    }
}

/// The streams of an archive.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Where the packed streams begin, behind the start header.
    pub(super) start: u64,
    /// Their sizes in bytes.
    pub(super) packed: Vec<u64>,
    pub(super) folders: Vec<Folder>,
}

/// A file of an archive.
#[derive(Debug, Default)]
pub(super) struct File {
    /// In UTF-8.
    pub(super) name: String,
    pub(super) has_stream: bool,
    pub(super) is_directory: bool,
}

/// What a header says.
#[derive(Debug)]
pub(super) enum Header {
    /// The header itself is packed.
    Encoded(Streams),
    Plain {
        streams: Streams,
        files: Vec<File>,
        /// Properties that may hold text.
        others: Vec<Vec<u8>>,
    },
}

impl Header {
    /// Reads a header. None if it is not as the format wants it.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { rest: bytes };
        match reader.number()? {
            ENCODED => Some(Header::Encoded(reader.streams()?)),
            HEADER => reader.header(),
            _ => None,
        }
    }
}

/// The bytes of a header that were not read.
struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn bytes(&mut self, count: u64) -> Option<&'b [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    /// A number: as many high bits of the first byte are set as bytes follow.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut value = [0; 8];
        let low = self.bytes(more.into())?;
        value[..low.len()].copy_from_slice(low);
        let high = match more {
            8 => 0,
            more => u64::from(first & (0x7f >> more)) << (8 * more),
        };
        Some(u64::from_le_bytes(value) | high)
    }

    /// A number of things that are counted in memory.
    fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// Whether each of `count` things has a property.
    fn bits(&mut self, count: usize) -> Option<Vec<bool>> {
        let bytes = self.bytes(count.div_ceil(8) as u64)?;
        let bit = |at: usize| bytes[at / 8] & (0x80 >> (at % 8)) != 0;
        Some((0..count).map(bit).collect())
    }

    /// The checksums of `count` things, of which some may have none.
    fn checksums(&mut self, count: usize) -> Option<Vec<Option<u32>>> {
        let are_known = match self.byte()? {
            0 => self.bits(count)?,
            _ if count > self.rest.len() / 4 => return None,
            _ => vec![true; count],
        };
        let checksums = are_known.into_iter().map(|is_known| match is_known {
            true => Some(Some(u32::from_le_bytes(*self.bytes(4)?.first_chunk()?))),
            false => Some(None),
        });
        checksums.collect()
    }

    fn header(&mut self) -> Option<Header> {
        let mut streams = Streams::default();
        let mut files = Vec::new();
        let mut others = Vec::new();
        loop {
            match self.number()? {
                END => break,
                ARCHIVE => {
                    while self.number()? != END {
                        let len = self.number()?;
                        others.push(self.bytes(len)?.to_vec());
                    }
                }
                ADDITIONAL => drop(self.streams()?),
                STREAMS => streams = self.streams()?,
                FILES => files = self.files(&mut others)?,
                _ => return None,
            }
        }
        others.push(self.rest.to_vec());
        Some(Header::Plain {
            streams,
            files,
            others,
        })
    }

    fn streams(&mut self) -> Option<Streams> {
        let mut streams = Streams::default();
        loop {
            match self.number()? {
                END => break,
                PACKED => self.packed(&mut streams)?,
                FOLDERS => streams.folders = self.folders()?,
                SUBSTREAMS => self.substreams(&mut streams.folders)?,
                _ => return None,
            }
        }
        for folder in &mut streams.folders {
            if folder.parts.is_empty() {
                folder.parts = vec![(folder.size()?, folder.crc)];
            }
            // An empty list was noted as one of an impossible part.
            folder.parts.retain(|part| *part != NONE);
        }
        Some(streams)
    }

    fn packed(&mut self, streams: &mut Streams) -> Option<()> {
        streams.start = self.number()?;
        let count = self.count()?;
        loop {
            match self.number()? {
                END => return (streams.packed.len() == count).then_some(()),
                SIZES => {
                    for _ in 0..count {
                        let size = self.number()?;
                        streams.packed.push(size);
                    }
                }
                CHECKSUMS => drop(self.checksums(count)?),
                _ => return None,
            }
        }
    }

    fn folders(&mut self) -> Option<Vec<Folder>> {
        let mut folders = Vec::new();
        if self.number()? != FOLDER {
            return None;
        }
        let count = self.count()?;
        if self.byte()? != 0 {
            return None;
        }
        for _ in 0..count {
            folders.push(self.folder()?);
        }
        loop {
            match self.number()? {
                END => {
                    let is_sized = |folder: &Folder| !folder.sizes.is_empty();
                    return folders.iter().all(is_sized).then_some(folders);
                }
                UNPACKED_SIZES => {
                    for folder in &mut folders {
                        folder.sizes.clear();
                        for _ in 0..folder.coders.iter().map(|coder| coder.outs).sum() {
                            folder.sizes.push(self.number()?);
                        }
                    }
                }
                CHECKSUMS => {
                    let checksums = self.checksums(folders.len())?;
                    for (folder, crc) in folders.iter_mut().zip(checksums) {
                        folder.crc = crc;
                    }
                }
                _ => return None,
            }
        }
    }

    fn folder(&mut self) -> Option<Folder> {
        let mut folder = Folder::default();
        let few = |count: u64| (1..=CODERS).contains(&count).then_some(count);
        for _ in 0..few(self.number()?)? {
            let flags = self.byte()?;
            let id = self.bytes((flags & 0x0f).into())?;
            if id.len() > 8 || flags & 0xc0 != 0 {
                return None;
            }
            let id = id.iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
            let (ins, outs) = match flags & 0x10 {
                0 => (1, 1),
                _ => (few(self.number()?)? as usize, few(self.number()?)? as usize),
            };
            let len = match flags & 0x20 {
                0 => 0,
                _ => self.number()?,
            };
            let props = self.bytes(len)?.to_vec();
            folder.coders.push(Coder {
                id,
                ins,
                outs,
                props,
            });
        }
        let ins: usize = folder.coders.iter().map(|coder| coder.ins).sum();
        let outs: usize = folder.coders.iter().map(|coder| coder.outs).sum();
        for _ in 1..outs {
            let bind = (self.count()?, self.count()?);
            if bind.0 >= ins || bind.1 >= outs {
                return None;
            }
            folder.binds.push(bind);
        }
        let packed = ins.checked_sub(folder.binds.len())?;
        if packed == 1 {
            let is_free = |at: &usize| folder.binds.iter().all(|(bound, _)| bound != at);
            folder.packed.push((0..ins).find(is_free)?);
        } else {
            for _ in 0..packed {
                folder.packed.push(self.count()?);
            }
        }
        Some(folder)
    }

    fn substreams(&mut self, folders: &mut [Folder]) -> Option<()> {
        let mut kind = self.number()?;
        let mut counts = vec![1; folders.len()];
        if kind == COUNTS {
            for count in &mut counts {
                *count = self.count()?;
            }
            kind = self.number()?;
        }
        let has_sizes = kind == SIZES;
        for (folder, count) in folders.iter_mut().zip(&counts) {
            let mut left = folder.size()?;
            for at in 1..=*count {
                let size = match at {
                    at if at == *count => left,
                    _ if !has_sizes => return None,
                    _ => self.number()?,
                };
                left = left.checked_sub(size)?;
                folder.parts.push((size, None));
            }
            match count {
                0 => folder.parts.push(NONE),
                1 => folder.parts = vec![(folder.size()?, folder.crc)],
                _ => {}
            }
        }
        if has_sizes {
            kind = self.number()?;
        }
        while kind != END {
            if kind == CHECKSUMS {
                let parts = folders.iter_mut().flat_map(|folder| &mut folder.parts);
                let unknown: Vec<_> = parts
                    .filter(|part| part.1.is_none() && **part != NONE)
                    .collect();
                let checksums = self.checksums(unknown.len())?;
                for (part, crc) in unknown.into_iter().zip(checksums) {
                    part.1 = crc;
                }
            } else {
                return None;
            }
            kind = self.number()?;
        }
        Some(())
    }

    fn files(&mut self, others: &mut Vec<Vec<u8>>) -> Option<Vec<File>> {
        let count = self.count()?;
        // A file has a name of at least two bytes, or nothing is known about it.
        if count > self.rest.len() {
            return None;
        }
        let mut files: Vec<File> = Vec::new();
        files.resize_with(count, || File {
            has_stream: true,
            ..File::default()
        });
        loop {
            let kind = self.number()?;
            if kind == END {
                return Some(files);
            }
            let len = self.number()?;
            let mut data = Reader {
                rest: self.bytes(len)?,
            };
            match kind {
                EMPTY_STREAMS => {
                    for (file, is_empty) in files.iter_mut().zip(data.bits(count)?) {
                        file.has_stream = !is_empty;
                        file.is_directory = is_empty;
                    }
                }
                EMPTY_FILES => {
                    let empty: Vec<_> = files.iter_mut().filter(|f| !f.has_stream).collect();
                    let are_files = data.bits(empty.len())?;
                    for (file, is_file) in empty.into_iter().zip(are_files) {
                        file.is_directory = !is_file;
                    }
                }
                NAMES => {
                    if data.byte()? != 0 {
                        return None;
                    }
                    for file in &mut files {
                        file.name = data.name()?;
                    }
                    others.push(data.rest.to_vec());
                }
                ATTRIBUTES | START => {}
                _ if TIMES.contains(&kind) => {}
                _ => others.push(data.rest.to_vec()),
            }
        }
    }

    /// A name in UTF-16 that ends with a zero.
    fn name(&mut self) -> Option<String> {
        let (units, _) = self.rest.as_chunks::<2>();
        let end = units.iter().position(|unit| *unit == [0, 0])?;
        let name = units[..end].iter().map(|unit| u16::from_le_bytes(*unit));
        let name = char::decode_utf16(name).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        let name = name.collect();
        self.rest = &self.rest[2 * (end + 1)..];
        Some(name)
    }
}

/// What stands for a folder that holds nothing.
const NONE: (u64, Option<u32>) = (u64::MAX, None);

/// The start header: where the header stands behind it, its length, and its checksum. None if
/// its own checksum is wrong.
pub(super) fn start(bytes: &[u8; 32]) -> Option<(u64, u64, u32)> {
    let (head, fields) = bytes.split_at(12);
    let told = u32::from_le_bytes(*head[8..].first_chunk()?);
    let offset = u64::from_le_bytes(*fields.first_chunk()?);
    let len = u64::from_le_bytes(*fields[8..].first_chunk()?);
    let crc = u32::from_le_bytes(*fields[16..].first_chunk()?);
    (Crc::of(fields) == told).then_some((offset, len, crc))
}

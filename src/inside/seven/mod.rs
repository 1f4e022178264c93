//! 7z: streams that hold files one behind the other, and a header behind them that names them.
//!
//! The header stands at the end, and it may be packed itself: the archive is held as a whole.
//! What a folder holds is unpacked once, in order.
//!
//! Source: `7zFormat.txt` and `Methods.txt` of the LZMA SDK.

mod coders;
mod header;

use std::io::{self, Read};

use self::coders::Opener;
use self::header::{File, Folder, Header, Streams};
use super::Members;
use super::budget::HELD;
use super::checked::{Checked, Crc};
use super::input::Input;
use super::streams::{Method, Taken, reader};
use super::trouble::{Class, Trouble};
use super::whole::whole;

/// What an archive begins with.
const MARK: &[u8] = b"7z\xbc\xaf\x27\x1c";
/// The length of the start header.
const START: usize = 32;
/// How often a header may be packed in another one.
const PACKED: usize = 4;

/// The largest window that a stream may have whose header is lost, in bytes.
const WINDOW: u32 = 64 << 20;
/// The properties that nearly all streams of lzma have.
const PROPERTIES: u8 = 0x5d;
/// Bytes that are unpacked to see whether a stream is packed by a method.
const SAMPLE: usize = 64;
/// The name of what is in an archive whose names are lost.
const CONTENT: &[u8] = b"content";

const HEADER: &str = "its header is damaged";

/// Whether content begins as a 7z archive does.
pub(super) fn begins(head: &[u8]) -> bool {
    head.starts_with(MARK)
}

/// Returns where an archive begins in the first `window` bytes of other content. The checksum of its
/// start is right: programs that read archives have the mark, too.
pub(super) fn find(all: &[u8], window: usize) -> Option<usize> {
    let mut marks = memchr::memmem::find_iter(&all[..all.len().min(window)], MARK);
    marks.find(|at| {
        let start = all[*at..].first_chunk::<START>();
        start.is_some_and(|start| header::start(start).is_some())
    })
}

/// # Errors
/// Fails as [`walk`](super::walk) does.
pub(super) fn walk(input: &mut Input<'_>, members: &mut dyn Members) -> io::Result<()> {
    let (all, ended) = whole(input, members)?;
    let mut archive = Archive {
        all: &all,
        input,
        used: Vec::new(),
    };
    let walked = archive.read(members);
    archive.gaps(members);
    ended?;
    walked
}

/// An archive that is held.
struct Archive<'w, 'a> {
    all: &'w [u8],
    input: &'w Input<'a>,
    /// Where packed streams and headers stand that were read: begin and end.
    used: Vec<(usize, usize)>,
}

impl<'w> Archive<'w, '_> {
    fn read(&mut self, members: &mut dyn Members) -> io::Result<()> {
        let damaged = |why| Err(self.input.damaged(why));
        let Some(start) = self.all.first_chunk::<START>() else {
            return damaged("it is cut off");
        };
        let Some((offset, len, crc)) = header::start(start) else {
            return damaged("the checksum of its start is wrong");
        };
        if len == 0 {
            self.used.push((0, START));
            return Ok(());
        }
        let Some((at, header)) = self.slice(offset, len) else {
            self.first(members)?;
            return damaged("it is cut off");
        };
        if Crc::of(header) != crc {
            return damaged("the checksum of its header is wrong");
        }
        self.used.push((0, START));
        let mut used = (at, at + header.len());
        let mut header = header.to_vec();
        for _ in 0..PACKED {
            match Header::read(&header) {
                None => return damaged(HEADER),
                Some(Header::Encoded(streams)) => {
                    self.used.push(used);
                    let opened = self.unpack_header(&streams)?;
                    used = (0, 0);
                    header = match opened {
                        Ok(header) => header,
                        Err(class) => {
                            // Nothing says what stands where.
                            self.used.push((0, at));
                            members.shut(b"", class, self.all.len() as u64);
                            return Ok(());
                        }
                    };
                    self.use_all(&streams);
                }
                Some(Header::Plain {
                    streams,
                    files,
                    others,
                }) => {
                    self.used.push(used);
                    for text in others.iter().filter(|text| text.iter().any(|b| *b != 0)) {
                        members.rest(text);
                        members.rest(b"\n");
                    }
                    return self.folders(&streams, &files, members);
                }
            }
        }
        damaged(HEADER)
    }

    /// Passes on what the first packed stream holds, as far as it is there: the header that names its
    /// files and its coders is cut off. Most are packed by one of these methods.
    fn first(&self, members: &mut dyn Members) -> io::Result<()> {
        let packed = self.all.get(START..).unwrap_or_default();
        let method = match Method::of(packed) {
            Some(method @ (Method::Bzip2 | Method::Zstd | Method::Lz4)) => method,
            _ => match packed {
                [1 | 0xe0.., ..] => Method::RawLzma2 { dictionary: WINDOW },
                [0, ..] => Method::RawLzma {
                    props: PROPERTIES,
                    dictionary: WINDOW,
                    size: u64::MAX,
                },
                _ => return Ok(()),
            },
        };
        let taken = Taken::skipping();
        let mut content = reader(
            method,
            Box::new(packed),
            &taken,
            self.input.budget,
            self.input.level,
        );
        let mut sample = [0; SAMPLE];
        match content.read_exact(&mut sample) {
            Ok(()) => members.member(CONTENT, &mut sample.chain(content)),
            Err(_) => Ok(()),
        }
    }

    /// Returns a stretch behind the start header, and where it stands.
    fn slice(&self, offset: u64, len: u64) -> Option<(usize, &'w [u8])> {
        let at = usize::try_from(offset).ok()?.checked_add(START)?;
        let end = at.checked_add(usize::try_from(len).ok()?)?;
        Some((at, self.all.get(at..end)?))
    }

    /// Returns the packed streams. Those that are not there, or not as a whole, are shorter.
    fn packed(&self, streams: &Streams) -> Vec<(usize, &'w [u8])> {
        let mut offset = streams.start;
        let packed = streams.packed.iter().map(|len| {
            let at = usize::try_from(offset).unwrap_or(usize::MAX);
            let at = at.saturating_add(START).min(self.all.len());
            offset = offset.saturating_add(*len);
            let len = usize::try_from(*len).unwrap_or(usize::MAX);
            (
                at,
                &self.all[at..at.saturating_add(len).min(self.all.len())],
            )
        });
        packed.collect()
    }

    fn use_all(&mut self, streams: &Streams) {
        let packed = self.packed(streams);
        let count = streams.folders.iter().map(|f| f.packed.len()).sum();
        let used = packed.iter().take(count);
        self.used
            .extend(used.map(|(at, bytes)| (*at, at + bytes.len())));
    }

    /// Passes on what belongs to no packed stream and no header.
    fn gaps(mut self, members: &mut dyn Members) {
        self.used.sort_unstable();
        let mut from = 0;
        for (start, end) in self.used {
            if let Some(gap @ [_, ..]) = self.all.get(from..start) {
                members.rest(gap);
            }
            from = from.max(end);
        }
        members.rest(self.all.get(from..).unwrap_or_default());
    }

    /// Unpacks a header, or returns why it cannot be read.
    fn unpack_header(&self, streams: &Streams) -> io::Result<Result<Vec<u8>, Class>> {
        let [folder, ..] = &streams.folders[..] else {
            return Err(self.input.damaged(HEADER));
        };
        let size = folder.size().filter(|size| *size <= HELD as u64);
        let size = size.ok_or_else(|| self.input.damaged(HEADER))?;
        let packed = self.packed(streams);
        let taken = taken(folder);
        let content = match self.opener(folder, &packed, &taken).open() {
            Ok(content) => content,
            Err(Class::Damaged) => return Err(self.input.damaged(HEADER)),
            Err(class) => return Ok(Err(class)),
        };
        let mut header = Vec::new();
        content.take(size).read_to_end(&mut header)?;
        if folder.crc.is_some_and(|crc| crc != Crc::of(&header)) {
            return Err(self.input.damaged("the checksum of its header is wrong"));
        }
        Ok(Ok(header))
    }

    fn opener<'o>(
        &'o self,
        folder: &'o Folder,
        packed: &[(usize, &'o [u8])],
        taken: &'o [Taken],
    ) -> Opener<'o> {
        Opener {
            folder,
            packed: packed.iter().map(|(_, bytes)| *bytes).collect(),
            taken,
            budget: self.input.budget,
            level: self.input.level,
        }
    }

    /// Passes on what folders hold.
    fn folders(
        &mut self,
        streams: &Streams,
        files: &[File],
        members: &mut dyn Members,
    ) -> io::Result<()> {
        self.use_all(streams);
        let packed = self.packed(streams);
        let is_cut = packed
            .iter()
            .zip(&streams.packed)
            .any(|((_, bytes), len)| bytes.len() as u64 != *len);
        let mut with_stream = files.iter().filter(|file| file.has_stream);
        let mut from = 0;
        for folder in &streams.folders {
            let to = from + folder.packed.len();
            let own = packed.get(from..to.min(packed.len())).unwrap_or_default();
            from = to;
            let taken = taken(folder);
            let opened = self.opener(folder, own, &taken).open();
            let names = with_stream.by_ref().map(|file| file.name.as_str());
            self.folder(folder, opened, names, members)?;
        }
        for file in files {
            members.rest(file.name.as_bytes());
            members.rest(b"\n");
            if !file.has_stream && !file.is_directory {
                members.member(file.name.as_bytes(), &mut io::empty())?;
            }
        }
        if is_cut || with_stream.next().is_some() {
            return Err(self.input.damaged("its header lists more than there is"));
        }
        Ok(())
    }

    /// Passes on the files of a folder, whose names come from `names`.
    fn folder<'n>(
        &self,
        folder: &Folder,
        opened: Result<Box<dyn Read + '_>, Class>,
        mut names: impl Iterator<Item = &'n str>,
        members: &mut dyn Members,
    ) -> io::Result<()> {
        let level = self.input.level;
        let mut failed = opened.as_ref().err().copied();
        let mut content = opened.unwrap_or_else(|_| Box::new(io::empty()));
        for (size, crc) in &folder.parts {
            let name = names.next().unwrap_or_default().as_bytes();
            if let Some(class) = failed {
                members.shut(name, class, *size);
                continue;
            }
            let mut part = content.by_ref().take(*size);
            let mut checked = Checked::new(&mut part, *crc, Some(*size), level);
            members.member(name, &mut checked)?;
            let is_left = checked.failed.is_none() && !checked.is_done;
            if let Some(Err(error)) = is_left.then(|| checked.drain()) {
                let trouble = Trouble::of(&error).ok_or(error)?;
                members.partly(name, trouble.class, *size);
            }
            let is_short = checked.len < *size;
            // What comes behind a place that cannot be unpacked is lost too.
            failed = checked
                .failed
                .filter(|_| is_short)
                .map(|trouble| trouble.class);
        }
        if failed.is_some() {
            return Ok(());
        }
        let mut buffer = vec![0; 8192];
        loop {
            match content.read(&mut buffer)? {
                0 => return Ok(()),
                n => members.rest(&buffer[..n]),
            }
        }
    }
}

/// Returns room for what each coder of a folder takes.
fn taken(folder: &Folder) -> Vec<Taken> {
    folder.coders.iter().map(|_| Taken::skipping()).collect()
}

#[cfg(test)]
mod tests;

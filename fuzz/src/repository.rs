//! A bare repository in a directory of this process. The fuzzer writes a part of it. Built by hand:
//! no `git` program runs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The directory, reused for all inputs and removed with its thread.
pub struct Repository(PathBuf);

impl Repository {
    /// Returns the repository of one target on this thread. Inputs of the same target overwrite
    /// each other's files; no other target sees them.
    pub fn of(target: &'static str) -> Rc<Self> {
        thread_local! {
            static MADE: RefCell<HashMap<&'static str, Rc<Repository>>> = RefCell::default();
        }
        MADE.with_borrow_mut(|made| {
            let new = || Rc::new(Self::make(target));
            Rc::clone(made.entry(target).or_insert_with(new))
        })
    }

    fn make(target: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("stopleak-fuzz-{}-{number}-{target}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let made = Self(path);
        fs::create_dir_all(made.0.join("objects/pack")).expect("a writable directory");
        fs::create_dir_all(made.0.join("refs/heads")).expect("a writable directory");
        made.write("HEAD", b"ref: refs/heads/main\n");
        made.write("config", b"[core]\n\tbare = true\n");
        made
    }

    /// Writes `bytes` to the file `name`.
    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("a writable directory");
    }

    /// Returns the git directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes `file` as the loose object `hex`.
    pub fn write_loose(&self, hex: &str, file: &[u8]) {
        let dir = self.0.join("objects").join(&hex[..2]);
        fs::create_dir_all(&dir).expect("a writable directory");
        fs::write(dir.join(&hex[2..]), file).expect("a writable directory");
    }

    /// Writes a pack from `script` and a branch that names its first object.
    pub fn write_pack(&self, script: &[u8]) {
        let (pack, offsets) = pack(script);
        let names: Vec<[u8; 20]> = (0..offsets.len()).map(|i| [i as u8 + 1; 20]).collect();
        let base = self
            .0
            .join("objects/pack")
            .join(format!("pack-{}", "0".repeat(40)));
        fs::write(base.with_extension("pack"), pack).expect("a writable directory");
        fs::write(base.with_extension("idx"), index(&names, &offsets))
            .expect("a writable directory");
        self.write(
            "refs/heads/main",
            format!("{}\n", "01".repeat(20)).as_bytes(),
        );
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Builds entries until the script ends: a byte of flags, a byte of length, content.
fn pack(script: &[u8]) -> (Vec<u8>, Vec<u32>) {
    let mut out = b"PACK\0\0\0\x02\0\0\0\0".to_vec();
    let mut offsets: Vec<u32> = Vec::new();
    let mut rest = script;
    while let [flags, len, after @ ..] = rest {
        if offsets.len() == 250 {
            break;
        }
        let (content, next) = after.split_at(usize::from(*len).min(after.len()));
        rest = next;
        let at = out.len() as u32;
        let kind = [1, 2, 3, 4, 6, 7, 6, 3][usize::from(flags & 7)];
        let (place, body) = match (kind, content) {
            (6 | 7, [place, body @ ..]) => (*place, body),
            _ => (0, content),
        };
        let lie = usize::from(flags & 0x80 != 0);
        push_header(&mut out, kind, body.len() + lie);
        if kind == 6 {
            let target = offsets.get(usize::from(place) % offsets.len().max(1));
            push_distance(&mut out, at - target.copied().unwrap_or(at.min(1)));
        } else if kind == 7 {
            out.extend_from_slice(&[place % 64 + 1; 20]);
        }
        if flags & 0x40 != 0 {
            out.extend_from_slice(body);
        } else {
            push_stored(&mut out, body);
        }
        offsets.push(at);
    }
    out[8..12].copy_from_slice(&(offsets.len() as u32).to_be_bytes());
    out.extend_from_slice(&[0; 20]);
    (out, offsets)
}

fn push_header(out: &mut Vec<u8>, kind: u8, size: usize) {
    let mut byte = kind << 4 | (size & 0x0f) as u8;
    let mut size = size >> 4;
    while size > 0 {
        out.push(byte | 0x80);
        byte = (size & 0x7f) as u8;
        size >>= 7;
    }
    out.push(byte);
}

fn push_distance(out: &mut Vec<u8>, mut distance: u32) {
    let mut bytes = vec![(distance & 0x7f) as u8];
    distance >>= 7;
    while distance > 0 {
        distance -= 1;
        bytes.push(0x80 | (distance & 0x7f) as u8);
        distance >>= 7;
    }
    out.extend(bytes.iter().rev());
}

/// Appends a zlib stream (RFC 1950) of one stored block (RFC 1951, 3.2.4).
pub fn push_stored(out: &mut Vec<u8>, body: &[u8]) {
    let len = body.len() as u16;
    out.extend_from_slice(&[0x78, 0x01, 0x01]);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&(!len).to_le_bytes());
    out.extend_from_slice(body);
    let (mut a, mut b) = (1u32, 0u32);
    for byte in body {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend_from_slice(&(b << 16 | a).to_be_bytes());
}

/// Writes an index of version 2 without checksums.
fn index(names: &[[u8; 20]], offsets: &[u32]) -> Vec<u8> {
    let mut out = b"\xfftOc\0\0\0\x02".to_vec();
    for first in 0..=255u8 {
        let below = names.iter().filter(|name| name[0] <= first).count() as u32;
        out.extend_from_slice(&below.to_be_bytes());
    }
    names.iter().for_each(|name| out.extend_from_slice(name));
    names.iter().for_each(|_| out.extend_from_slice(&[0; 4]));
    for offset in offsets {
        out.extend_from_slice(&offset.to_be_bytes());
    }
    out.extend_from_slice(&[0; 40]);
    out
}

//! Opening files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A regular file whose end is known without a look at it, if it is as long as the system says.
///
/// Files of the system (`/proc`, `/sys`) have no size, or one that is not theirs. They are read
/// until nothing comes, as is every file that gives more or less than its size, or fills the buffer.
pub(super) struct Whole<R> {
    file: R,
    /// How many bytes are still to come.
    left: u64,
    ended: bool,
}

impl<R: Read> Whole<R> {
    /// A file of `size` bytes.
    pub(super) fn new(file: R, size: u64) -> Self {
        Self {
            file,
            left: size,
            ended: false,
        }
    }
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        let read = self.file.read(buffer)?;
        self.ended = read > 0 && read as u64 == self.left && read < buffer.len();
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

/// Opens a file without blocking: it may have become a FIFO since it was listed.
pub(super) fn open(path: &Path) -> std::io::Result<(File, std::fs::Metadata)> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let meta = file.metadata()?;
    Ok((file, meta))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives stretches, and counts how often it is asked.
    struct Stretches<'a>(&'a [&'a [u8]], usize);

    impl Read for Stretches<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            let len = first.len().min(buffer.len());
            buffer[..len].copy_from_slice(&first[..len]);
            match len < first.len() {
                true => panic!("the stretches fit the buffer"),
                false => self.0 = rest,
            }
            Ok(len)
        }
    }

    #[test]
    fn a_file_is_read_to_its_end_whatever_its_size_says() {
        let stretches: &[&[u8]] = &[b"some ", b"text ", b"more"];
        for (size, buffer, asked) in [
            // In one go, or as the system says.
            (5, 8, 1),
            (10, 8, 2),
            (14, 8, 3),
            // Without a size, with a wrong one, and in a buffer that is full.
            (0, 8, 4),
            (4, 8, 4),
            (4096, 8, 4),
            (5, 5, 4),
        ] {
            let mut file = Whole::new(Stretches(stretches, 0), size);
            let mut read = Vec::new();
            let mut buffer = vec![0; buffer];
            while let Ok(len @ 1..) = file.read(&mut buffer) {
                read.extend_from_slice(&buffer[..len]);
            }
            assert_eq!(file.file.1, asked, "{size}");
            let all = stretches[..asked.min(3)].concat();
            assert_eq!(read, all, "{size}");
        }
    }
}

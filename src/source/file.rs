//! Opening files.

use std::fs::File;
use std::path::Path;

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

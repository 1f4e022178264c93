//! `stopleak image`: scans an image of containers.

use crate::blob::BlobPath;
use crate::cli::args::ImageArgs;
use crate::cli::terminal::{Opened, report};
use crate::environment::Environment;
use crate::scan;
use crate::setup::{Setup, Site};
use crate::source::image::ImageSource;
use crate::stop::Stop;

/// Runs the command and returns its exit code.
pub(in crate::cli) fn run(args: ImageArgs, environment: &Environment) -> Result<u8, Stop> {
    let (request, reporting) = args.common.split();
    let is_stdin = args.image.as_os_str() == "-";
    let paths = std::slice::from_ref(&args.image);
    let site = match is_stdin {
        true => Site::here(),
        false => Site::of_paths(paths),
    };
    let setup = Setup::new(request, &site, environment)?;
    let most = setup.settings.most(args.size.asked())?;
    let outputs = Opened::open(reporting, &setup, environment)?;
    let source = match is_stdin {
        true => ImageSource::stdin(BlobPath::from("<stdin>"), most, &args.skip_layer)?,
        false => {
            outputs.spares(paths)?;
            ImageSource::open(&args.image, most, &args.skip_layer, outputs.paths())?
        }
    };
    report(&setup, outputs, |options, on_event| {
        Ok(scan::run(&source, &setup.engine, options, on_event))
    })
}

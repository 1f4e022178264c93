//! `stopleak import`. Any file of another scanner is rejected or becomes a
//! configuration that stopleak reads.

use std::ffi::OsString;

use super::input::Input;
use super::repository::Repository;

/// Runs one input.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let kind = usize::from(input.byte());
    let kinds = [
        "gitleaks",
        "betterleaks",
        "detect-secrets",
        "trufflehog",
        "ggshield",
    ];
    let from = kinds[kind % kinds.len()];
    let name = match (kind / kinds.len()) % 3 {
        0 => ".gitleaksignore",
        1 => "imported.toml",
        _ => "imported",
    };
    let repository = Repository::of("import_files");
    let dir = repository.path();
    let (file, out) = (dir.join(name), dir.join("stopleak.toml"));
    repository.write(name, input.rest());
    let _ = std::fs::remove_file(&out);
    let args: [OsString; 7] = [
        "stopleak".into(),
        "import".into(),
        "--from".into(),
        from.into(),
        "-o".into(),
        out.clone().into(),
        file.into(),
    ];
    let code = stopleak::cli::run(args);
    match std::fs::read_to_string(&out) {
        Ok(text) => {
            assert_eq!(code, 0);
            let read = stopleak::config::parse("stopleak.toml", &text, false);
            if let Err(errors) = read {
                panic!("{errors:?}\n{text}");
            }
        }
        Err(_) => assert_eq!(code, 2, "no file and no error"),
    }
}

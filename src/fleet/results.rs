//! The results of a fleet: for each repository a report `ID.jsonl` and a receipt
//! `ID.receipt.json`, which is written last.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::lines;
use crate::named::Output;
use crate::stop::{Stop, describe};

/// The version of receipts.
const VERSION: u32 = 1;
/// The largest receipt, in bytes.
const MOST: u64 = 1 << 16;
/// The largest report, in bytes.
const MOST_REPORT: u64 = 1 << 30;

/// What a complete result says of itself.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The version of the format.
    pub stopleak_receipt: u32,
    /// The repository.
    pub id: String,
    /// Its name, as it was.
    pub name: String,
    /// A hash of the references that were scanned; empty if it does not say all.
    pub tips: String,
    /// The program.
    pub program: String,
    /// A hash of the program, the rules, the configuration and the options.
    pub rules: String,
    /// A hash that shows which key made the identities.
    pub key: String,
    /// SHA-256 of the report.
    pub sha256: String,
    /// 0, 1 or 2, before `--exit-zero`.
    pub exit_code: u8,
    /// The number of findings.
    pub findings: u64,
    /// Bytes that were scanned.
    pub bytes: u64,
    /// Milliseconds that the scan took.
    pub elapsed_ms: u64,
}

/// The summary of a report.
#[derive(Deserialize)]
struct Last {
    r#type: String,
    exit_code: u8,
    findings: u64,
    bytes: u64,
    elapsed_ms: u64,
}

/// The directory of results.
#[derive(Clone, Debug)]
pub struct Results {
    dir: PathBuf,
}

impl Results {
    /// Returns the results in a directory.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Returns the results in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// Fails if it cannot be made.
    pub fn create(dir: PathBuf) -> Result<Self, Stop> {
        Output::directory(&dir)?;
        Ok(Self::new(dir))
    }

    /// Returns the place of a report.
    pub fn report(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.jsonl"))
    }

    /// Returns where a report is written before it has its place.
    pub(super) fn aside(&self, id: &str) -> PathBuf {
        lines::beside(&self.report(id))
    }

    fn receipt_of(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.receipt.json"))
    }

    fn begun_of(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.begun"))
    }

    /// Returns the receipt of a repository; None if there is none.
    ///
    /// # Errors
    /// Fails with why it is none.
    pub(super) fn receipt(&self, id: &str) -> Result<Option<Receipt>, String> {
        let text = match some_of(&self.receipt_of(id), MOST) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|e| format!("its receipt: {}", describe(&e)))?,
        };
        let receipt: Receipt =
            serde_json::from_slice(&text).map_err(|_| "its receipt is damaged".to_owned())?;
        if receipt.stopleak_receipt != VERSION {
            return Err("its receipt has another version".to_owned());
        }
        if receipt.id != id {
            return Err("its receipt is that of another repository".to_owned());
        }
        Ok(Some(receipt))
    }

    /// Returns the receipt of a repository and its report; None if there is none.
    ///
    /// # Errors
    /// Fails with why a result is not whole: cut off, changed, or of another repository.
    pub fn read(&self, id: &str) -> Result<Option<(Receipt, Vec<u8>)>, String> {
        let Some(receipt) = self.receipt(id)? else {
            return Ok(None);
        };
        let report = some_of(&self.report(id), MOST_REPORT)
            .map_err(|e| format!("its report: {}", describe(&e)))?;
        if hash(&report) != receipt.sha256 {
            return Err("its report is not the one of its receipt".to_owned());
        }
        Ok(Some((receipt, report)))
    }

    /// Puts a report that was written aside in its place, and its receipt beside it. `said` has
    /// what the report does not say.
    ///
    /// # Errors
    /// Fails if the report is not whole, or the system fails.
    pub(super) fn keep(&self, aside: &Path, said: Receipt) -> Result<Receipt, String> {
        let report = some_of(aside, MOST_REPORT).map_err(|e| describe(&e))?;
        let last = report.strip_suffix(b"\n").unwrap_or_default();
        let last = last.rsplit(|b| *b == b'\n').next().unwrap_or_default();
        let last: Option<Last> = serde_json::from_slice(last).ok();
        let last = last.filter(|last| last.r#type == "summary");
        let last = last.ok_or("its report does not end with a summary")?;
        let receipt = Receipt {
            stopleak_receipt: VERSION,
            sha256: hash(&report),
            exit_code: last.exit_code,
            findings: last.findings,
            bytes: last.bytes,
            elapsed_ms: last.elapsed_ms,
            ..said
        };
        let text = serde_json::to_string(&receipt).map_err(|e| e.to_string())?;
        let id = &receipt.id;
        // Without its old receipt, a report that changes is no result.
        let old = fs::remove_file(self.receipt_of(id));
        old.or_else(|e| match e.kind() {
            io::ErrorKind::NotFound => Ok(()),
            _ => Err(e),
        })
        .and_then(|()| lines::settle(aside, &self.report(id)))
        .and_then(|()| lines::write(&self.receipt_of(id), &(text + "\n")))
        .map_err(|e| describe(&e))?;
        let _ = fs::remove_file(self.begun_of(id));
        Ok(receipt)
    }

    /// Returns how often a scan of this repository began and did not end.
    pub(super) fn begun(&self, id: &str) -> u32 {
        let text = some_of(&self.begun_of(id), MOST).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.trim().parse().unwrap_or(0)
    }

    /// Notes that a scan of this repository begins.
    ///
    /// # Errors
    /// Fails if the directory cannot be written.
    pub(super) fn begin(&self, id: &str, attempt: u32) -> Result<(), Stop> {
        let place = self.begun_of(id);
        lines::write(&place, &format!("{attempt}\n"))
            .map_err(|e| Stop::new(format!("{}: {}", place.display(), describe(&e))))
    }

    /// Returns the ids of all results that are in the directory.
    ///
    /// # Errors
    /// Fails if it cannot be read.
    pub fn ids(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            ids.extend(name.strip_suffix(".receipt.json").map(str::to_owned));
        }
        ids.sort();
        Ok(ids)
    }
}

fn hash(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// Reads a file that is not larger than `most`.
fn some_of(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(most + 1)
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::other(format!("larger than {} KiB", most >> 10))),
        false => Ok(bytes),
    }
}

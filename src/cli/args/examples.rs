//! Examples, which `--help` shows and `-h` does not.

macro_rules! examples {
    ($($line:literal)*) => {
        concat!(
            "Examples:\n",
            $("  ", $line, "\n",)*
            "\n",
            "Exit codes: 0 clean and complete, 1 findings and complete, 2 error or incomplete ",
            "(outranks 1)."
        )
    };
}

pub(super) const PROGRAM: &str = examples! {
    "stopleak scan                            scan the current directory"
    "stopleak history                         scan every version that git has"
    "stopleak hook install                    check each commit before it is recorded"
    "stopleak scan -q -o report.html          write a page for people"
    "stopleak triage                          decide about one secret after another"
    "stopleak explain github-pat-classic      what a rule finds, and how to revoke it"
    "stopleak --format json rules list        options of all commands stand on either side"
};

pub(super) const SCAN: &str = examples! {
    "stopleak scan                            scan the current directory"
    "stopleak scan src -o report.sarif        also write a report to a file"
    "stopleak scan -q -o report.html          write a page for people, and nothing else"
    "stopleak scan --severity critical        show the worst findings only"
    "stopleak scan --changed                  scan what differs from HEAD"
    "git diff | stopleak scan -               scan standard input"
    "stopleak scan --exclude 'vendor/'        leave a directory out"
};

pub(super) const STAGED: &str = examples! {
    "stopleak staged                          scan what `git commit` would record"
    "stopleak -C ../other staged              the same in another repository"
};

pub(super) const IMAGE: &str = examples! {
    "stopleak image image.tar                 scan what `docker save -o image.tar` wrote"
    "docker save app | stopleak image -       scan it without a file"
};

pub(super) const HISTORY: &str = examples! {
    "stopleak history                         scan all that any reference reaches"
    "stopleak history --range main..topic     scan what a branch adds"
    "stopleak history --since '2 weeks ago'   scan what the last commits add"
    "stopleak history -q -o report.html       write a page for people"
    "stopleak history -f json > report.json   write a report for programs"
};

pub(super) const CI: &str = examples! {
    "stopleak ci                              scan what this job's change adds"
    "stopleak ci --dry-run                    say what would be scanned, and why"
    "stopleak ci --base origin/main           compare with a branch, in any system"
    "stopleak ci -o report.sarif              also write a report"
};

pub(super) const HOOK: &str = examples! {
    "stopleak hook run pre-commit             scan what the commit adds"
    "stopleak hook run pre-push -- \"$@\"      in a hook: scan what the push sends"
    "stopleak hook run auto                   under pre-commit or prek"
};

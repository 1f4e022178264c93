//! One case per rule of gitleaks' semantics, run through stopleak. If gitleaks is installed, it
//! also runs them, so that no case claims what gitleaks does not do.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::support::dir::Dir;

/// A finding: file, rule, secret, line.
type Found = (&'static str, &'static str, &'static str, u64);

struct Case {
    what: &'static str,
    config: &'static str,
    files: &'static [(&'static str, &'static str)],
    found: &'static [Found],
}

const CASES: &[Case] = &[
    Case {
        what: "a keyword anywhere in the file wakes a rule, in any case",
        config: "[[rules]]\nid = 'r'\nregex = 'tok_\\w+'\nkeywords = ['ZebrA']\n",
        files: &[("a.txt", "tok_one\n\n\nzEBRa\n"), ("b.txt", "tok_two\n")],
        found: &[("a.txt", "r", "tok_one", 1)],
    },
    Case {
        what: "a rule without keywords always runs",
        config: "[[rules]]\nid = 'r'\nregex = 'tok_\\w+'\n",
        files: &[("a.txt", "x tok_one\n")],
        found: &[("a.txt", "r", "tok_one", 1)],
    },
    Case {
        what: "the secret is the first group that is not empty",
        config: "[[rules]]\nid = 'r'\nregex = 'a=(x*)(?:-)(\\w+)'\n",
        files: &[("a.txt", "1\na=-value\n"), ("b.txt", "a=xx-value\n")],
        found: &[("a.txt", "r", "value", 2), ("b.txt", "r", "xx", 1)],
    },
    Case {
        what: "secretGroup chooses a group, named ones count",
        config: "[[rules]]\nid = 'r'\nregex = '(?P<name>\\w+)=(\\w+)'\nsecretGroup = 2\n",
        files: &[("a.txt", "left=right\n")],
        found: &[("a.txt", "r", "right", 1)],
    },
    Case {
        what: "line ends at both ends of a match are no part of it; a match that begins with one \
               stands on the next line",
        config: "[[rules]]\nid = 'r'\nregex = '\\nkey \\w+\\n'\n",
        files: &[("a.txt", "one\nkey two\nthree\n")],
        found: &[("a.txt", "r", "key two", 2)],
    },
    Case {
        what: "entropy must be above the threshold, not equal to it",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\nentropy = 2.0\n",
        files: &[("a.txt", "v=abcd\n"), ("b.txt", "v=abcde\n")],
        found: &[("b.txt", "r", "abcde", 1)],
    },
    Case {
        what: "regex and path are both needed; the path is searched, not matched whole",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\npath = 'con'\n",
        files: &[("a/x.conf", "v=one\n"), ("b.txt", "v=two\n")],
        found: &[("a/x.conf", "r", "one", 1)],
    },
    Case {
        what: "a rule with a path only finds the file, at line 0; its keywords count",
        config: "[[rules]]\nid = 'r'\npath = '\\.key$'\n[[rules]]\nid = 'k'\npath = '\\.key$'\n\
                 keywords = ['begin']\n",
        files: &[("a.key", "x\n"), ("b.key", "BEGIN\n"), ("c.txt", "begin\n")],
        found: &[
            ("a.key", "r", "", 0),
            ("b.key", "r", "", 0),
            ("b.key", "k", "", 0),
        ],
    },
    Case {
        what: "skipReport reports nothing by itself",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\nskipReport = true\n\
                 [[rules]]\nid = 'o'\nregex = 'w=(\\w+)'\n",
        files: &[("a.txt", "v=one\nw=two\n")],
        found: &[("a.txt", "o", "two", 2)],
    },
    Case {
        what: "required: without distances the same file is enough; helpers need no keyword",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\n[[rules.required]]\nid = 'h'\n\
                 [[rules]]\nid = 'h'\nregex = 'u=(\\w+)'\nskipReport = true\nkeywords = ['zzz']\n",
        files: &[("a.txt", "v=one\n\n\n\nu=two\n"), ("b.txt", "v=one\n")],
        found: &[("a.txt", "r", "one", 1)],
    },
    Case {
        what: "required: withinLines and withinColumns bound both sides",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\n[[rules.required]]\nid = 'h'\n\
                 withinLines = 2\n[[rules]]\nid = 'c'\nregex = 'w=(\\w+)'\n[[rules.required]]\n\
                 id = 'h'\nwithinColumns = 3\nwithinLines = 0\n\
                 [[rules]]\nid = 'h'\nregex = 'u=(\\w+)'\nskipReport = true\n",
        files: &[
            ("near.txt", "v=one\n\nu=two\n"),
            ("before.txt", "u=two\n\nv=one\n"),
            ("far.txt", "v=one\n\n\nu=two\n"),
            ("columns.txt", "\nw=1u=2\n"),
            ("wide.txt", "\nw=1    u=2\n"),
        ],
        found: &[
            ("near.txt", "r", "one", 1),
            ("before.txt", "r", "one", 3),
            ("columns.txt", "c", "1u", 2),
        ],
    },
    Case {
        what: "an allowlist is enough with any criterion; stop words are of the secret only",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\n[[rules.allowlists]]\n\
                 paths = ['doc/']\nregexes = ['^ok']\nstopwords = ['FaKe']\n",
        files: &[
            ("doc/a.txt", "v=one\n"),
            ("b.txt", "v=okay\nv=notok\n"),
            ("c.txt", "v=thefakeone\nfake v=two\n"),
        ],
        found: &[("b.txt", "r", "notok", 2), ("c.txt", "r", "two", 2)],
    },
    Case {
        what: "condition AND wants all criteria that are given",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\n[[rules.allowlists]]\n\
                 condition = 'and'\npaths = ['doc/']\nregexes = ['^ok']\n",
        files: &[
            ("doc/a.txt", "v=one\n"),
            ("doc/b.txt", "v=okay\n"),
            ("c.txt", "v=okay\n"),
        ],
        found: &[("doc/a.txt", "r", "one", 1), ("c.txt", "r", "okay", 1)],
    },
    Case {
        what: "regexTarget match and line; a line brings the line end before it, so ^ holds on \
               the first one only",
        config: "[[rules]]\nid = 'm'\nregex = 'v=(\\w+)'\n[[rules.allowlists]]\n\
                 regexTarget = 'match'\nregexes = ['^v=o']\n\
                 [[rules]]\nid = 'l'\nregex = 'w=(\\w+)'\n[[rules.allowlists]]\n\
                 regexTarget = 'line'\nregexes = ['^test', 'sample']\n",
        files: &[
            ("a.txt", "v=one\nv=two\n"),
            ("b.txt", "test w=one\ntest w=two\nw=three sample\nw=four\n"),
        ],
        found: &[
            ("a.txt", "m", "two", 2),
            ("b.txt", "l", "two", 2),
            ("b.txt", "l", "four", 4),
        ],
    },
    Case {
        what: "global allowlists apply to all rules, those with targetRules to these",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\n[[rules]]\nid = 'b'\n\
                 regex = 'w=(\\w+)'\n[[allowlists]]\nregexes = ['one']\n[[allowlists]]\n\
                 targetRules = ['b']\nregexes = ['two']\n",
        files: &[("a.txt", "v=one\nw=one\nv=two\nw=two\n")],
        found: &[("a.txt", "a", "two", 3)],
    },
    Case {
        what: "the old spellings of allowlists",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\n[rules.allowlist]\nregexes = ['one']\n\
                 [allowlist]\nstopwords = ['two']\n",
        files: &[("a.txt", "v=one\nv=two\nv=three\n")],
        found: &[("a.txt", "a", "three", 3)],
    },
    Case {
        what: "patterns of a list are joined: a flag goes on into the next",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\n[[allowlists]]\n\
                 regexes = ['(?i)zzz', 'two']\n",
        files: &[("a.txt", "v=TWO\nv=three\n")],
        found: &[("a.txt", "a", "three", 2)],
    },
    Case {
        what: "a marker on any line of a match, in its own case",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)\\s+(?:\\w+ )*end'\n",
        files: &[
            ("a.txt", "v=one\nend # gitleaks:allow\n"),
            ("b.txt", "v=two\nend # Gitleaks:Allow\n"),
        ],
        found: &[("b.txt", "a", "two", 1)],
    },
    Case {
        what: "names of tables and keys count in any case",
        config: "[[RULES]]\nID = 'a'\nReGex = 'v=(\\w+)-(\\w+)'\nsecretgroup = 2\nKEYWORDS = ['V']\n\
                 [[RULES.AllowLists]]\nStopWords = ['no']\n",
        files: &[("a.txt", "v=one-two\nv=one-no\n")],
        found: &[("a.txt", "a", "two", 1)],
    },
    Case {
        what: "of two rules with one id the last wins",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\n[[rules]]\nid = 'a'\nregex = 'w=(\\w+)'\n",
        files: &[("a.txt", "v=one\nw=two\n")],
        found: &[("a.txt", "a", "two", 2)],
    },
    Case {
        what: "a rule called generic gives way on the same line to one that holds its secret",
        config: "[[rules]]\nid = 'my-Generic-rule'\nregex = 'v=(\\w+)'\n[[rules]]\nid = 'b'\n\
                 regex = '(tok_\\w+)'\n",
        files: &[("a.txt", "v=tok_1\nv=other tok_2\n")],
        found: &[
            ("a.txt", "b", "tok_1", 1),
            ("a.txt", "my-Generic-rule", "other", 2),
            ("a.txt", "b", "tok_2", 2),
        ],
    },
    Case {
        what: "rules that match the same text both report it",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\n[[rules]]\nid = 'b'\nregex = 'v=(\\w+)'\n",
        files: &[("a.txt", "v=one\n")],
        found: &[("a.txt", "a", "one", 1), ("a.txt", "b", "one", 1)],
    },
    Case {
        what: "extend: regex, entropy and allowlists merge; skipReport of the child is lost",
        config: "[extend]\npath = 'base.conf'\n[[rules]]\nid = 'a'\nskipReport = true\n\
                 entropy = 0\n[[rules.allowlists]]\nstopwords = ['two']\n",
        files: &[
            (
                "base.conf",
                "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\nentropy = 1.0\n\
                 [[rules.allowlists]]\nstopwords = ['three']\n",
            ),
            ("a.txt", "v=aaaa\nv=one\nv=two\nv=three\n"),
        ],
        found: &[("a.txt", "a", "one", 2)],
    },
    Case {
        what: "disabledRules takes rules of the base away",
        config: "[extend]\npath = 'base.conf'\ndisabledRules = ['a']\n[[rules]]\nid = 'c'\n\
                 regex = 'x=(\\w+)'\n",
        files: &[
            (
                "base.conf",
                "[[rules]]\nid = 'a'\nregex = 'v=(\\d+)'\n[[rules]]\nid = 'b'\nregex = 'w=(\\d+)'\n",
            ),
            ("a.txt", "v=1\nw=2\nx=3\n"),
        ],
        found: &[("a.txt", "b", "2", 2), ("a.txt", "c", "3", 3)],
    },
    Case {
        what: "two files are followed, what the last extends is not; global allowlists add up, \
               targetRules of extended files are dropped",
        config: "[extend]\npath = 'one.conf'\n[[allowlists]]\nstopwords = ['111']\n",
        files: &[
            (
                "one.conf",
                "[extend]\npath = 'two.conf'\n[[rules]]\nid = 'a'\nregex = 'v=(\\d+)'\n\
                 [[allowlists]]\nstopwords = ['222']\n[[allowlists]]\ntargetRules = ['a']\n\
                 stopwords = ['333']\n",
            ),
            (
                "two.conf",
                "[extend]\npath = 'three.conf'\n[[rules]]\nid = 'b'\nregex = 'w=(\\d+)'\n",
            ),
            ("three.conf", "[[rules]]\nid = 'c'\nregex = 'x=(\\d+)'\n"),
            ("a.txt", "v=111\nv=222\nv=333\nw=444\nx=555\n"),
        ],
        found: &[("a.txt", "a", "333", 3), ("a.txt", "b", "444", 4)],
    },
    Case {
        what: "a group that is chosen may be empty, and is the secret then",
        config: "[[rules]]\nid = 'r'\nregex = 'a=(x*)-(\\w+)'\nsecretGroup = 1\n",
        files: &[("a.txt", "a=-value\n"), ("b.txt", "a=xx-value\n")],
        found: &[("a.txt", "r", "", 1), ("b.txt", "r", "xx", 1)],
    },
    Case {
        what: "conditions have two spellings each, in any case",
        config: "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\n[[rules.allowlists]]\n\
                 condition = '&&'\npaths = ['doc/']\nstopwords = ['one']\n\
                 [[rules]]\nid = 'b'\nregex = 'w=(\\w+)'\n[[rules.allowlists]]\n\
                 condition = '||'\npaths = ['doc/']\nstopwords = ['one']\n\
                 [[rules]]\nid = 'c'\nregex = 'x=(\\w+)'\n[[rules.allowlists]]\n\
                 condition = 'And'\nregexes = ['^t']\nstopwords = ['one', 'wo']\n",
        files: &[
            ("doc/a.txt", "v=one\nv=two\nw=one\nw=two\n"),
            ("b.txt", "v=one\nw=one\nw=two\nx=two\nx=three\n"),
        ],
        found: &[
            ("doc/a.txt", "a", "two", 2),
            ("b.txt", "a", "one", 1),
            ("b.txt", "b", "two", 3),
            ("b.txt", "c", "three", 5),
        ],
    },
    Case {
        what: "required: path, entropy and allowlists of the helper count, and its own \
               requirements do not",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\n[[rules.required]]\nid = 'h'\n\
                 [[rules]]\nid = 'h'\nregex = 'u=(\\w+)'\npath = 'txt$'\nentropy = 0.5\n\
                 skipReport = true\n[[rules.allowlists]]\nstopwords = ['two']\n\
                 [[rules.required]]\nid = 'n'\n\
                 [[rules]]\nid = 'n'\nregex = 'never'\nskipReport = true\n",
        files: &[
            ("a.txt", "v=one\nu=other\n"),
            ("path.conf", "v=one\nu=other\n"),
            ("entropy.txt", "v=one\nu=aaaa\n"),
            ("allowed.txt", "v=one\nu=two\n"),
        ],
        found: &[("a.txt", "r", "one", 1)],
    },
    Case {
        what: "required: every one is needed",
        config: "[[rules]]\nid = 'r'\nregex = 'v=(\\w+)'\n[[rules.required]]\nid = 'h'\n\
                 [[rules.required]]\nid = 'i'\n\
                 [[rules]]\nid = 'h'\nregex = 'u=(\\w+)'\nskipReport = true\n\
                 [[rules]]\nid = 'i'\nregex = 'w=(\\w+)'\nskipReport = true\n",
        files: &[
            ("a.txt", "v=one\nu=two\nw=three\n"),
            ("b.txt", "v=one\nu=two\n"),
        ],
        found: &[("a.txt", "r", "one", 1)],
    },
    Case {
        what: "extend: regex, path and group of the child replace, keywords add up, what it \
               requires is lost",
        config: "[extend]\npath = 'base.conf'\n[[rules]]\nid = 'a'\nregex = 'w=(x)?(\\w+)'\n\
                 path = 'txt$'\nsecretGroup = 2\nkeywords = ['more']\n\
                 [[rules]]\nid = 'b'\nregex = 'x=(\\w+)'\n[[rules.required]]\nid = 'h'\n\
                 [[rules]]\nid = 'h'\nregex = 'never'\nskipReport = true\n",
        files: &[
            (
                "base.conf",
                "[[rules]]\nid = 'a'\nregex = 'v=(\\w+)'\npath = 'md$'\nkeywords = ['base']\n\
                 [[rules]]\nid = 'b'\nregex = 'y=(\\w+)'\n",
            ),
            ("a.txt", "base v=one w=xtwo\n"),
            ("b.txt", "more w=three\nx=four\n"),
            ("c.txt", "w=five\n"),
            ("d.md", "base more v=six w=seven\n"),
        ],
        found: &[
            ("a.txt", "a", "two", 1),
            ("b.txt", "a", "three", 1),
            ("b.txt", "b", "four", 2),
        ],
    },
    Case {
        what: "a generic rule gives way on the line on which both start, and to no other generic one",
        config: "[[rules]]\nid = 'generic-a'\nregex = 'v=(\\w+)'\n\
                 [[rules]]\nid = 'generic-b'\nregex = 'k: v=(\\w+)'\n\
                 [[rules]]\nid = 'c'\nregex = '(long\\s\\w+)'\n",
        files: &[
            ("a.txt", "k: v=one\n"),
            ("b.txt", "long\nthing v=thing\n"),
            ("c.txt", "v=hin long thing\n"),
        ],
        found: &[
            ("a.txt", "generic-a", "one", 1),
            ("a.txt", "generic-b", "one", 1),
            ("b.txt", "c", "long\nthing", 1),
            ("b.txt", "generic-a", "thing", 2),
            ("c.txt", "c", "long thing", 1),
        ],
    },
];

/// Returns file, rule, secret and line of each finding of a report.
fn read(report: &str) -> BTreeSet<(String, String, String, u64)> {
    let all: Vec<serde_json::Value> =
        serde_json::from_str(report).unwrap_or_else(|e| panic!("{e}: {report}"));
    let one = |f: &serde_json::Value| {
        let text = |key: &str| f[key].as_str().unwrap().to_owned();
        let line = f["StartLine"].as_u64().unwrap();
        (text("File"), text("RuleID"), text("Secret"), line)
    };
    all.iter().map(one).collect()
}

fn prepared(case: &Case) -> Dir {
    let dir = Dir::new();
    dir.write(".gitleaks.toml", case.config);
    for (name, text) in case.files {
        dir.write(name, text);
    }
    dir
}

fn expected(case: &Case) -> BTreeSet<(String, String, String, u64)> {
    let owned = |(file, rule, secret, line): &Found| {
        (
            (*file).to_owned(),
            (*rule).to_owned(),
            (*secret).to_owned(),
            *line,
        )
    };
    case.found.iter().map(owned).collect()
}

#[test]
fn every_case_holds_here() {
    for case in CASES {
        let dir = prepared(case);
        let mut found = BTreeSet::new();
        for jobs in ["1", "2"] {
            let args = [
                "scan",
                ".",
                "--format",
                "gitleaks-json",
                "--show-secrets",
                "-j",
                jobs,
            ];
            let ran = dir.run(&args);
            ran.is_civil();
            assert!(ran.code < 2, "{}: {ran:?}", case.what);
            found = read(&ran.stdout);
            // stopleak's line is that of the secret, gitleaks' that of the match.
            assert_eq!(found, expected(case), "{}", case.what);
        }
        assert_eq!(found.len(), case.found.len(), "{}", case.what);
    }
}

#[test]
fn every_case_holds_in_a_history_as_well() {
    for case in CASES {
        let dir = prepared(case);
        let git = |args: &[&str]| {
            let done = Command::new("git")
                .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
                .args(args)
                .current_dir(dir.path())
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .output()
                .unwrap();
            assert!(done.status.success(), "{done:?}");
        };
        git(&["init", "-q"]);
        git(&["add", "-A"]);
        let ran = dir.run(&["staged", "--format", "gitleaks-json", "--show-secrets"]);
        assert_eq!(read(&ran.stdout), expected(case), "staged: {}", case.what);
        git(&["commit", "-q", "-m", "all"]);
        let ran = dir.run(&["history", "--format", "gitleaks-json", "--show-secrets"]);
        assert_eq!(read(&ran.stdout), expected(case), "history: {}", case.what);
    }
}

#[test]
fn every_case_holds_in_gitleaks() {
    let Some(gitleaks) = std::env::var_os("STOPLEAK_GITLEAKS") else {
        println!("skipped: STOPLEAK_GITLEAKS is not set");
        return;
    };
    for case in CASES {
        let dir = prepared(case);
        let report = dir.path().join("report.out");
        let status = Command::new(Path::new(&gitleaks))
            .args([
                "dir",
                ".",
                "--no-banner",
                "--exit-code",
                "0",
                "-f",
                "json",
                "-r",
            ])
            .arg(&report)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(status.status.success(), "{}: {status:?}", case.what);
        let found = read(&std::fs::read_to_string(&report).unwrap());
        assert_eq!(found, expected(case), "gitleaks: {}", case.what);
    }
}

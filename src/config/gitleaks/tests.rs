//! Mistakes, warnings and merges of the parser, one table each.

use super::*;

fn read(text: &str, files: &[(&str, &str)]) -> Result<Config, Vec<Remark>> {
    let find = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| "no such file".to_owned())
    };
    parse(text, "main", &find)
}

fn config(text: &str) -> Config {
    read(text, &[]).unwrap_or_else(|e| panic!("{text}: {e:?}"))
}

fn warned(config: &Config, what: &str) -> bool {
    config.warnings.iter().any(|w| w.what.contains(what))
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, line, column, what) in [
        ("[[rules]]\nregex = 'a'\n", 1, 1, "without `id`"),
        ("[[rules]]\nid = 'r'\n", 1, 1, "neither `regex` nor `path`"),
        (
            "[[rules]]\nid = 'r'\nregex = 'a('\n",
            3,
            9,
            "rule `r`: `regex` does not compile",
        ),
        (
            "[[rules]]\nid='r'\npath = '*'\n",
            3,
            8,
            "rule `r`: `path` does not compile",
        ),
        (
            "[[rules]]\nid = 'r'\nregex = '(a)'\nsecretGroup = 2\n",
            4,
            15,
            "has 1 group",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\n[[rules.allowlists]]\n",
            4,
            1,
            "an allowlist needs",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\n[rules.allowlist]\npaths=['a']\n[[rules.allowlists]]\npaths=['b']\n",
            4,
            1,
            "exclude each other",
        ),
        (
            "[allowlist]\npaths=['a']\n[[allowlists]]\npaths=['b']\n",
            1,
            1,
            "exclude each other",
        ),
        (
            "[[allowlists]]\npaths=['a', '[']\n",
            2,
            13,
            "`paths`: the regex does not compile",
        ),
        (
            "[[allowlists]]\npaths=['a']\ncondition='xor'\n",
            3,
            11,
            "`condition` must be",
        ),
        (
            "[[allowlists]]\nregexes=['a']\nregexTarget='Line'\n",
            3,
            13,
            "`regexTarget` must be",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\n[[allowlists]]\npaths=['a']\ntargetRules=['x']\n",
            6,
            14,
            "no rule is called `x`",
        ),
        (
            "[extend]\nuseDefault=true\npath='x'\n",
            3,
            6,
            "exclude each other",
        ),
        (
            "[extend]\npath='x'\n",
            2,
            6,
            "relative to the working directory",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\n[[rules.required]]\nid='h'\n",
            1,
            1,
            "not a rule of this file",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\n[[rules.required]]\n",
            4,
            1,
            "`required` without `id`",
        ),
        ("rules = 3\n", 1, 9, "`rules` must be"),
        (
            "[[rules]]\nid='r'\nregex='a'\nentropy='high'\n",
            4,
            9,
            "`entropy` must be a number",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\nRegex='b'\n",
            3,
            7,
            "occurs twice here",
        ),
        ("[[rules]\n", 1, 9, ""),
    ] {
        let mistakes = read(text, &[]).expect_err(text);
        let first = &mistakes[0];
        assert!(first.what.contains(what), "{text}: {first}");
        if !what.is_empty() {
            assert_eq!(
                (first.line, first.column),
                (line, column),
                "{text}: {first}"
            );
        }
    }
}

#[test]
fn known_traps_are_warned_of() {
    for (text, what) in [
        (
            "colour = 1\n[[rules]]\nid='r'\nregex='a'\n",
            "unknown key `colour`",
        ),
        (
            "[[rules]]\nid='r'\nregex='a'\n[[rules]]\nid='r'\nregex='b'\n",
            "defined twice",
        ),
        (
            "[[allowlists]]\nregexes=['(?i)a', 'b']\n",
            "applies to 1 later entry",
        ),
        ("[[allowlists]]\ncommits=['abc']\n", "not a full id"),
        (
            "[extend]\nurl='x'\n[[rules]]\nid='r'\nregex='a'\n",
            "not implemented",
        ),
        (
            "[extend]\ndisabledRules=['x']\n[[rules]]\nid='r'\nregex='a'\n",
            "disables nothing",
        ),
        (
            "[extend]\nuseDefault=true\ndisabledRules=['x']\n",
            "no rule is called `x`",
        ),
        (
            "[extend]\nuseDefault=true\ndisabledRules=['pkcs12-file']\n",
            "no built-in rule is equivalent",
        ),
        (
            "[extend]\nuseDefault=true\n[[rules]]\nid='github-pat'\nskipReport=true\npath='a'\n",
            "`skipReport` is lost",
        ),
        (
            "[extend]\nuseDefault=true\n[[rules]]\nid='github-pat'\nregex='a'\n",
            "has its own regex",
        ),
        ("[allowlist]\npaths=['a']\n", "gitleaks would find nothing"),
    ] {
        let config = config(text);
        assert!(warned(&config, what), "{text}: {:?}", config.warnings);
    }
}

#[test]
fn weak_types_are_taken_as_gitleaks_takes_them() {
    let config = config(
        "[[rules]]\nid='r'\nregex='(a)'\nentropy='3.5'\nkeywords='A,b'\nsecretGroup='1'\nskipReport='true'\n",
    );
    let rule = &config.rules[0];
    assert_eq!(rule.entropy, 3.5);
    assert_eq!(rule.keywords, ["a", "b"]);
    assert_eq!(rule.secret_group, 1);
    assert!(rule.skip_report);
}

#[test]
fn which_built_in_rules_run_is_decided_by_what_the_file_has() {
    let own = "[[rules]]\nid='r'\nregex='a'\n";
    assert_eq!(config(own).builtin, Builtin::Off);
    assert_eq!(
        config("[allowlist]\npaths=['a']\n").builtin,
        Builtin::AllowOnly
    );
    let extended = config(&format!("[extend]\nuseDefault=true\n{own}"));
    assert_eq!(extended.builtin, Builtin::Extended);
    assert_eq!(extended.rules.len(), 1);
}

#[test]
fn disabled_default_rules_are_mapped_to_ours() {
    let config =
        config("[extend]\nuseDefault=true\ndisabledRules=['generic-api-key','github-pat']\n");
    assert_eq!(
        config.disabled,
        ["generic-assignment", "github-pat-classic"]
    );
}

#[test]
fn a_child_without_regex_overrides_a_default_rule() {
    let config = config(
        "[extend]\nuseDefault=true\n[[rules]]\nid='github-pat'\nentropy=3.5\npath='x'\n[[rules.allowlists]]\nstopwords=['a']\n[[allowlists]]\ntargetRules=['gitlab-pat']\npaths=['t']\n",
    );
    assert!(config.rules.is_empty());
    let ids: Vec<&str> = config.overrides.iter().map(|o| o.id.as_str()).collect();
    assert_eq!(ids, ["github-pat", "gitlab-pat"]);
    assert_eq!(config.overrides[0].rules, ["github-pat-classic"]);
    assert_eq!(config.overrides[0].entropy, 3.5);
    assert_eq!(config.overrides[1].allowlists.len(), 1);
}

#[test]
fn extended_files_merge_with_their_losses() {
    let base = "[[rules]]\nid='b'\ndescription='base'\nregex='b'\nkeywords=['x']\nentropy=2\n[[rules]]\nid='a'\nregex='a'\n";
    let main = "[extend]\npath='base'\n[[rules]]\nid='b'\nentropy=0\nkeywords=['Y']\nskipReport=true\n[[rules.required]]\nid='b'\n";
    let config = read(main, &[("base", base)]).unwrap();
    let ids: Vec<&str> = config.rules.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"], "sorted by id");
    let rule = &config.rules[1];
    assert_eq!(rule.description, "base");
    assert_eq!(rule.entropy, 2.0, "cannot be set back to 0");
    assert_eq!(rule.keywords, ["x", "y"]);
    assert!(!rule.skip_report && rule.required.is_empty());
    assert!(warned(&config, "`skipReport` is lost") && warned(&config, "`required` is lost"));
}

#[test]
fn two_extended_files_are_followed_and_no_more() {
    let file = |id: &str, next: &str| {
        format!("[extend]\npath='{next}'\n[[rules]]\nid='{id}'\nregex='a'\n")
    };
    let (one, two) = (file("1", "two"), file("2", "three"));
    let files = [("one", one.as_str()), ("two", two.as_str())];
    let config = read(&file("0", "one"), &files).unwrap();
    assert_eq!(config.rules.len(), 3);
    assert!(warned(&config, "at most two files"));
}

#[test]
fn files_of_gitleaks_are_told_apart_by_their_shape() {
    for text in [
        "[allowlist]\npaths=[]\n",
        "[extend]\nuseDefault=true\n",
        "[[rules]]\nid='r'\nregex='a'\nsecretGroup=1\n",
        "[[Rules]]\nid='r'\nregex='a'\n",
    ] {
        assert!(is_shape(text), "{text}");
    }
    for text in [
        "",
        "[[rules]]\ntitle='t'\nshape='x'\n",
        "[[allow]]\nreason='x'\n",
        "rules = [",
    ] {
        assert!(!is_shape(text), "{text}");
    }
}

#[test]
fn hostile_files_are_refused_or_read_but_never_a_panic() {
    let pieces = [
        "[[rules]]\n",
        "id='r'\n",
        "regex='(a|b){2,3}'\n",
        "path='('\n",
        "[extend]\n",
        "useDefault=true\n",
        "[[rules.allowlists]]\n",
        "paths=['a','(?i)b']\n",
        "x=[[1],{a=2}]\n",
        "secretGroup=-1\n",
        "entropy=nan\n",
        "keywords=[1,true]\n",
        "[[rules.required]]\n",
        "withinLines=9999999999999999999\n",
        "rules=1\n",
        "'''",
        "\u{feff}",
    ];
    let mut seed = 99u64;
    for _ in 0..5000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            text.push_str(pieces[(seed % pieces.len() as u64) as usize]);
        }
        let _ = read(&text, &[]);
        let _ = is_shape(&text);
    }
}

#[test]
fn rules_are_limited_in_number() {
    let text: String = (0..10_001)
        .map(|n| format!("[[rules]]\nid='r{n}'\nregex='a'\n"))
        .collect();
    let mistakes = read(&text, &[]).unwrap_err();
    assert!(mistakes[0].what.contains("more than 10000 rules"));
}

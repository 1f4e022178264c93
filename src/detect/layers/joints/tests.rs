//! Tests of what is put together and what is not, and of how far it is looked.

use super::*;
use crate::check::mint::Rng;

/// The text that is put together from the string in which the first `@a` stands.
fn joined(program: &str) -> Option<String> {
    let at = program.find("@a")?;
    let text = text(program.as_bytes(), at);
    let string = text.string_around(at)?;
    let parts = text_of(&text, &string)?;
    let piece = |part: &Part| match &part.text {
        Some(own) => program[own.clone()].to_owned(),
        None => "?".to_owned(),
    };
    Some(parts.iter().map(piece).collect())
}

#[test]
fn pieces_of_one_text_are_put_together() {
    for program in [
        r#""@a" + "bc""#,
        r#"x('@a' . "bc")"#,
        "(\"@a\"\n   \"bc\")",
        r#""@a" + /* why */ "b" + `c`"#,
        "\"@a\" & _\n \"bc\"",
        r#"["@a", "b", "c"].join("")"#,
        r#""".join(["@a", "b", "c"])"#,
        r#"implode('', ['@a', 'bc'])"#,
        r#"strings.Join([]string{"@a", "bc"}, "")"#,
        r#"concat!("@a", "bc")"#,
        r#"paste("@a", "bc", sep="")"#,
        r#"new StringBuilder("@a").append("b").append("c")"#,
        r#""%s%s" % ("@a", "bc")"#,
        r#""{1}{0}".format("bc", "@a")"#,
        r#"fmt.Sprintf("%s%s", "@a", "bc")"#,
        "b = \"bc\"\nc = f\"@a{b}\"",
        "a = '@a'\nb = 'bc'\nc = a + b",
        "const a = '@a', b = 'bc';\nf(`${a}${b}`)",
        "A=\"@a\"\nB=\"bc\"\nC=\"$A$B\"",
        "a = '@a'\na += 'bc'\n",
        "$a = '@a';\n$a = $a . 'bc';",
        "\"@a\\\n    bc\"",
        "let a = \"@a\"\nlet b = \"bc\"\nlet c = \"\\(a)\\(b)\"",
        "s.append(\"@a\");\ns.append(\"b\");\ns.append(\"c\");",
        "sb.Append(\"@a\")\n  sb.Append(\"bc\")",
        "let p = [\"@a\", \"bc\"];\nlet t = p.join(\"\");",
        "p = ['@a', 'b', 'c']\nt = ''.join(p)",
        "$p = ['@a', 'bc'];\n$t = implode('', $p);",
        "p := []string{\"@a\", \"bc\"}\nt := strings.Join(p, \"\")",
        "t: !Join [\"\", [\"@a\", \"b\", \"c\"]]",
        "{\"t\": {\"Fn::Join\": [\"\", [\"@a\", \"bc\"]]}}",
        r#"("@a") + "bc""#,
        r#"("@a") + ("bc")"#,
        r#"f"@a" f"bc""#,
        r#"b'@a' b'bc'"#,
        "x = (f\"@a\"\n     f\"bc\")",
        r#"u8"@a" u8"bc""#,
        r#""@a"s + "bc"s"#,
        r#""@a".to_string() + "bc""#,
        r#"String::from("@a") + "bc""#,
        "let mut s = String::from(\"@a\");\ns.push_str(\"bc\");",
        r#"listOf("@a", "bc").joinToString("")"#,
        r#"["@a", "bc"].joined()"#,
        r#"Stream.of("@a", "bc").collect(Collectors.joining())"#,
        r#"string.Join(string.Empty, new string[] { "@a", "bc" })"#,
        r#"[string]::Join('', ('@a', 'bc'))"#,
        r#"-join ('@a', 'bc')"#,
        r#"concat ["@a", "bc"]"#,
        r#"String.concat "" ["@a"; "bc"]"#,
        r#"snprintf(to, sizeof to, "%s%s", "@a", "bc")"#,
        r#""{a}{b}".format(a="@a", b="bc")"#,
        r#"[concat('@a', 'bc')]"#,
        r#""@a" * "bc""#,
        "`${'@a'}bc`",
        "f\"@a{'bc'}\"",
        "b = \"bc\"\nc = f\"@a{ b }\"",
        "let a = '';\na += '@a';\na += 'bc';",
        "String a = \"@a\";\nString b = \"bc\";\nString c = this.a + this.b;",
        "const A = '@a';\n const B = 'bc';\nconst C = self::A . self::B;",
        "locals {\n a = \"@a\"\n b = \"bc\"\n}\nc = \"${local.a}${local.b}\"",
        "Dim a As String = \"@a\"\nDim b As String = \"bc\"\nDim c As String = a & b",
        "DECLARE @x nvarchar(40) = N'@a';\nDECLARE @y nvarchar(9) = N'bc';\nSET @z = @x + @y;",
        "$a = '@a'\n$b = 'bc'\n$c = \"$($a)$($b)\"",
    ] {
        assert_eq!(joined(program).as_deref(), Some("@abc"), "{program}");
    }
    assert_eq!(joined(r#"["@a", "b"].join("_")"#).as_deref(), Some("@a_b"));
    assert_eq!(joined(r#""-".join(["@a", "b"])"#).as_deref(), Some("@a-b"));
}

#[test]
fn strings_that_nothing_joins_stay_apart() {
    for program in [
        r#"["@a", "b"]"#,
        r#"f("@a", "b")"#,
        r#"{"@a": "b"}"#,
        r#""@a" + x"#,
        r#""@a" == "b""#,
        r#""@a" && "b""#,
        r#"x = "@a"; y = "b""#,
        "s.append(\"@a\");\nt.append(\"b\");",
        "p.append(\"@a\")\nq = 1\np.append(\"b\")",
        "p = ['@a', 'b']\nt = ', '.join(p)",
        "p = ['@a', 'b']\nt = q.join('')",
        "t: [\"\", [\"@a\", \"b\"]]",
        r#""@a" or "b""#,
        "a = '@a'\nb = 'b'\nf(a, b)",
        "a = '@a'\nb = 'b'\nb = g()\nc = a + b",
        "\"@a\n b\"",
        "function f() { const a = '@a'; }\nfunction g() { const b = 'b'; return `${a}${b}`; }",
        "const a = '@a';\nconst b = 'b';\nfunction f(a) { return a + b; }",
        "class A { void f() { String a = \"@a\"; } void g(String a) { String b = \"b\"; x = a + b; } }",
        "def f():\n    a = '@a'\n\ndef g(a):\n    b = 'b'\n    return a + b",
        "def f():\n    a = '@a'\n\ndef g():\n    b = 'b'\n    return f'{a}{b}'",
        "a = \"@a\"\nf = (a) => a + \"b\"",
        r#"-split ('@a', 'b')"#,
    ] {
        assert_eq!(joined(program), None, "{program}");
    }
}

/// Whatever stands there, reading ends, stays in bounds, and looks no farther than it says.
#[test]
fn what_is_read_stands_within_reach() {
    const PARTS: &[&str] = &[
        "\"",
        "'",
        "`",
        "\"\"\"",
        "\\",
        "\n",
        " + ",
        " . ",
        "..",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "a",
        "b = ",
        "a += ",
        "join",
        ".join(\"\")",
        "concat(",
        "%s",
        "${",
        "#{",
        "{a}",
        "$a",
        "% (",
        "/*",
        "#",
        "//",
        " & _\n",
        ".append(",
        "ghp_",
        "\r\n",
        "^\n",
        "-f ",
        "sep=",
    ];
    let mut rng = crate::check::mint::Rng::new(3);
    for _ in 0..4000 {
        let parts = (0..rng.below(60)).map(|_| PARTS[rng.below(PARTS.len())]);
        let middle = parts.collect::<String>();
        let at = middle.find("ghp_").unwrap_or(0);
        let word = at..at + 4.min(middle.len());
        let inner = |before: &str, after: &str| {
            let all = [before, &middle, after].concat();
            let word = word.start + before.len()..word.end + before.len();
            let hint = hint(all.as_bytes(), &word, Literal::Value, &mut Stops::default());
            let view = hint.and_then(|h| around(all.as_bytes(), &word, Literal::Value, h));
            let own = view.map(|view| view.bytes);
            let told = told(all.as_bytes(), &word).map(|view| view.bytes);
            let joint = joint(all.as_bytes(), word.start).map(|view| view.bytes);
            let seam = seam(all.as_bytes(), word.start).map(|seam| seam.bytes);
            (own, told, joint, seam)
        };
        let (before, after) = ("; ".repeat(REACH / 2 + 1), " ;".repeat(REACH / 2 + 1));
        let far = ["\"x\" + 'y' ", &before].concat();
        assert_eq!(
            inner(&before, &after),
            inner(&far, &[&after, "\" + \"z"].concat()),
            "{middle}"
        );
    }
}

/// The text that the value without quotes is made a part of in which the first `ghp_` stands.
fn named(program: &str) -> Option<String> {
    let at = program.find("ghp_")?;
    let word = at..at + 4;
    if may_join(program.as_bytes(), &word, &mut Stops::default()) != Hint::Named {
        return None;
    }
    let parts = text(program.as_bytes(), at).used_plainly(&word)?;
    let pieces = parts.iter().filter_map(|part| part.text.clone());
    Some(pieces.map(|own| &program[own]).collect())
}

#[test]
fn values_without_quotes_are_put_together_by_their_names() {
    for program in [
        "A=ghp_1\nB=23\nC=$A$B\n",
        "export A=ghp_1\nexport B=\"23\"\ncurl -H \"x: ${A}${B}\"\n",
        "A=ghp_1\nC=${A}23\n",
        "A = ghp_1\nB := 23\nC = $(A)$(B)\n",
        "set A=ghp_1\r\nset B=23\r\nset C=%A%%B%\r\n",
        "set \"A=ghp_1\"\r\nset \"B=23\"\r\nset \"C=%A%%B%\"\r\n",
        "FROM x\nARG A=ghp_1\nARG B=23\nENV C=${A}${B}\n",
        "ENV A ghp_1\nENV B 23\nENV C $A$B\n",
        "[x]\na = ghp_1\nb = 23\nc = %(a)s%(b)s\n",
        "env:\n  A: ghp_1\n  B: 23\n  C: ${{ env.A }}${{ env.B }}\n",
        "a: ghp_1\nb: \"23\"\nc: \"{{ a }}{{ b }}\"\n",
    ] {
        assert_eq!(named(program).as_deref(), Some("ghp_123"), "{program}");
    }
    for program in [
        "A=ghp_1\nB=23\nC=$A,$B\n",
        "A=ghp_1\nB=23\nC=$B\n",
        "A=ghp_1\nB=23\nC=A$B\n",
        "A=ghp_1\nC=$A$B\nB=23\n",
        "f() {\n  A=ghp_1\n}\nB=23\nC=$A$B\n",
        "A=ghp_1 x y\nB=23\nC=$A$B\n",
        "a: ghp_1\nb\n",
        "a: >-\n  ghp_1\n  23\nb: c\n",
        "a: ghp_1\n  23\n",
        "a: ghp_1\n  b: c\n",
        "a:\n  - ghp_1\n  - 23\n",
        "a: >-\n  ghp_1\n  2 3\n",
        "a:\n  ghp_1\n  23\n",
    ] {
        assert_eq!(named(program), None, "{program}");
    }
}

#[test]
fn what_is_no_name_of_a_string_is_known_before_it_is_looked_for() {
    let pieces = [
        "a",
        "b",
        " ",
        "\t",
        "\n",
        "=",
        "<-",
        ":=",
        "(",
        ")",
        "\"",
        "'",
        "x",
        "f",
        "@",
        "#define ",
        "const ",
        "string",
        "String::from",
        "new ",
        "str(",
        ": str",
        "[]",
        "{",
        "}",
        "\"s\"",
        "'t'",
        "= \"u\"",
        ", ",
        "-",
        "a = ",
    ];
    let mut rng = Rng::new(28);
    let (mut names, mut found) = (0, 0);
    for _ in 0..60_000 {
        let program: String = (0..rng.below(14))
            .map(|_| pieces[rng.below(pieces.len())])
            .collect();
        let program = format!("{program}\na b");
        for name in [
            program.len() - 3..program.len() - 2,
            program.len() - 1..program.len(),
        ] {
            let quick = text(program.as_bytes(), program.len());
            let slow = text(program.as_bytes(), program.len());
            slow.assigns.set(Some(true));
            let string = slow.resolve(&name);
            assert_eq!(quick.resolve(&name), string, "{program}");
            names += usize::from(quick.assigns.get() == Some(false));
            found += usize::from(string.is_some());
        }
    }
    // Both happen often.
    assert!(names > 1_000 && found > 1_000, "{names} {found}");
}

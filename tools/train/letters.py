#!/usr/bin/env python3
"""Counts which letter follows which in words of source trees.

    letters.py TABLE.rs WORDS.txt DIRECTORY...

Reads text files below the directories and splits identifiers and prose into words
(camelCase, too). Counts pairs of letters over the different words that occur at least
eight times, so that neither one frequent word nor one random string weighs much. Writes to
TABLE.rs, for each pair, 16 times the binary logarithm of how much likelier the second
letter is than among random letters. Writes the words to WORDS.txt, the most frequent
first; train.py makes passwords of them. Python's standard library only.
"""

import collections
import math
import os
import re
import sys

WORD = re.compile(rb"[A-Z]?[a-z]{2,}|[A-Z]{3,}")


def words_of(roots):
    seen = collections.Counter()
    for root in roots:
        for folder, dirs, names in os.walk(root):
            dirs[:] = sorted(d for d in dirs if not d.startswith("."))
            for name in sorted(names):
                path = os.path.join(folder, name)
                if os.path.islink(path) or os.path.getsize(path) > 200_000:
                    continue
                with open(path, "rb") as file:
                    text = file.read()
                if b"\0" not in text:
                    seen.update(w.lower() for w in WORD.findall(text))
    return [(w.decode(), n) for w, n in seen.most_common() if n >= 8 and 3 <= len(w) <= 20]


def table_of(words):
    pairs = collections.Counter()
    for word, _ in words:
        pairs.update(zip("`" + word, word))  # "`", the byte before `a`, marks the start of a word
    rows = []
    for first in range(27):
        total = sum(pairs[chr(96 + first), chr(97 + b)] for b in range(26))
        row = []
        for second in range(26):
            p = (pairs[chr(96 + first), chr(97 + second)] + 0.5) / (total + 13)
            row.append(max(-127, min(127, round(16 * math.log2(p * 26)))))
        rows.append(row)
    return rows


def main():
    target, list_, *roots = sys.argv[1:]
    words = words_of(roots)
    with open(list_, "w") as out:
        out.writelines(w + "\n" for w, n in words)
    with open(target, "w") as out:
        out.write("//! Which letter follows which in words. Written by tools/train/letters.py; not by hand.\n\n")
        out.write("/// 16 times the binary logarithm of how much likelier a letter (column) is after\n")
        out.write("/// another (row; the first is the start of a word) than among random letters.\n")
        out.write("#[rustfmt::skip]\n")
        out.write("pub(super) const PAIRS: [[i8; 26]; 27] = [\n")
        for row in table_of(words):
            out.write("    [" + ", ".join(map(str, row)) + "],\n")
        out.write("];\n")


main()

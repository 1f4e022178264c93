#!/usr/bin/env python3
"""Fits the weights of the generic rule and measures them on data that they were not fitted to.

    train.py LABELLED.tsv[.xz] PROGRAM WORDS.txt [--clean DIR]... [--write]

PROGRAM is the example `labelled-lines`. It computes the features, so there is only one
implementation of them. letters.py writes WORDS.txt. `--clean` names source trees whose
candidates count as no credentials. `--write` replaces
src/detect/judge/generic/weights.rs; by default, only the table of the cross-validation is
printed. docs/accuracy.md explains what is measured, and why the data is changed before
training. Needs numpy and scikit-learn.
"""

import argparse
import collections
import hashlib
import os
import random
import re
import sys

sys.dont_write_bytecode = True

import numpy as np
from sklearn.linear_model import LogisticRegression

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "benches", "accuracy"))
import measure  # noqa: E402

FOLDS = 10
STRENGTH = 0.3  # inverse of the regularisation
CLEAN_WEIGHT = 0.15
X_WEIGHT = 0.5
BIG_WEIGHT = 0.3
IDENT = "an identifier of a program"
SCORED = "name, syntax and value together do not look like a credential"
PASSWORD_KINDS = {"Password", "CMD Password", "SQL Password", "URL Credentials", "CURL User Password", "Secret"}


def human(rng, words, length):
    """Returns a password of this length as people choose them: a word, two words, a word
    with a capital, digits or a punctuation mark."""
    by_length = words
    style = rng.random()
    tail = ""
    if length >= 6 and style < 0.35:
        n = rng.choice((1, 2, 3, 4)) if length >= 8 else rng.choice((1, 2))
        tail = rng.choice(("1", "12", "123", "1234", "7", "99", "2019", "01", "2020", "42", "007"))[:n]
    if length >= 8 and style < 0.12:
        tail += rng.choice("!@#$.")
    left = length - len(tail)
    parts = []
    while left:
        n = left if left <= 9 and left in by_length else min(left, rng.choice((4, 5, 6, 7)))
        if left - n in (1, 2):
            n = left if left in by_length else max(3, n - 3)
        n = min(n, left)
        parts.append(rng.choice(by_length.get(n) or ["x" * n]))
        left -= n
    text = "".join(parts)
    if style > 0.8:
        text = text[0].upper() + text[1:]
    return text + tail


def humanised(rows, words):
    """Returns the rows with half of the plain passwords replaced by human-chosen ones. In
    the table all of them are random; in the world about half are words."""
    by_length = collections.defaultdict(list)
    for word in words[:6000]:
        by_length[len(word)].append(word)
    out = []
    for row in rows:
        a, b = int(row["value_start"]), int(row["value_end"])
        line = row["line"]
        text = line.decode("utf-8", "surrogateescape")
        value = text[a:b] if 0 <= a < b else ""
        plain = re.fullmatch(r"[A-Za-z]{4,15}\d{0,4}[!@#$.]?", value)
        if row["truth"] == b"T" and plain and measure.kinds(row) & PASSWORD_KINDS:
            seed = hashlib.sha256(row["repo"] + value.encode()).digest()
            rng = random.Random(seed)
            if rng.random() < 0.5:
                new = human(rng, by_length, len(value))
                line = (text[:a] + new + text[b:]).encode("utf-8", "surrogateescape")
        out.append({**row, "line": line, "original": row["line"]})
    return out


NAMES = re.compile(rb"passw|passphrase|pass\b|pwd|secret|token|key\b|auth|credential|bearer", re.I)


# Left out: test folders have made-up credentials in the places of real ones.
MADE_UP = {"t", "test", "tests", "spec", "example", "examples"}


def clean_rows(folder, most):
    """Returns the lines of a source tree that may contain a candidate."""
    rows = []
    for where, dirs, names in os.walk(folder):
        dirs[:] = sorted(d for d in dirs if d != ".git" and d not in MADE_UP)
        for name in sorted(names):
            path = os.path.join(where, name)
            if os.path.islink(path) or os.path.getsize(path) > 400_000:
                continue
            with open(path, "rb") as file:
                text = file.read()
            if b"\0" in text:
                continue
            lines = [l.rstrip(b"\r").replace(b"\t", b" ") for l in text.split(b"\n")]
            for i, line in enumerate(lines):
                if len(line) < 1000 and NAMES.search(line):
                    rows.append({
                        "path": os.path.relpath(path, folder).encode(),
                        "before": b"", "line": line, "after": lines[i + 1][:200] if i + 1 < len(lines) else b"",
                    })
    random.Random(7).shuffle(rows)
    return rows[:most]


Sample = collections.namedtuple("Sample", "unit label repo weight features stock")


def overlap(row, start, end, line):
    a, b = int(row["value_start"]), int(row["value_end"])
    if a < 0:
        return True
    text = line.decode("utf-8", "surrogateescape")
    a = len(text[:a].encode("utf-8", "surrogateescape"))
    b = len(text[:b].encode("utf-8", "surrogateescape")) if b >= 0 else len(line)
    return start < b and a < end


def samples_of(rows, found, units):
    """Returns one sample per candidate of the generic rule, with the reviewers' label."""
    out = []
    for number, (label, kind, repo, members) in enumerate(units):
        row = rows[members[0]]
        for start, end, confidence, rule, dismissed, score, features in found.get(members[0], ()):
            if rule != "generic-assignment" or dismissed not in ("-", SCORED):
                continue
            over = {rows[n]["truth"] for n in members if overlap(rows[n], start, end, rows[n]["line"])}
            if b"T" in over:
                truth, weight = 1, 1.0
            elif b"X" in over:
                truth, weight = 0, X_WEIGHT
            elif label == "T" and not over:
                continue  # next to a true value; no reviewer judged it
            else:
                truth, weight = 0, 1.0
            # A stock word keeps low confidence, whatever its score.
            stock = confidence == "low" and score >= 0
            out.append(Sample(number, truth, repo, weight, features.split(), stock))
    return out


def matrix(samples, index):
    x = np.zeros((len(samples), len(index)), dtype=np.float32)
    for i, s in enumerate(samples):
        for f in s.features:
            x[i, index[f]] = 1
    return x


def weights_of(samples):
    sizes = collections.Counter(s.repo for s in samples)
    return np.array([
        s.weight * (BIG_WEIGHT if s.repo == measure.BIG else 1.0) * sizes[s.repo] ** -0.4 for s in samples
    ])


def fit(x, y, w):
    model = LogisticRegression(C=STRENGTH, max_iter=400, solver="lbfgs")
    scale = len(w) / w.sum()
    model.fit(x, y, sample_weight=w * scale)
    return model


def fold_of(repo):
    return hashlib.sha256(repo.encode()).digest()[0] % FOLDS


def hits_of(count, units, samples, logits, fixed, threshold):
    """Returns whether each row is reported: by another rule, or by a score at or above the threshold."""
    hits = [False] * count
    for number in [n for n, there in enumerate(fixed) if there]:
        for n in units[number][3]:
            hits[n] = True
    for s, logit in zip(samples, logits):
        if logit >= threshold and not s.stock:
            for n in units[s.unit][3]:
                hits[n] = True
    return hits


def show(what, rows, units, hits):
    """Prints the tables of docs/accuracy.md."""
    for strong in (True, False):
        for without in (True, False):
            view = [
                u for u in measure.judge(rows, strong) if not (without and u[2] == measure.BIG)
            ]
            plain, weighted, kinds = measure.table(view, hits)
            name = f"{what}: {'strong' if strong else 'full'}, {'without' if without else 'with'}"
            print(f"{name:36} lines   {plain.line()}")
            print(f"{name:36} by repo {weighted.line()}")
            if strong and without:
                for kind, c in sorted(kinds.items(), key=lambda kv: -kv[1].tp - kv[1].fn):
                    if c.tp + c.fn >= 15:
                        print(f"    {kind:26} {c.line()}")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("data")
    args.add_argument("program")
    args.add_argument("words")
    args.add_argument("--clean", action="append", default=[])
    args.add_argument("--medium", type=float, default=0.0)
    args.add_argument("--write", action="store_true")
    args = args.parse_args()
    words = open(args.words).read().split()
    rows = list(measure.rows_of(args.data))
    units = list(measure.judge(rows, False))
    # Rows that only identify something are measured in the full view, but not used for training.
    strong = {members[0] for *_, members in measure.judge(rows, True)}
    names = measure.candidates_of(args.program, [{"path": b"--features", "before": b"", "line": b"", "after": b""}])
    order = names[-1][0][6].split()
    index = {name: i for i, name in enumerate(order)}
    sets = {}
    for what, these in (("as it is", rows), ("humanised", humanised(rows, words))):
        found = measure.candidates_of(args.program, these)
        fixed = [
            any(r != "generic-assignment" and d == "-" and c != "low" for m in members for _, _, c, r, d, *_ in found.get(m, ()))
            for _, _, _, members in units
        ]
        sets[what] = (samples_of(these, found, units), fixed)
    clean = []
    for folder in args.clean:
        these = clean_rows(folder, 120_000)
        found = measure.candidates_of(args.program, these)
        new = [
            Sample(-1, 0, "clean/" + folder, CLEAN_WEIGHT, f.split(), False)
            for n in found for _, _, _, r, d, _, f in found[n]
            if r == "generic-assignment" and d in ("-", SCORED)
        ]
        print(f"{folder}: {len(these)} lines, {len(new)} candidates")
        clean += new
    learned = [s for s in sets["humanised"][0] if units[s.unit][3][0] in strong] + clean
    x, y, w = matrix(learned, index), np.array([s.label for s in learned]), weights_of(learned)
    folds = np.array([fold_of(s.repo) if not s.repo.startswith("clean/") else -1 for s in learned])
    models = [fit(x[folds != k], y[folds != k], w[folds != k]) for k in range(FOLDS)]
    for what, (samples, fixed) in sets.items():
        sx = matrix(samples, index)
        all_logits = np.stack([m.decision_function(sx) for m in models])
        logits = np.array([all_logits[fold_of(s.repo), i] for i, s in enumerate(samples)])
        for threshold in (-1.0, -0.5, 0.0, 0.5, 1.0):
            hits = hits_of(len(rows), units, samples, logits, fixed, threshold + args.medium)
            view = [u for u in measure.judge(rows, True) if u[2] != measure.BIG]
            plain, _, _ = measure.table(view, hits)
            print(f"cross-validated, {what}, from {threshold + args.medium:5.2f} on   {plain.line()}")
        show(what, rows, units, hits_of(len(rows), units, samples, logits, fixed, args.medium))
    if args.write:
        model = fit(x, y, w)
        write(order, model, args.medium, learned, x)


def write(order, model, medium, learned, x):
    """Writes the table in thousandths: sums of whole numbers are the same on every machine."""
    weights = [round(1000 * w) for w in model.coef_[0]]
    bias = round(1000 * model.intercept_[0])
    with open(os.path.join(ROOT, "src/detect/judge/generic/weights.rs"), "w") as out:
        out.write("//! The weights of the generic rule's score, in thousandths. Written by\n")
        out.write("//! tools/train/train.py; not by hand.\n\n")
        for name, value, doc in (
            ("BIAS", bias, "The score of a candidate without any feature."),
            ("LOW", 1000 * (medium - 3), "Below it a candidate is dismissed."),
            ("MEDIUM", 1000 * medium, "From here on the confidence is medium."),
            ("HIGH", 1000 * (medium + 3), "From here on the confidence is high."),
        ):
            out.write(f"/// {doc}\npub(super) const {name}: i32 = {int(value)};\n")
        out.write("/// The features' names and weights, in the order of their bits.\n#[rustfmt::skip]\n")
        out.write(f"pub(super) const WEIGHTS: [(&str, i32); {len(order)}] = [\n")
        for name, weight in zip(order, weights):
            out.write(f'    ("{name}", {weight}),\n')
        out.write("];\n\n")
        out.write("/// Features of some candidates, and what the training script makes of them.\n")
        out.write("#[cfg(test)]\n#[rustfmt::skip]\n")
        picked = random.Random(11).sample(range(len(learned)), 24)
        out.write(f"pub(super) const FIXTURE: [(&[u16], i32); {len(picked)}] = [\n")
        for i in picked:
            there = np.flatnonzero(x[i])
            total = bias + sum(weights[j] for j in there)
            out.write(f"    (&[{', '.join(map(str, there))}], {total}),\n")
        out.write("];\n")


main()

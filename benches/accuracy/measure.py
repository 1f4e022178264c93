#!/usr/bin/env python3
"""Recall, precision and F1 of the whole scanner on labelled lines of real code.

    measure.py LABELLED.tsv[.xz] PROGRAM [--confidence medium] [--detail]

PROGRAM is the example `labelled-lines` (cargo build --release --example labelled-lines).
docs/accuracy.md explains the columns of the table, T, F and X, and how lines are
counted. Python's standard library only.
"""

import argparse
import collections
import lzma
import subprocess

RANK = {"low": 0, "medium": 1, "high": 2}
# Kinds that identify something but give no access. Not in the strong view.
WEAK = {"UUID", "Salt", "Nonce", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID"}
# Half of all true rows are from this one repository, a collection of test keys.
BIG = "2ba83c6a"


def rows_of(path):
    opened = lzma.open(path, "rb") if path.endswith(".xz") else open(path, "rb")
    with opened as lines:
        header = next(lines).rstrip(b"\n").split(b"\t")
        for line in lines:
            yield dict(zip((h.decode() for h in header), line.rstrip(b"\n").split(b"\t")))


def candidates_of(program, rows):
    feed = b"\n".join(
        b"\t".join((r["path"], r["before"], r["line"], r["after"])) for r in rows
    )
    done = subprocess.run([program], input=feed, stdout=subprocess.PIPE, check=True)
    found = collections.defaultdict(list)
    for line in done.stdout.split(b"\n"):
        if line:
            n, start, end, confidence, rule, dismissed, score, features = line.split(b"\t", 7)
            found[int(n)].append(
                (int(start), int(end), confidence.decode(), rule.decode(), dismissed.decode(), float(score), features.decode())
            )
    return found


def lines_of(rows):
    """Groups the rows of each line into a unit: true if any of them is, else X if any is."""
    units = collections.OrderedDict()
    for n, row in enumerate(rows):
        key = (row["repo"], row["path"], row["line_start"], row["line"])
        units.setdefault(key, []).append(n)
    return units


def kinds(row):
    return set(row["category"].decode().split(":"))


def judge(rows, strong):
    """Yields units as (truth, kind, repo, rows), without the lines that the view excludes."""
    for key, members in lines_of(rows).items():
        some = [rows[n] for n in members]
        if any("PEM Private Key" in kinds(r) for r in some):
            continue  # one line of a key block cannot be judged
        truth = {r["truth"].decode() for r in some}
        true = [r for r in some if r["truth"] == b"T"]
        if strong and true:
            true = [r for r in true if not kinds(r) <= WEAK]
            if not true:
                continue
        if strong and not true and all(kinds(r) <= WEAK for r in some):
            continue
        label = "T" if true else ("X" if "X" in truth else "F")
        kind = (true or some)[0]["category"].decode().split(":")[0]
        yield label, kind, key[0].decode(), members


class Count:
    def __init__(self):
        self.tp = self.fn = self.fp = self.x = 0.0

    def add(self, label, hit, weight=1.0):
        if label == "T":
            self.tp += weight * hit
            self.fn += weight * (not hit)
        elif hit:
            if label == "X":
                self.x += weight
            else:
                self.fp += weight

    def line(self):
        recall = self.tp / max(self.tp + self.fn, 1e-9)
        out = [recall]
        for wrong in (self.fp, self.fp + self.x):
            precision = self.tp / max(self.tp + wrong, 1e-9)
            out += [precision, 2 * recall * precision / max(recall + precision, 1e-9)]
        return "  ".join(f"{v:.3f}" for v in out) + f"  T {self.tp + self.fn:7.0f}  tp {self.tp:6.0f} fp {self.fp:5.0f} x {self.x:5.0f}"


def table(units, hits):
    plain, kinds_, repos = Count(), collections.defaultdict(Count), collections.defaultdict(Count)
    for label, kind, repo, members in units:
        hit = any(hits[n] for n in members)
        plain.add(label, hit)
        kinds_[kind].add(label, hit)
        repos[repo].add(label, hit)
    weighted = Count()
    for c in repos.values():
        # The weight of a repository is the square root of its number of lines.
        size = c.tp + c.fn + c.fp + c.x
        weight = size**-0.5 if size else 0.0
        weighted.tp += c.tp * weight
        weighted.fn += c.fn * weight
        weighted.fp += c.fp * weight
        weighted.x += c.x * weight
    return plain, weighted, kinds_


def main():
    args = argparse.ArgumentParser()
    args.add_argument("data")
    args.add_argument("program")
    args.add_argument("--confidence", default="medium", choices=RANK)
    args.add_argument("--detail", action="store_true")
    args = args.parse_args()
    rows = list(rows_of(args.data))
    found = candidates_of(args.program, rows)
    least = RANK[args.confidence]
    hits = [
        any(d == "-" and RANK[c] >= least for _, _, c, _, d, *_ in found.get(n, ()))
        for n in range(len(rows))
    ]
    print("recall; precision and F1 against F; precision and F1 against F and X")
    for strong in (True, False):
        for without in (True, False):
            units = [u for u in judge(rows, strong) if not (without and u[2] == BIG)]
            plain, weighted, by_kind = table(units, hits)
            name = f"{'strong' if strong else 'full'}, {'without' if without else 'with'} {BIG}"
            print(f"{name:28} lines    {plain.line()}")
            print(f"{name:28} by repo  {weighted.line()}")
            if strong and without:
                main_kinds = by_kind
    print("by kind (strong, without the big one)")
    for kind, c in sorted(main_kinds.items(), key=lambda kv: -kv[1].tp - kv[1].fn):
        if c.tp + c.fn >= 5 or c.fp + c.x >= 5:
            print(f"  {kind:26} {c.line()}")


if __name__ == "__main__":
    main()

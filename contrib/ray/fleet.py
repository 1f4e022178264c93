#!/usr/bin/env python3
"""Scans a fleet with Ray: one task per repository, on any node that sees the same files.

    python3 fleet.py manifest.jsonl results [--address auto] [--stopleak PATH] -- [OPTIONS OF fleet run]

Every node needs the clones and the directory of results at the same paths, and the program
(`pip install stopleak`, or --stopleak). A task that dies with its node is started again elsewhere: results
are written in one step, so it makes no difference. Make the report with `stopleak fleet merge`.
"""

import argparse
import json
import subprocess
import sys

import ray


@ray.remote(max_retries=5, num_cpus=1)
def scan(command, repository):
    """Scans one repository. 0 and 1 are results, also 2 if there is one: merge names it."""
    done = subprocess.run(command + ["--only", repository], capture_output=True, text=True)
    if done.returncode not in (0, 1, 2):
        raise RuntimeError(f"{repository}: exit {done.returncode}: {done.stderr[-2000:]}")
    return repository, done.returncode, done.stderr.strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("manifest")
    parser.add_argument("results")
    parser.add_argument("--address", help="of a running cluster; without, one starts here")
    parser.add_argument("--stopleak", default="stopleak")
    parser.add_argument("options", nargs="*", help="options of `stopleak fleet run`, after --")
    args = parser.parse_args()
    with open(args.manifest, encoding="utf-8") as lines:
        repositories = [json.loads(line)["id"] for line in lines if '"id"' in line]
    command = [args.stopleak, "fleet", "run", args.manifest, "--results", args.results, "--jobs", "1"]
    ray.init(address=args.address, log_to_driver=False)
    # The manifest has the largest first, and Ray starts tasks in this order.
    waiting = [scan.remote(command + args.options, repository) for repository in repositories]
    worst = 0
    while waiting:
        ended, waiting = ray.wait(waiting)
        try:
            _, code, said = ray.get(ended[0])
            print(said, file=sys.stderr)
        except Exception as error:  # Its repository has no result, and merge names it.
            code = 2
            print(f"error: {error}", file=sys.stderr)
        worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main())

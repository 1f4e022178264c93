#!/usr/bin/env python3
"""Reckons how long a fleet takes: sizes.py MEASURED_MANIFEST RESULTS REPOSITORIES CORES...

Takes sizes and times of a fleet that was scanned (its manifest and results), draws as many repositories from them,
shares them as `fleet run --shard` does, and prints CPU hours and, for each number of cores, the time until the last core
has ended.
"""

import heapq
import json
import pathlib
import random
import sys

EACH = 256 << 10


def main(manifest, results, repositories, *cores):
    with open(manifest, encoding="utf-8") as lines:
        known = [json.loads(line) for line in lines][1:]
    measured = []
    for repository in known:
        receipt = pathlib.Path(results) / f"{repository['id']}.receipt.json"
        measured.append((repository["bytes"], json.loads(receipt.read_text())["elapsed_ms"] / 1000))
    draw = random.Random(1)
    fleet = sorted((draw.choice(measured) for _ in range(int(repositories))), reverse=True)
    size, time = (sum(column) for column in zip(*fleet))
    print(f"{repositories} repositories: {size / 1e9:.0f} GB, {time / 3600:.1f} CPU hours")
    for count in map(int, cores):
        shares = [(0, index) for index in range(count)]
        times = [0.0] * count
        for size, seconds in fleet:
            load, index = heapq.heappop(shares)
            times[index] += seconds
            heapq.heappush(shares, (load + size + EACH, index))
        least = max(time / count, max(seconds for _, seconds in fleet))
        balanced = [0.0] * count
        for _, seconds in fleet:
            heapq.heapreplace(balanced, balanced[0] + seconds)
        print(f"  {count} cores: {max(times) / 60:.1f} min in shares, {max(balanced) / 60:.1f} min one by one, "
              f"{least / 60:.1f} min at best")


if __name__ == "__main__":
    main(*sys.argv[1:])

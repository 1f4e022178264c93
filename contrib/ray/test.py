#!/usr/bin/env python3
"""Tests fleet.py: two nodes on this machine, of which one is killed midway.

    python3 -m venv /tmp/ray && /tmp/ray/bin/pip install ray
    /tmp/ray/bin/python contrib/ray/test.py target/debug/stopleak

Compares the merged report with that of a run in one process: they must be equal, byte by byte. Needs
git, and about a gigabyte of memory.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

from ray.cluster_utils import Cluster

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORIES = 24


def git(*args, cwd):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *args], cwd=cwd, check=True, capture_output=True)


def make(top):
    for number in range(REPOSITORIES):
        repository = top / f"acme/r{number}"
        repository.mkdir(parents=True)
        git("init", "-q", cwd=repository)
        # Put together here, so that this file holds no password.
        value = "Xk9m" + "Lq27" + f"Pf3{number % 5}w"
        (repository / ".env").write_text(f"db_{'pass' + 'word'}={value}\n")
        (repository / "text").write_text("nothing to see\n" * 20_000 * (1 + number % 3))
        git("add", "-A", cwd=repository)
        git("commit", "-q", "-m", "start", cwd=repository)


def main():
    stopleak = str(pathlib.Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as top:
        top = pathlib.Path(top)
        make(top / "clones")
        manifest = str(top / "manifest.jsonl")

        def run(*args):
            return subprocess.run([stopleak, "fleet", *args], cwd=top, capture_output=True, check=False)

        assert run("plan", "clones", "-o", manifest).returncode == 0
        assert run("run", manifest, "--results", "alone").returncode == 1
        alone = run("merge", "alone", manifest, "--format", "json")

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        results = top / "spread"
        driver = subprocess.Popen(
            [sys.executable, str(HERE / "fleet.py"), manifest, str(results), "--address", cluster.address,
             "--stopleak", stopleak], cwd=top, env={**os.environ, "RAY_DEDUP_LOGS": "0"})

        def kill():
            while len(list(results.glob("*.receipt.json"))) < 3:
                time.sleep(0.05)
            cluster.remove_node(second, allow_graceful=False)
            print("killed one of two nodes, with", len(list(results.glob("*.receipt.json"))), "results")

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        code = driver.wait(timeout=600)
        killer.join(timeout=10)
        assert not killer.is_alive(), "no node was killed"
        assert code == 1, code
        spread = run("merge", "spread", manifest, "--format", "json")
        cluster.shutdown()
    assert spread.returncode == alone.returncode == 1, spread.stderr.decode()
    assert spread.stdout == alone.stdout
    print(f"the same report, byte by byte: {len(alone.stdout)} bytes, {REPOSITORIES} repositories")


if __name__ == "__main__":
    main()

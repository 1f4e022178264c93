#!/bin/sh
# Tests the files of this directory: sh test.sh STOPLEAK
#
# Makes 24 repositories, scans them in one process, and then as each engine would: GNU parallel (or xargs) is run, killed
# and resumed; of Slurm, Kubernetes and AWS Batch the commands of the files run with the index that the system would set.
# Every report must be the same, byte by byte. Needs git and python3.
set -eu
stopleak=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$top"
export STOPLEAK="$stopleak" JOBS=2 GIT_CONFIG_NOSYSTEM=1 HOME="$top"
git config --global user.name A
git config --global user.email a@example.com
git config --global init.defaultBranch main

n=0
while [ $n -lt 24 ]; do
    git init -q "clones/acme/r$n"
    # Put together here, so that this file holds no password.
    printf '%s%s\n' "db_password" "=Xk9mLq27Pf3$((n % 5))w" > "clones/acme/r$n/.env"
    git -C "clones/acme/r$n" add -A
    git -C "clones/acme/r$n" commit -q -m start
    n=$((n + 1))
done
# One that fails: merge names it.
echo poison > clones/acme/r7/.git/HEAD

"$stopleak" fleet plan clones -o manifest.jsonl
"$stopleak" fleet run manifest.jsonl --results alone -q || [ $? = 2 ]
"$stopleak" fleet merge alone manifest.jsonl --format json > alone.json || [ $? = 2 ]
grep -q '"path":"acme/r7"' alone.json

same() {
    "$stopleak" fleet merge "$2" manifest.jsonl --format json > "$2.json" 2> /dev/null || [ $? = 2 ]
    cmp alone.json "$2.json"
    echo "ok: $1"
}

# parallel: killed when some are done, then resumed.
sh "$here/parallel.sh" manifest.jsonl spread > /dev/null 2>&1 &
started=$!
while [ "$(ls spread 2> /dev/null | grep -c receipt)" -lt 4 ]; do sleep 0.05; done
pids=$started
for pid in $started; do pids="$pids $(ps -o pid= --ppid "$pid" || true)"; done
kill -9 $pids 2> /dev/null || true
wait $started 2> /dev/null || true
sh "$here/parallel.sh" manifest.jsonl spread > /dev/null 2>&1 || [ $? = 2 ]
same "$(command -v parallel > /dev/null && echo 'GNU parallel' || echo xargs), killed and resumed" spread

# Slurm: an array of five tasks, from 0.
for task in 0 1 2 3 4; do
    SLURM_ARRAY_TASK_ID=$task SHARES=5 sh "$here/slurm.sbatch" manifest.jsonl slurm 2> /dev/null || [ $? = 2 ]
done
same 'Slurm array, index emulated' slurm

# Kubernetes and AWS Batch: the arguments in the files, with three shares and the paths of here.
args() {
    python3 - "$1" << 'PY'
import json, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
if sys.argv[1].endswith(".json"):
    file = json.loads(text)
    size, definition = file["submit"]["arrayProperties"]["size"], file["jobDefinition"]
    container = definition["containerProperties"]
    assert definition["type"] == "container" and 2 <= size <= 10_000
    assert {r["type"] for r in container["resourceRequirements"]} == {"VCPU", "MEMORY"}
    assert {m["sourceVolume"] for m in container["mountPoints"]} == {v["name"] for v in container["volumes"]}
    args = container["command"]
else:
    # The parts that decide, without a parser of YAML.
    value = lambda key: re.search(rf"^ *{key}: (.*)$", text, re.M).group(1)
    assert value("apiVersion") == "batch/v1" and value("kind") == "Job"
    assert value("completionMode") == "Indexed" and value("restartPolicy") == "Never"
    size = int(value("completions"))
    args = re.search(r"args: \[(.*?)\]", text, re.S).group(1).replace('"', "").replace("\n", " ").split(",")
    args = [word.strip() for word in args]
assert args[args.index("--shards") + 1] == str(size), "as many shares as processes"
args[args.index("--shards") + 1] = "3"
del args[args.index("--clones"):args.index("--clones") + 2]
print(" ".join(args))
PY
}
for index in 0 1 2; do
    JOB_COMPLETION_INDEX=$index "$stopleak" $(args "$here/kubernetes.yaml" | sed 's|/fleet/manifest|manifest|; s|/fleet/results|kubernetes|') \
        2> /dev/null || [ $? = 2 ]
    AWS_BATCH_JOB_ARRAY_INDEX=$index AWS_BATCH_JOB_ARRAY_SIZE=3 \
        "$stopleak" $(args "$here/aws-batch.json" | sed 's|/fleet/manifest|manifest|; s|/fleet/results|aws|') \
        2> /dev/null || [ $? = 2 ]
done
same 'Kubernetes Indexed Job, index emulated' kubernetes
same 'AWS Batch array, index emulated' aws

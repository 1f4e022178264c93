#!/usr/bin/env python3
"""Turns issues and pull requests of GitHub, with all comments, into items for stopleak.

    gh issue list --state all --limit 100000 \\
        --json number,title,body,url,author,createdAt,comments > issues.json
    python3 issues.py issues.json | stopleak scan --items -

`gh pr list` takes the same fields. Several files are allowed.
"""

import json
import sys


def items(issue):
    path = f"issues/{issue['number']}"
    text = f"{issue.get('title') or ''}\n\n{issue.get('body') or ''}\n"
    yield path, text, issue.get("url"), issue.get("author"), issue.get("createdAt")
    for number, comment in enumerate(issue.get("comments") or [], 1):
        at = comment.get("url"), comment.get("author"), comment.get("createdAt")
        yield f"{path}/comments/{number}", comment.get("body"), *at


def main(files):
    for name in files:
        with open(name, encoding="utf-8") as file:
            for issue in json.load(file):
                for path, text, url, author, time in items(issue):
                    author = (author or {}).get("login")
                    item = dict(path=path, text=text, url=url, author=author, time=time)
                    print(json.dumps(item))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        # No item, so that the scan knows that some are missing: it exits with 2.
        print("the list is incomplete")
        sys.exit(f"{type(error).__name__}: {error}")

#!/usr/bin/env python3
"""Turns the export of a Slack workspace (a directory, unpacked) into items for stopleak.

    python3 chat.py export/ | stopleak scan --items -

Each message is an item: `general/2026-01-31/1769858000.000100`. What bots attach to messages
(`attachments`, `blocks`) is scanned as the JSON that it is.
"""

import datetime
import json
import pathlib
import sys


def main(top):
    for file in sorted(pathlib.Path(top).glob("*/*.json")):
        for message in json.loads(file.read_text(encoding="utf-8")):
            ts = message.get("ts", "0")
            more = {key: message[key] for key in ("attachments", "blocks", "files") if key in message}
            text = message.get("text") or ""
            if more:
                text += "\n" + json.dumps(more, indent=1)
            time = datetime.datetime.fromtimestamp(float(ts), datetime.timezone.utc)
            author = message.get("user") or message.get("username")
            path = f"{file.parent.name}/{file.stem}/{ts}"
            print(json.dumps(dict(path=path, text=text, author=author, time=time.isoformat())))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception as error:
        # No item, so that the scan knows that some are missing: it exits with 2.
        print("the list is incomplete")
        sys.exit(f"{type(error).__name__}: {error}")

"""`gh` for the workflows' steps: GitHub is a folder. `comments.json`, `issues.json` and `runs/` are what it has.

It knows what the steps ask, and nothing else: a call that it does not know fails, as one that GitHub does not have.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "repos/acme/infrastructure"


def main(words: list[str]) -> int:
    """Answer one call of `gh`."""
    place = Path(os.environ["FAKE_GITHUB"])
    assert os.environ["GH_TOKEN"]
    if words[:2] == ["run", "download"]:
        number, rest = words[2], words[3:]
        assert rest[:3] == ["--repo", "acme/infrastructure", "--name"]
        shutil.copytree(place / "runs" / number / rest[3], ".", dirs_exist_ok=True)
        return 0
    if words == ["auth", "setup-git"]:
        return 0
    assert words[0] == "api", words
    rest = [word for word in words[1:] if word not in ("--paginate", "--silent")]
    options: dict[str, str] = {}
    while any(word.startswith("--") for word in rest):
        at = next(position for position, word in enumerate(rest) if word.startswith("--"))
        options[rest[at]] = rest[at + 1]
        del rest[at : at + 2]
    (path,) = rest
    given = json.loads(Path(options["--input"]).read_text()) if "--input" in options else {}
    given |= dict([options["--field"].split("=", 1)]) if "--field" in options else {}
    answer = respond(place, options.get("--method", "GET"), path.removeprefix(f"{REPOSITORY}/"), given)
    if "--silent" not in words:
        print(json.dumps(answer))
    return 0


def respond(place: Path, method: str, path: str, given: dict[str, Any]) -> Any:
    """What GitHub answers, after it has done what was asked."""
    if found := re.fullmatch(r"commits/(\w{40})/pulls", path):
        pulls = json.loads((place / "pulls.json").read_text())
        return [each for each in pulls if each["merge_commit_sha"] == found[1]]
    if found := re.fullmatch(r"actions/workflows/pull-request.yml/runs\?head_sha=(\w{40})&.*status=success", path):
        runs = json.loads((place / "runs.json").read_text())
        return {"workflow_runs": [each for each in runs if each["head_sha"] == found[1]]}
    if found := re.fullmatch(r"collaborators/(\w+)/permission", path):
        return {"permission": "write" if found[1] == "maintainer" else "read"}
    if found := re.fullmatch(r"pulls(?:\?state=open&base=main&head=acme:([\w-]+)|/\d+)?", path):
        requests = store(place / "requests.json", method, path.rpartition("/")[2], given, "number")
        if method == "POST":
            return requests[-1]
        return [each for each in requests if each["head"] == found[1]] if method == "GET" else requests
    if found := re.fullmatch(r"issues/(?:(\d+)/comments|comments/\d+)", path):
        comments = store(
            place / "comments.json",
            method,
            path.rpartition("/")[2],
            given | ({"issue": found[1]} if found[1] else {}),
            "id",
        )
        return [each for each in comments if each["issue"] == found[1]] if method == "GET" else comments
    if re.match(r"issues(\?|/|$)", path):
        found_issues = store(place / "issues.json", method, path.rpartition("/")[2], given, "number")
        return [each for each in found_issues if each.get("state") == "open"] if method == "GET" else found_issues
    raise ValueError(f"{method} {path}")


def store(file: Path, method: str, key: str, given: dict[str, Any], name: str) -> Any:
    """A list of objects in a file."""
    known = json.loads(file.read_text()) if file.exists() else []
    if method == "GET":
        return known
    if method == "POST":
        known.append({name: len(known) + 7, "user": {"type": "Bot"}, "state": "open", **given})
    else:
        next(each for each in known if str(each[name]) == key).update(given)
    file.write_text(json.dumps(known))
    return known


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

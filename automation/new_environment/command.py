"""`invoke new-environment NAME`: asks what the environment is to be, and writes its files.

They are checked as before a run, beside those of the other environments, before the first one is written. Neither an
engine nor AWS is needed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from automation.adoption import placing
from automation.adoption.files import Draft, Target
from automation.adoption.texts import same_keys
from automation.new_environment import files
from automation.new_environment.answers import LOOKUP, Answers, Given, answers
from shared.errors import ConfigError, UsageError
from shared.layers import ROOT, SANDBOX, check_name


def new_environment(name: str, given: Given, *, interactive: bool, root: Path = ROOT) -> None:
    """Write the files of the environment `name`, and say what comes next. `given` are the options.

    A file that is there is never written: if it says the same, it is left as it is, so that the command can be
    repeated. Raises `shared.errors.UserError`; then nothing is written.
    """
    check_name("environment", name)
    if name == SANDBOX:
        raise UsageError(
            f"environment {SANDBOX!r} is the one that needs no AWS; allowed: another name, such as staging"
        )
    wanted = answers(given, interactive=interactive)
    _refuse(wanted)
    target = Target(
        name,
        wanted.region,
        wanted.management_account,
        f"`invoke new-environment {name}`",
        wanted.secrets_provider or None,
    )
    drafts = list(files.drafts(target, wanted))
    missing = _missing(name, drafts, root)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        placing.copy_configuration(root, place, name)
        for draft in missing:
            placing.try_out(place, draft)
        if problems := placing.problems(name, place):
            raise ConfigError([*problems, "Nothing was written."])
    for draft in missing:
        placing.write(root, draft)
    print(f"Environment {name} of management account {wanted.management_account}:")
    for draft in drafts:
        print(f"  {draft.label}{'' if draft in missing else ', which was there'}")
    print("Read them. Next, signed in to that account:")
    for command in ("doctor", "preview-all", "deploy-all"):
        print(f"  invoke {command} --env {name}")


def _refuse(wanted: Answers) -> None:
    """Raise `UsageError` for answers that do not go together."""
    wrong = []
    if wanted.copy_region and wanted.organization == LOOKUP:
        wrong.append(
            f"--copy-region is {wanted.copy_region!r} with --organization {LOOKUP}, where no policy is made; allowed: "
            "without it, and policies:backup in the file later (docs/policies.md)"
        )
    names = [each.name for each in wanted.account]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        wrong.append(f"--account has {', '.join(twice)} more than once; allowed: each name once")
    if wrong:
        raise UsageError("\n".join([*wrong, "Nothing was written."]))


def _missing(name: str, drafts: Sequence[Draft], root: Path) -> list[Draft]:
    """The drafts without a file. Raises `UsageError` for a file that says something else, and for one of an account
    that was not named."""
    missing = [draft for draft in drafts if not (root / draft.path).exists()]
    same = {
        draft.path
        for draft in drafts
        if draft not in missing and same_keys((root / draft.path).read_text(), draft.text)
    }
    there = [*root.glob(f"stacks/*/Pulumi.{name}.yaml"), *root.glob(f"stacks/*/Pulumi.{name}.*.yaml")]
    in_the_way = sorted(str(path) for file in there if (path := file.relative_to(root)) not in same)
    if in_the_way:
        raise UsageError(
            f"environment {name!r} has files already, which are not overwritten: {', '.join(in_the_way)}; allowed: a "
            "name that no environment has. One more account: invoke add-account\nNothing was written."
        )
    return missing

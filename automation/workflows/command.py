"""`invoke workflows`: writes the workflows' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from automation.workflows import account_requests, deployments, github, gitlab, kubernetes_operator
from automation.workflows.source import Source
from automation.workflows.steps import GENERATED, PROD, Place
from automation.workflows.targets import Target, targets
from shared.errors import UsageError
from shared.layers import ROOT, SANDBOX, discover


def files(places: Sequence[Place] = (PROD,)) -> dict[str, str]:
    """Path → text of every file for GitHub Actions and GitLab CI, but for the forms: those follow the stacks' files."""
    found: dict[str, str] = {}
    for place in places:
        found |= github.files(place) | account_requests.workflows(place)
    return found | gitlab.files(places)


def write(environments: Sequence[str] = (), root: Path = ROOT) -> None:
    """Write the workflows of `environments` into the repository at `root`; of none, those of `prod`.

    Those of other environments that were written before are removed: they would go on deploying. Raises `UserError`
    for an environment that has no files.
    """
    chosen = _known(environments, root)
    places = [Place(environment, first=not position) for position, environment in enumerate(chosen)] or [PROD]
    texts = files(places)
    for place in places:
        texts |= account_requests.forms(place, root)
    for name, text in texts.items():
        _write(root / name, name, text)
    for file in sorted((root / ".github").glob("*/*.yml")):
        name = str(file.relative_to(root))
        if name not in texts and file.read_text().startswith(GENERATED):
            file.unlink()
            print(f"removed {name}")


def write_deployments(folder: str, environments: Sequence[str], source: Source, root: Path = ROOT) -> None:
    """Write the settings of Pulumi Deployments and the webhooks between its stacks into `folder`.

    Raises `UserError`.
    """
    for name, text in deployments.files(_targets(environments, root), source).items():
        _write(Path(folder) / name, f"{folder}/{name}", text)


def write_operator(folder: str, environments: Sequence[str], source: Source, root: Path = ROOT) -> None:
    """Write the resources of the Pulumi Kubernetes Operator into `folder`. Raises `UserError`."""
    for name, text in kubernetes_operator.files(_targets(environments, root), source).items():
        _write(Path(folder) / name, f"{folder}/{name}", text)


def _targets(environments: Sequence[str], root: Path) -> dict[str, list[Target]]:
    chosen = _known(environments, root) or _known([PROD.environment], root)
    return {environment: targets(environment, root) for environment in chosen}


def _known(environments: Sequence[str], root: Path) -> list[str]:
    """`environments`, each once. Raises `UserError` for one without files, and for the sandbox."""
    for environment in environments:
        discover(environment, root)
        if environment == SANDBOX:
            raise UsageError(f"--env {SANDBOX}: its AWS is on this machine alone; allowed: an environment of your own")
    return list(dict.fromkeys(environments))


def _write(file: Path, name: str, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    print(f"wrote {name}")

"""Completion in the shell: commands, their options, environments, layers, stacks and accounts.

`invoke completion bash` prints what a shell needs; that calls `python -m automation.completion WORDS` at each TAB.
"""

import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

from shared.errors import LayerError, UsageError
from shared.layers import LAYERS, ROOT, SANDBOX, StackId, discover, environments

_ACCOUNTS = ("rename-account", "change-email", "close-account", "forget-account")
"""The commands whose first word is an account."""

_STACKS = ("up", "preview", "destroy")
"""The commands whose first word is a layer or a stack."""

_SCRIPTS = {
    "bash": """\
_invoke_organization() {
  local IFS=$'\\n' cur="${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=($(compgen -W "$(PYTHONPATH="$PWD" python -m automation.completion \\
    "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$cur"))
}
complete -o default -F _invoke_organization invoke inv
""",
    "zsh": """\
autoload -Uz compinit && compinit -u
_invoke_organization() {
  local -a found
  found=(${(f)"$(PYTHONPATH="$PWD" python -m automation.completion "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _invoke_organization invoke inv
""",
    "fish": """\
function __invoke_organization
  set -l words (commandline -opc) (commandline -ct)
  PYTHONPATH="$PWD" python -m automation.completion $words[2..-1] 2>/dev/null
end
complete -c invoke -f -a '(__invoke_organization)'
complete -c inv -f -a '(__invoke_organization)'
""",
}


def script(shell: str) -> str:
    """What the shell reads. Raises `UsageError` for a shell that is not known here."""
    if shell not in _SCRIPTS:
        raise UsageError(f"no completion for the shell {shell!r}; allowed: {', '.join(_SCRIPTS)}")
    return _SCRIPTS[shell]


def candidates(words: Sequence[str], root: Path = ROOT) -> list[str]:
    """What the last one of `words`, those after `invoke`, may become; it may be empty."""
    *before, last = words or [""]
    names = [each for each in before if not each.startswith("-")]
    option = before[-1] if before else ""
    if option == "--env":
        found = environments(root)
    elif option == "--layer":
        found = list(LAYERS)
    elif option == "--only":
        found = [stack.label for stack in _stacks(before, root)]
    elif not names:
        found = _commands()
    elif last.startswith("-"):
        found = _options(names[0])
    elif before[-1] == names[0] and names[0] in _STACKS:
        found = [*LAYERS, *(stack.label for stack in _stacks(before, root) if stack.account)]
    elif before[-1] == names[0] and names[0] in _ACCOUNTS:
        found = [stack.account for stack in _stacks(before, root) if stack.account]
    else:
        found = []
    return [each for each in found if each.startswith(last)]


def _stacks(before: Sequence[str], root: Path) -> list[StackId]:
    name = before[before.index("--env") + 1] if "--env" in before[:-1] else SANDBOX
    try:
        return discover(name, root)
    except LayerError:
        return []


def _commands() -> list[str]:
    from tasks import namespace

    return sorted(namespace.task_names)


def _options(command: str) -> list[str]:
    from tasks import namespace

    if command not in namespace.task_names:
        return []
    # A copy: a task loses its help when it is asked for its arguments.
    arguments = deepcopy(namespace)[command].get_arguments()
    return sorted(f"--{argument.name.replace('_', '-')}" for argument in arguments)


if __name__ == "__main__":
    print("\n".join(candidates(sys.argv[1:])))

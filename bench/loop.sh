#!/usr/bin/env bash
# The loop that people write around `pulumi up`, in the order of the layers, with the sandbox's environment:
# loop.sh first|up|preview PARALLEL, where PARALLEL is how many stacks of one layer are worked on at a time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
parallel=$2

accounts() {
    printf '%s\n' stacks/accounts/Pulumi.sandbox.*.yaml | sed 's|.*/Pulumi\.||; s|\.yaml$||'
}

every_stack() {
    pulumi "$@" --cwd stacks/org --stack sandbox
    printf '%s\n' identity policies | xargs -P "$parallel" -I{} pulumi "$@" --cwd stacks/{} --stack sandbox
    accounts | xargs -P "$parallel" -I{} pulumi "$@" --cwd stacks/accounts --stack {}
}

case $1 in
    first)
        every_stack stack init --no-select
        every_stack up --yes --skip-preview
        ;;
    up) every_stack up --yes --skip-preview ;;
    preview) every_stack preview ;;
esac

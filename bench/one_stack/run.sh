#!/usr/bin/env bash
# The one big stack, with the sandbox's environment: run.sh first|up|preview
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

case $1 in
    first)
        pulumi stack init sandbox --no-select
        pulumi up --yes --skip-preview --stack sandbox
        ;;
    up) pulumi up --yes --skip-preview --stack sandbox ;;
    preview) pulumi preview --stack sandbox ;;
esac

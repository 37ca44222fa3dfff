"""`make contracts`: record the contracts between layers, unless a change breaks a reader."""

import sys

from tests.shared.contracts.comparison import CONTRACTS, FILE, all_readers, breaks, contract_of, record, recorded


def main() -> int:
    """Write the file; 1 if a contract may not be changed like that."""
    contracts, readers = [contract_of(model) for model in CONTRACTS], all_readers()
    before = recorded() if FILE.exists() else {}
    problems = [
        problem
        for each in contracts
        if each.layer in before
        for problem in breaks(before[each.layer], each, readers[each.layer])
    ]
    if problems:
        print(*problems, HOW, sep="\n", file=sys.stderr)
        return 1
    FILE.write_text(record(contracts, readers))
    print(f"wrote {FILE.name}")
    return 0


HOW = (
    "Layers are deployed by themselves, so a contract only grows. Export the new output beside the old one, with a "
    "default in shared/stack_outputs.py; let the readers use it; take the old one away when none reads it any more"
)

if __name__ == "__main__":
    sys.exit(main())

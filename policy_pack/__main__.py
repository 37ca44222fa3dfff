"""The policy pack of this organization, for plain Pulumi: `pulumi preview --policy-pack ../../policy_pack`."""

import sys
from pathlib import Path

# The rules are beside this folder's other modules and use shared/; the pack's environment knows neither.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from policy_pack.pack import serve

serve()

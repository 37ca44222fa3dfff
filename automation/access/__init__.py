"""Who may do what, from documents: what is deployed, and what a change would make of it.

`snapshot` has the organization's documents as data, `documents` reads them from the resources of stacks, `planned`
from what a preview registers. `decisions` decides one request and names the statement that decides, `matrix` who can
assume what, `flips` what a change flips. `command` is what `invoke access` calls.
"""

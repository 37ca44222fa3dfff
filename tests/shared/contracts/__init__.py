"""The contracts between layers, held against those that are recorded in `shared/contracts.json`.

Each layer is deployed by its own team, when that team wants to: readers of last month meet outputs of today, and
readers of today those of last month. So a contract may only grow, by outputs that have a default. What a reader uses is
taken from the code of its layer. After a change of `shared/stack_outputs.py`: `make contracts`.
"""

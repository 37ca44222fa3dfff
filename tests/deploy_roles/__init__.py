"""What the deploy roles need: the work of each layer's team, recorded, and the documents that are made of it.

`make permissions` writes the documents; `tests/e2e/test_deploy_roles.py` does the same work with the roles.
"""

"""The workflows of a team's pull requests, for GitHub Actions and GitLab CI, written from one source.

`steps` is the source: the layers in the graph's order and the scripts; `github` and `gitlab` give them each one's form.
"""

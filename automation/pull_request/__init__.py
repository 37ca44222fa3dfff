"""The comment of a pull request: `command` finds what is in it, `markdown` writes it."""

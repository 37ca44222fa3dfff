"""What these tests share: a repository and an engine that are made up."""

from tests.machine import engine, root

__all__ = ["engine", "root"]

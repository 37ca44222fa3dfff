"""Tests of how the engine is got, of the sandbox's life cycle, and of the doctor."""

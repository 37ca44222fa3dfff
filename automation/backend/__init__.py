"""The backend, which has the state of the stacks: what it holds, its locks, and what a killed run left."""

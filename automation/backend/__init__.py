"""The backend with the state of the stacks: reading the state, its locks, and what a killed run left in it."""

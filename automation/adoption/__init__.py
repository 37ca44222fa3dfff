"""`invoke adopt --env NAME`: an organization that exists, as the files of an environment and in its states."""

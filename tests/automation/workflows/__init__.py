"""The workflows of pull requests: what is generated, and a runner of their own steps."""

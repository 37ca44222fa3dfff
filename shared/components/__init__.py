"""The components that the layers wire together, a module each: a program imports those it uses, and no other."""

"""The life of an account after its first deployment: another name, another address, its end."""

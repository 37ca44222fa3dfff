"""Account vending: the form, and what is made of its answers."""

"""The documents as a site (`make docs`), and the pages of it that are made from the code (`make reference`)."""

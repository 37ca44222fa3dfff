"""What a run says: while it goes on, at its end, in a file, and as a drawing."""

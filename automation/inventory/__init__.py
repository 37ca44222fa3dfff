"""What nobody declared: stacks without a file, and what is in the organization and in no state."""

"""What is in the emulated AWS: the backends of all services, and their copy on disk."""

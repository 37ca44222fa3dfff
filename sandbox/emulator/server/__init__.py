"""The emulated AWS as an HTTP server."""

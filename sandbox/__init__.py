"""The sandbox: an emulated AWS on the loopback interface, and the provider that talks to it."""

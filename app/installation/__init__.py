"""What is wrong with an installation, each with what to do: `flask preflight`."""

"""House rules that no tool knows: each is a function from source to problems, and a test of it."""

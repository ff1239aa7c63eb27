"""What is kept about people: for how long, how it is purged, handed out and erased."""

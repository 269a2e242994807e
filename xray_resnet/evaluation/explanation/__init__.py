"""Whether maps can be believed: checks of every method on a few images, each asked of the network."""

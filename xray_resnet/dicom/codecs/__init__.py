"""From a transfer syntax to stored values: one table of codecs."""

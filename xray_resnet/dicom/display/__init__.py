"""From stored values to display values: arrays in, arrays out."""

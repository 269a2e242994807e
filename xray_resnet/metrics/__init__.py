"""Pure NumPy metrics: (labels, scores) in, values out."""

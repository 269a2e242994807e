"""Class activation maps and overlays."""

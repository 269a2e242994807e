"""The check for a frontal chest: what it learns from, and how."""

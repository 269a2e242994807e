"""The ablation: activation order, shortcut and gate, and depth with and without shortcuts, on phantoms."""

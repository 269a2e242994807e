"""Engines: the network on a device, from network input to logits and maps."""

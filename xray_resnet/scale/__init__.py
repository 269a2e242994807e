"""The same map over files on one machine or many."""

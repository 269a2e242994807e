"""Studies that train several networks and compare them; run at the root of the repository."""

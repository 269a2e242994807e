"""What a header says: the allow-listed facts, the gate, and the description of the pixels."""

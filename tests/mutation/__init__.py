"""Whether tests notice: faults that are put into the code on purpose."""

"""From a picture of any shape to the square of the store, and back."""

"""What the laboratory found on two models, phantoms and films: results, figures, and the tables that tell them."""

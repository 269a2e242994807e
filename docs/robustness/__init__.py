"""How much AUROC recipes lose on bad films: the plain recipe and ours, trained on one split, several times each."""

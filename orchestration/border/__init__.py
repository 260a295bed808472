"""The border in: the raw contract as objects, the suite made from it, and the check of the raw tables."""

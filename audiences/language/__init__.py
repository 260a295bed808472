"""The parts of a definition: what each key may say, and what it may refer to."""

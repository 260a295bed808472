"""What may hold an audience back: the numbers the gate looks at, and what it expects of them."""

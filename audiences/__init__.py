"""What an audience is: definitions, their checks, their SQL, and the gate. Sends nothing."""

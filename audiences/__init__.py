"""What an audience is: definitions, their checks, the SQL they compile to, and the gate. Sends nothing."""

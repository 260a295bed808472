"""Stand-ins for destinations on loopback: they keep what they are told, hold to limits, and fail when asked to."""

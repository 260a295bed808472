"""What people ask of their audiences: reports, trials, exports, and checks against the past."""

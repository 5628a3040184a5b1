"""What sections put out, kept for the next build that would run the same again."""

"""What is wrong, or will be, with the rules of a plan: each with its place and what to do."""

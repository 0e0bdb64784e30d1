"""Events kept aside: why, which, and how they are mended and sent on, or let go."""

"""What events violated of their tracking plans, as the warehouse holds it: counted, and shown."""

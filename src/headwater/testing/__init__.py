"""What tests of Headwater, and of what people build on it, stand on: contracts, a whole server."""

"""Loading: events become typed rows, by pure rules; see headwater.loading.prepare."""

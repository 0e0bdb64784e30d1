"""JavaScript functions, run where they can harm nothing but their own run.

A function lives in a child process of its own (`child`), in a V8 isolate with frozen built-ins
(`bootstrap.js`). Its parent (`sandbox`) sends it batches, watches its time and memory, kills it
when it overstays, and makes its requests (`fetching`). A function that keeps failing rests
(`breaker`).
"""

"""The browser tracker: the scripts that pages load, and the code that loads them.

`source/` has them in parts to read; `make tracker` puts these together into `files/`, plain and
minified.
"""

"""See it before it happens: the same requests under the configuration as it is and as it would be.

It is the pipeline's own code and the loader's, over programs compiled for the purpose; nothing is
written.
"""

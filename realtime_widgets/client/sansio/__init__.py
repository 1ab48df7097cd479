"""The client's decisions, sans-I/O: they are told what happened and when, and return what is to be done."""
